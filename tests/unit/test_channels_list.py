"""`leadlog channels list` names what the configuration takes."""

import json

from typer.testing import CliRunner

from leadlog.account_fields import fields_of
from leadlog.cli import app


def test_settings_have_the_names_that_the_configuration_has():
    done = CliRunner().invoke(app, ["channels", "list", "--json"])
    listed = {one["type"]: one["settings"] for one in map(json.loads, done.stdout.splitlines())}
    assert "secrets" in listed["standard_webhooks"]
    for account_type, settings in listed.items():
        assert set(settings) <= fields_of(account_type).keys()
