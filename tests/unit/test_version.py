"""Which leadlog this is."""

import tomllib

from support.deployment import ROOT
from typer.testing import CliRunner

from leadlog.cli import app

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def test_the_command_tells_its_version():
    done = CliRunner().invoke(app, ["--version"])
    assert (done.exit_code, done.stdout) == (0, f"leadlog {VERSION}\n")
