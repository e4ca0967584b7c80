"""Which accounts are fetched, which have a door, and what is told of them."""

import pytest

from channels.registry import make_adapter
from channels.sdk.adapter import PollingAdapter
from ingest.pollers.state import AccountState, Phase
from leadlog.polling import cursor_store, finding, is_called, polling_adapters, reasons
from leadlog.settings import ConfigurationError, Settings

FETCHED = [
    ({"type": "telegram", "token": "1:a"}, "api.telegram.org"),
    ({"type": "vk", "token": "t", "group_id": 1}, "api.vk.com"),
    ({"type": "max", "bot_token": "t"}, "platform-api2.max.ru"),
    ({"type": "email", "imap_host": "imap.example"}, "imap.example"),
    ({"type": "asterisk", "ami_host": "pbx.example"}, "pbx.example:5038"),
    ({"type": "asterisk", "ari_url": "http://u:p@pbx.example:8088"}, "pbx.example:8088"),
]
CALLED = [
    {"type": "telegram", "token": "1:a", "secret_token": "s"},
    {"type": "telegram"},
    {"type": "vk", "token": "t", "group_id": 1, "secret": "s"},
    {"type": "vk", "token": "t", "group_id": 1, "confirmation": "c"},
    {"type": "max", "bot_token": "t", "secret": "12345"},
]


@pytest.mark.parametrize(("table", "source"), FETCHED)
def test_an_account_that_is_fetched_says_from_where_and_has_no_door(table, source):
    adapter = make_adapter({"name": "a", **table})
    assert isinstance(adapter, PollingAdapter)
    assert adapter.fetched_from() == source
    assert not is_called(adapter)
    settings = Settings(accounts=({"name": "a", **table},))
    assert list(polling_adapters(settings)) == ["a"]


@pytest.mark.parametrize("table", CALLED)
def test_an_account_with_a_secret_for_callers_is_not_fetched(table):
    adapter = make_adapter({"name": "a", **table})
    assert is_called(adapter)
    assert polling_adapters(Settings(accounts=({"name": "a", **table},))) == {}


def test_lead_forms_are_called_and_fetched():
    table = {"type": "facebook_leads", "name": "a", "page_id": 1, "page_token": "t"}
    assert is_called(make_adapter(dict(table)))
    assert list(polling_adapters(Settings(accounts=(table,)))) == ["a"]


@pytest.fixture
def state():
    return AccountState("bot", "api.example", lambda: 1000.0)


def test_of_an_account_that_is_well_nothing_is_told(state):
    assert finding("account bot", state, 1000.0) is None
    state.succeeded(None)
    assert finding("account bot", state, 1000.0) is None
    assert reasons({"bot": state}) == {"account bot": "ok"}


def test_a_standby_is_well(state):
    state.stands_by()
    assert finding("account bot", state, 1000.0) is None


def test_a_stopped_account_is_broken_and_one_that_retries_is_odd(state):
    state.succeeded(None)
    state.failed(Phase.RETRYING, "it is away")
    odd = finding("account bot", state, 1090.0)
    state.failed(Phase.STOPPED, "give it a new token")
    broken = finding("account bot", state, 1090.0)
    assert (odd.state, broken.state) == ("odd", "broken")
    assert "it is away" in odd.told
    assert "api.example: 90 s ago" in odd.told
    assert "give it a new token" in broken.told


def test_a_store_of_cursors_that_cannot_be_is_a_fault_of_the_settings(tmp_path):
    settings = Settings(data=tmp_path, stores={"events": "postgresql://%%%"})
    with pytest.raises(ConfigurationError, match=r"stores\.events"):
        cursor_store(settings)
