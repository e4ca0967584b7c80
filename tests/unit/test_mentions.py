"""A number or address that is only mentioned is shown, and is nobody's (SEMANTICS 2.1.1)."""

import msgspec
import pytest
from support.worlds import Fed, base, lead

from channels.sdk.lead import Mention
from eventstore.queries import Cards

PHONE, OTHER = ("phone", "+79120000001", "claimed"), ("phone", "+79120000002", "claimed")
TELEGRAM = ("telegram", "7", "attested")
MENTIONED = (Mention(kind="phone", value=OTHER[1]), Mention(kind="email", value="b@x.ru"))


@pytest.fixture
def fed(tmp_path):
    started = Fed(base(tmp_path / "events.db"))
    yield started
    started.base.recorder.close()


def mentioning(number: int, *identities):
    return msgspec.structs.replace(lead(number, *identities), mentions=MENTIONED)


def test_who_mentions_somebody_is_not_them_whoever_came_first(fed):
    fed.feed(mentioning(1, TELEGRAM), lead(2, OTHER), mentioning(3, PHONE))
    cards = Cards(fed.base)
    found = {name: cards.find(name)[0]["leads"] for name in ("telegram:7", PHONE[1], OTHER[1])}
    assert found == {
        "telegram:7": [lead(1).lead_id],
        PHONE[1]: [lead(3).lead_id],
        OTHER[1]: [lead(2).lead_id],
    }


def test_a_mention_opens_no_card_finds_nobody_and_suggests_nobody(fed):
    fed.feed(mentioning(1, TELEGRAM), mentioning(2, PHONE))
    cards = Cards(fed.base)
    assert cards.find("email:b@x.ru") == []
    leaves = {leaf["value"] for card in cards.all() for leaf in card["leaves"]}
    assert leaves == {TELEGRAM[1], PHONE[1]}
    fed.feed(lead(3, OTHER))
    assert len(list(cards.all())) == 3


def test_an_anonymous_call_that_mentions_a_number_stays_on_a_card_of_its_own(fed):
    fed.feed(mentioning(1), lead(2, OTHER))
    (card,) = Cards(fed.base).find(OTHER[1])
    assert card["leads"] == [lead(2).lead_id]
