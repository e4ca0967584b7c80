"""What people look at costs as much for whoever wrote a thousand times as for anybody.

Counted are the statements, rows and bytes that the event store gives, never times.
"""

from dataclasses import dataclass
from uuid import UUID

import pytest
from support.worlds import Fed, base, lead

from eventstore.briefs import briefs
from eventstore.card_timeline import Window
from eventstore.deal_page import DealPages
from eventstore.explain import Explainer
from eventstore.orders import order
from eventstore.past_card import PastCards
from eventstore.past_source import KnownLead, KnownPerson
from eventstore.queries import Cards
from eventstore.recorders.sqlite import SQLiteCustomerRecorder
from eventstore.review_queue import ReviewQueue
from eventstore.reviewing import bring_up_to_date
from eventstore.told import text_id, told_of

PHONE, EMAIL = ("phone", "+79120000001", "claimed"), ("email", "a@x.ru", "claimed")
NAME = "phone:+79120000001"
FEW, MANY = 150, 1200
A_PAGE = 20


@dataclass
class Read:
    statements: int = 0
    rows: int = 0
    size: int = 0


@pytest.fixture(scope="module", params=["one deal", "many deals"])
def stores(request, tmp_path_factory):
    """The same person with few leads and with many: in one deal, or on a switchboard's card."""
    found = []
    for count in (FEW, MANY):
        fed = Fed(base(tmp_path_factory.mktemp("hot") / "events.db", most_touches_at_once=10**6))
        one_deal = request.param == "one deal"
        leads = [
            lead(
                n,
                *[PHONE, EMAIL][: 1 + n % 2],
                at=1_700_000_000 + n * 60,
                kind="message",
                thread="" if one_deal else f"t{n // 2}",
            )
            for n in range(count)
        ]
        fed.feed(leads[0])
        if not one_deal:
            leaf = Cards(fed.base).leaf_of(NAME)
            fed.commands.mark(leaf, True, order("anna"))
        fed.feed(*leads[1:])
        found.append(fed)
    yield found
    for fed in found:
        fed.base.recorder.close()


@pytest.fixture(autouse=True)
def small_bounds(monkeypatch):
    """Bounds that few leads reach, so that many meet the same."""
    monkeypatch.setattr("eventstore.card_page.MOST_COUNTED", 20)
    monkeypatch.setattr("eventstore.card_page.MOST_DEALS", 10)
    monkeypatch.setattr("eventstore.card_page.MOST_READ", 20)
    monkeypatch.setattr("eventstore.briefs.MOST_COUNTED", 20)
    monkeypatch.setattr("eventstore.deal_page.MOST_COUNTED", 20)


def cost_of(stores, ask, monkeypatch):
    """What it costs of few leads and of many."""
    found = []
    ask_store = SQLiteCustomerRecorder._rows
    for fed in stores:
        read = Read()

        def counted(recorder, sql, parameters=(), read=read):
            rows = ask_store(recorder, sql, parameters)
            read.statements += 1
            read.rows += len(rows)
            read.size += sum(len(v) for row in rows for v in row if isinstance(v, bytes | str))
            return rows

        monkeypatch.setattr(SQLiteCustomerRecorder, "_rows", counted)
        ask(Cards(fed.base))
        monkeypatch.setattr(SQLiteCustomerRecorder, "_rows", ask_store)
        found.append(read)
    return found


def assert_the_same(few, many):
    """But for a few of what few leads have twice: as the newest, and as the first."""
    assert many.statements <= few.statements + 2
    assert many.rows < few.rows * 1.2
    assert many.size < few.size * 1.2


def test_a_page_of_a_card(stores, monkeypatch):
    few, many = cost_of(stores, lambda c: c.show(NAME, window=Window(A_PAGE)), monkeypatch)
    assert_the_same(few, many)


def known_now(fed):
    """The person as the facts know them, who stay one person."""
    source = fed.base.recorder
    head = Cards(fed.base).persons_at(NAME)[0]
    leaves = frozenset(source.members([head]))
    leads = {lead for _, lead in source.appearances(leaves)}
    return KnownPerson(
        head,
        leaves,
        [
            KnownLead(
                t.occurred_at, lead, t.leaf, t.deal, t.newest.pipeline, t.leaves, False, False
            )
            for lead, t in told_of(source.streams(leads, personal=False)).items()
        ],
        joins={},
    )


def test_a_page_of_a_card_as_it_was_known(stores, monkeypatch):
    known = {fed.base: (known_now(fed), fed.base.recorder.last_position()) for fed in stores}
    window = Window(A_PAGE)

    def then(cards):
        shown = PastCards(cards.base).show(*known[cards.base], window=window)
        now = cards.show(NAME, window=window)
        assert shown == {name: value for name, value in now.items() if name != "version"}

    few, many = cost_of(stores, then, monkeypatch)
    assert_the_same(few, many)


def test_a_card_in_a_list(stores, monkeypatch):
    def brief(cards):
        (told,) = briefs(cards, cards.persons_at(NAME), lambda _: ())
        assert told["leads"] == 20
        assert told["more_leads"]

    few, many = cost_of(stores, brief, monkeypatch)
    assert_the_same(few, many)


def test_a_page_of_a_deal(stores, monkeypatch):
    def newest_deal(cards):
        newest = cards.show(NAME, window=Window(1))["timeline"]
        deal = next(entry["deal"] for entry in newest if entry["type"] == "touch")
        assert DealPages(cards.base, cards).shown(UUID(deal).bytes, most=5)["timeline"]

    few, many = cost_of(stores, newest_deal, monkeypatch)
    assert_the_same(few, many)


def test_the_newest_touch_as_a_reply_looks_for_it(stores, monkeypatch):
    few, many = cost_of(stores, lambda cards: next(cards.newest_first(NAME)), monkeypatch)
    assert_the_same(few, many)


def test_all_touches_come_newest_first(stores):
    for fed in stores:
        cards = Cards(fed.base)
        found = [text_id(told.lead) for told in cards.newest_first(NAME)]
        assert found == cards.show(NAME)["leads"][::-1]


def test_in_a_list_with_all_leads_only_their_ids_are_more(stores, monkeypatch):
    few, many = cost_of(stores, lambda cards: cards.find(NAME), monkeypatch)
    ids = 16 * (MANY - FEW)
    shown_twice_with_places = 2 * 2 * ids
    deals = 400 * (MANY - FEW) // 2
    assert many.size - few.size < shown_twice_with_places + deals
    assert many.statements <= few.statements + 20


def test_why_it_is_one_person_in_brief(stores, monkeypatch):
    def why(cards):
        leaf = cards.leaf_of(NAME)
        assert Explainer(cards).person(leaf, brief=True)["together"]

    few, many = cost_of(stores, why, monkeypatch)
    assert_the_same(few, many)


def test_why_two_are_one_reads_their_evidence_only(tmp_path, monkeypatch):
    found = []
    for count in (FEW, MANY):
        fed = Fed(base(tmp_path / f"{count}.db", most_touches_at_once=10**6))
        alone = [lead(n, PHONE, at=1_700_000_000 + n, kind="message") for n in range(count)]
        fed.feed(lead(count, PHONE, EMAIL), *alone)
        found.append(fed)

    def why(cards):
        told = Explainer(cards).two(cards.leaf_of(NAME), cards.leaf_of("email:a@x.ru"))
        assert len(told["apart_without"]) == 1

    few, many = cost_of(found, why, monkeypatch)
    assert_the_same(few, many)
    for fed in found:
        fed.base.recorder.close()


def test_the_queue_reads_no_pairs_that_are_one_person(tmp_path, monkeypatch):
    found = []
    for count in (10, 300):
        fed = Fed(base(tmp_path / f"{count}.db"))
        linked = [lead(n, ("phone", f"+7912{n:07}", "claimed"), ("email", f"{n}@x.ru", "claimed"))
                  for n in range(count)]  # fmt: skip
        fed.feed(lead(1000, ("vk", "1", "claimed"), PHONE), *linked)
        found.append(fed)

    def queue(cards):
        assert len(ReviewQueue(cards, similar=tuple).all()) == 1

    few, many = cost_of(found, queue, monkeypatch)
    assert_the_same(few, many)
    for fed in found:
        fed.base.recorder.close()


def test_a_page_of_the_queue_reads_what_it_shows(tmp_path, monkeypatch):
    found = []
    for count in (40, 400):
        fed = Fed(base(tmp_path / f"{count}.db"))
        fed.feed(*(lead(n, ("phone", f"+7912{n:07}", "claimed"), ("vk", str(n), "claimed"))
                   for n in range(count)))  # fmt: skip
        bring_up_to_date(fed.base)
        found.append(fed)

    def page(cards):
        queue = ReviewQueue(cards, similar=tuple)
        first = queue.page(10)
        second = queue.page(10, first["next"])
        numbers = [item["n"] for item in first["items"] + second["items"]]
        assert numbers == list(range(1, 21))

    few, many = cost_of(found, page, monkeypatch)
    assert_the_same(few, many)
    for fed in found:
        fed.base.recorder.close()


def test_a_later_page_of_a_card(stores, monkeypatch):
    def second(cards):
        older = cards.show(NAME, window=Window(A_PAGE))["older"]
        assert cards.show(NAME, window=Window.of(A_PAGE, older["before"]))["leads"]

    few, many = cost_of(stores, second, monkeypatch)
    assert_the_same(few, many)
