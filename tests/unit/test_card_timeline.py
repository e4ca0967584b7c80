"""A timeline by pages is the timeline: every entry once, in the same order."""

import pytest
from support.worlds import KEYRING, Fed, base, lead

from channels.sdk.sending import Message
from eventstore.card_timeline import Window
from eventstore.deal_commands import DealCommands
from eventstore.orders import order
from eventstore.queries import Cards
from eventstore.reply_commands import ReplyCommands
from eventstore.touches import bytes_of, deal_id

PHONE, EMAIL = ("phone", "+79120000001", "claimed"), ("email", "a@x.ru", "claimed")
TELEGRAM = ("telegram", "7", "attested")
NAME = "phone:+79120000001"
START = 1_700_000_000


@pytest.fixture(scope="module")
def cards(tmp_path_factory):
    """Touches of which some are at one moment, replies, moves of deals and decisions among them."""
    fed = Fed(base(tmp_path_factory.mktemp("timeline") / "events.db"))
    fed.feed(*(lead(n, PHONE, at=START + n // 3 * 60) for n in range(10)))
    fed.feed(lead(20, PHONE, EMAIL, at=START + 90), lead(21, TELEGRAM, at=START + 100))
    deals = DealCommands(fed.base)
    deal = deal_id(bytes_of(lead(0).lead_id), "sales")
    for at, stage in ((60, "measure"), (150, "offer"), (180, "contract")):
        deals.enter(deal, stage, order("anna", at=(START + at) * 1000), amount="100")
    deals.note(deal, "later", order("anna", at=(START + 10_000) * 1000))
    leaf = KEYRING.leaf
    one, other = leaf("phone", PHONE[1]), leaf("telegram", "7")
    fed.commands.merge(one, other, order("anna", at=(START + 65) * 1000))
    ReplyCommands(fed.base).write(
        bytes_of(lead(21).lead_id),
        Message(to="7", text="Здравствуйте"),
        order("anna", at=(START + 120) * 1000),
        channel="test",
        account="test",
    )
    yield Cards(fed.base)
    fed.base.recorder.close()


def pages(cards, most):
    cursor, found = None, []
    while True:
        page = cards.show(NAME, window=Window.of(most, cursor))
        found.append(page)
        if page["older"] is None:
            return found[::-1]
        cursor = page["older"]["before"]


@pytest.mark.parametrize("most", [1, 2, 3, 5, 11, 12, 100])
def test_the_pages_together_are_the_timeline(cards, most):
    whole = cards.show(NAME)["timeline"]
    found = pages(cards, most)
    together = [entry for page in found for entry in page["timeline"]]
    assert sorted(map(repr, together)) == sorted(map(repr, whole))
    assert [entry["at"] for entry in together] == [entry["at"] for entry in whole]
    touches = [[e for e in page["timeline"] if e["type"] == "touch"] for page in found]
    assert all(len(some) == most for some in touches[1:])
    older = [len(some) for some in touches]
    assert [page["older"]["touches"] for page in found[1:]] == [
        sum(older[:n]) for n in range(1, len(older))
    ]


@pytest.mark.parametrize("most", [1, 100])
def test_a_page_has_what_a_card_has(cards, most):
    whole, page = cards.show(NAME), cards.show(NAME, window=Window(most))
    for same in ("id", "name", "leaves", "version"):
        assert page[same] == whole[same], same
    assert page["leads"] == whole["leads"][-most:]
    for shown, told in zip(page["deals"], whole["deals"], strict=True):
        assert (shown["id"], shown["touches"]) == (told["id"], len(told["leads"]))
    assert [d["what"] for d in page["decisions"]] == ["merge"]
    versions = {
        entry["deal"]: entry["version"] for entry in whole["timeline"] if entry["type"] == "deal"
    }
    for deal in page["deals"]:
        assert page["versions"][deal["id"]] == versions[deal["id"]]


def test_a_list_has_the_same_of_somebody_who_wrote_often(cards, monkeypatch):
    (whole,) = cards.find(NAME)
    monkeypatch.setattr("eventstore.queries.MOST_READ", 1)
    monkeypatch.setattr("eventstore.card_page.MOST_READ", 2)
    (listed,) = cards.find(NAME)
    assert whole["leads"] == listed["leads"]
    for same in ("id", "name", "leaves"):
        assert listed[same] == whole[same], same
    for shown, told in zip(listed["deals"], whole["deals"], strict=True):
        assert shown == told | {"fields": shown["fields"]}


def test_older_touches_are_counted_up_to_a_bound(cards, monkeypatch):
    monkeypatch.setattr("eventstore.card_page.MOST_COUNTED", 3)
    older = cards.show(NAME, window=Window(2))["older"]
    assert (older["touches"], older["more"]) == (3, True)
    older = cards.show(NAME, window=Window(9))["older"]
    assert (older["touches"], older["more"]) == (3, False)


def test_a_cursor_that_is_none_is_refused():
    for wrong in ("yesterday", "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z/x"):
        with pytest.raises(ValueError, match="no place in a timeline"):
            Window.of(5, wrong)
