"""`leadlog card reply`: which conversation is answered, and what is told before it is recorded."""

import msgspec
import pytest
from support.worlds import lead

from eventstore.customer_base import Entry, Lead
from leadlog import operations
from leadlog.control import OperationFailed
from leadlog.ownership import owned
from leadlog.settings import load

CONFIG = """
[[accounts]]
type = "telegram"
name = "bot"
token = "700000001:AAexample-token-of-a-bot-0123456789"
secret_token = "s"

[[accounts]]
type = "webform"
name = "site"
"""


@pytest.fixture
def system(tmp_path):
    (tmp_path / "leadlog.toml").write_text(CONFIG)
    settings = load(tmp_path / "leadlog.toml", data=tmp_path / "data", environ={})
    with owned(settings) as opened:
        yield opened


def came(system, number, channel, account, who, *, at, thread=""):
    frame = {"channel": channel, "account": account, "thread": thread, "kind": "message"}
    event = msgspec.structs.replace(lead(number, who, at=at), **frame)
    system.base.handle([Entry("log", number, Lead(event))])
    return event


def reply(system, card, **given):
    (told,) = operations.run(system, "card.reply", {"id": card, "text": "Да", **given})
    return told


def test_the_newest_conversation_that_can_be_answered_is(system):
    me = ("telegram", "7", "attested")
    first = came(system, 1, "telegram", "bot", me, at=1_700_000_000, thread="7")
    second = came(system, 2, "telegram", "bot", me, at=1_700_000_100, thread="7")
    came(system, 3, "webform", "site", me, at=1_700_000_200)
    told = reply(system, "telegram:7")
    assert (told["lead"], told["account"]) == (second.lead_id, "bot")
    assert reply(system, "telegram:7", lead=first.lead_id)["lead"] == first.lead_id


def test_an_account_that_is_named_writes_to_whoever_has_its_kind_of_identity(system):
    me = ("telegram", "7", "attested")
    form = came(system, 1, "webform", "site", me, at=1_700_000_000)
    assert reply(system, "telegram:7", via="bot")["lead"] == form.lead_id


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "--via"),
        ({"via": "bot"}, "no telegram"),
        ({"via": "site"}, "cannot send; these can: bot"),
        ({"lead": "00000000-0000-4000-8000-000000000000"}, "has no lead"),
        ({"attach": ["photo"]}, "KIND=HANDLE"),
    ],
)
def test_what_cannot_be_sent_says_why_and_records_nothing(system, given, told):
    came(system, 1, "webform", "site", ("phone", "+79120000001", "claimed"), at=1_700_000_000)
    before = system.base.recorder.last_position()
    with pytest.raises(OperationFailed, match=told):
        reply(system, "phone:+79120000001", **given)
    assert system.base.recorder.last_position() == before


def test_a_text_that_is_too_long_is_refused_while_its_author_waits(system):
    came(system, 1, "telegram", "bot", ("telegram", "7", "attested"), at=1, thread="7")
    with pytest.raises(OperationFailed, match="5000 characters"):
        reply(system, "telegram:7", text="а" * 5000)


def test_halves_of_characters_are_no_text(system):
    came(system, 1, "telegram", "bot", ("telegram", "7", "attested"), at=1, thread="7")
    before = system.base.recorder.last_position()
    with pytest.raises(OperationFailed, match="halves of characters"):
        reply(system, "telegram:7", text="Да\ud83d")
    assert system.base.recorder.last_position() == before


def test_nobody_there_is_told_so(system):
    with pytest.raises(OperationFailed, match="no card"):
        reply(system, "telegram:8")
