"""Cards as lists have them: the same as the cards themselves, read in part."""

import msgspec
import pytest
from support.worlds import Fed, base, lead

from channels.sdk.lead import Profile
from eventstore.briefs import briefs
from eventstore.deal_commands import DealCommands
from eventstore.orders import order
from eventstore.queries import Cards
from eventstore.touches import bytes_of


@pytest.fixture
def fed(tmp_path):
    started = Fed(base(tmp_path / "events.db"))
    yield started
    started.base.recorder.close()


def named(number, name, *identities, **more):
    return msgspec.structs.replace(lead(number, *identities, **more), profile=Profile(name=name))


PHONE, EMAIL = ("phone", "+79120000001", "claimed"), ("email", "a@x.ru", "claimed")


def brief_of(fed, newest=lambda _: ()):
    cards = Cards(fed.base)
    (shown,) = cards.find("phone:+79120000001")
    (brief,) = briefs(cards, cards.persons_at("phone:+79120000001"), newest)
    return shown, brief


def test_a_brief_is_the_card_in_few_words(fed):
    fed.feed(named(1, "Анна", PHONE, EMAIL), named(2, "Анна Смирнова", PHONE, at=1_700_000_100))
    deal = bytes_of(Cards(fed.base).find("phone:+79120000001")[0]["deals"][0]["id"])
    DealCommands(fed.base).accept(deal, order("anna"))
    shown, brief = brief_of(fed)
    assert (brief["id"], brief["name"], brief["leads"]) == (shown["id"], "Анна Смирнова", 2)
    assert {leaf["value"] for leaf in brief["leaves"]} == {
        leaf["value"] for leaf in shown["leaves"]
    }
    assert [d["stage"] for d in brief["deals"]] == [d["stage"] for d in shown["deals"]]
    assert brief["last_seen"] == max(leaf["last_seen"] for leaf in shown["leaves"])


def test_of_many_leads_only_the_openers_and_the_newest_are_read(fed):
    fed.feed(named(1, "Анна", PHONE))
    fed.feed(*(named(n, f"Анна {n}", PHONE, at=1_700_000_000 + n) for n in range(2, 60)))
    newest = bytes_of(lead(59).lead_id)
    asked = []
    shown, brief = brief_of(fed, lambda leaves: asked.append(set(leaves)) or [newest])
    assert (brief["name"], brief["leads"]) == ("Анна 59", 59) == (shown["name"], 59)
    assert len(asked) == 1


def test_persons_stand_in_the_order_asked_for_and_unknown_ones_are_left_out(fed):
    fed.feed(named(1, "Анна", PHONE), named(2, "Пётр", ("telegram", "7", "attested")))
    cards = Cards(fed.base)
    persons = [*cards.persons_at("telegram:7"), b"\0" * 16, *cards.persons_at("phone:+79120000001")]
    assert [brief["name"] for brief in briefs(cards, persons, lambda _: ())] == ["Пётр", "Анна"]
