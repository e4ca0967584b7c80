"""What a process tells when it is ready, for people and for scripts."""

import json

import pytest

from leadlog.addresses import addresses, announced, as_object
from leadlog.role_names import Role
from leadlog.settings import load

HERE = "http://127.0.0.1:8080"


@pytest.fixture
def settings(tmp_path):
    file = tmp_path / "leadlog.toml"
    file.write_text(
        '[[accounts]]\ntype = "webform"\nname = "site"\n'
        '[[accounts]]\ntype = "tilda"\nname = "shop"\nsecret_path = "hush-hush"\n'
        '[[accounts]]\ntype = "telegram"\nname = "bot"\ntoken = "700000001:AAexample"\n'
        '[[accounts]]\ntype = "email"\nname = "sales"\naddress = "sales@shop.example"\n'
    )
    return load(file, environ={})


def test_a_script_is_told_where_everything_is_in_one_object(settings):
    said: list[str] = []
    announced(as_object, said.append)(HERE, settings, tuple(Role))
    (line,) = said
    told = json.loads(line)
    assert (told["url"], told["numbers"]) == (HERE, f"{HERE}/numbers")
    assert told["roles"] == [role.value for role in Role]
    site, shop, bot, sales = told["accounts"]
    assert site == {"name": "site", "type": "webform", "intake": f"{HERE}/in/site"}
    assert shop["intake"] == f"{HERE}/in/shop/<secret_path>"
    assert bot["fetched"]
    assert "not_fetched" in sales


def test_people_are_told_the_same_line_by_line(settings):
    said = list(addresses(HERE, settings, tuple(Role)))
    assert said[0] == f"leadlog is ready at {HERE}/"
    assert f"  intake   {HERE}/in/site   (webform)" in said
    assert any(line.startswith("  fetched  bot from ") for line in said)
    assert any(line.startswith("  NOT FETCHED sales: ") for line in said)


def test_a_process_without_intake_tells_of_no_accounts(settings):
    (line,) = as_object(HERE, settings, (Role.PROJECTOR,))
    assert json.loads(line) == {"url": HERE, "roles": ["projector"], "accounts": []}
