"""What the first page counts, over a store."""

import threading

import pytest

from eventstore.domain import events as ev
from projections.facts.counts import leads_by_hour
from projections.facts.table import FactTable
from projections.overview import ChannelCounts, count_overview
from projections.reports import by_projector
from projections.runner import Projector
from projections.testing import MemoryReader, fresh_store

MINUTE = 60_000
NOW = 1_767_225_600_000
ANN, ANNS_MAIL, BOB = b"a" * 16, b"m" * 16, b"b" * 16


@pytest.fixture
def store():
    with fresh_store() as store:
        yield store


def lead(channel, leaf, *, amends=False):
    return ev.LeadRecorded(
        event_id=bytes(16), channel=channel, account="one", kind="message", direction="in",
        occurred_at=NOW, received_at=NOW, rules=1, leaf=leaf, amends=amends,
    )  # fmt: skip


def overview(store, reader):
    Projector(reader, FactTable(store)).project_available()
    return count_overview(store, latest=reader.last_position() + 3, now=NOW)


def test_leads_and_persons_are_counted_by_channel(store):
    """Ann wrote by Telegram and by mail; her two leaf cards are one person."""
    reader = MemoryReader()
    reader.record(b"1" * 16, 1, lead("telegram", ANN), at=NOW - 50 * MINUTE)
    reader.record(b"1" * 16, 2, lead("telegram", ANN, amends=True), at=NOW - 40 * MINUTE)
    reader.record(b"2" * 16, 1, lead("email", ANNS_MAIL), at=NOW - MINUTE)
    reader.record(ANN, 1, ev.PersonFormed(leaves=(ANNS_MAIL,)))
    reader.record(b"3" * 16, 1, lead("email", BOB), at=NOW)
    counted = overview(store, reader)
    assert (counted.position, counted.lag) == (5, 3)
    assert (counted.leads, counted.cards) == (3, 2)
    assert counted.channels == (ChannelCounts("email", 2, 2), ChannelCounts("telegram", 1, 1))
    assert counted.minutes[-51:] == (1, *[0] * 48, 1, 1)


def test_a_leaf_card_counts_for_the_person_that_took_it_last(store):
    reader = MemoryReader()
    reader.record(b"1" * 16, 1, lead("vk", ANN))
    reader.record(b"2" * 16, 1, lead("vk", ANNS_MAIL))
    reader.record(ANN, 1, ev.PersonFormed(leaves=(ANNS_MAIL,)))
    assert overview(store, reader).cards == 1
    reader.record(ANNS_MAIL, 1, ev.PersonFormed(leaves=(ANNS_MAIL,)))
    assert overview(store, reader).cards == 2


def test_a_lead_stands_where_its_last_event_put_it(store):
    reader = MemoryReader()
    reader.record(b"1" * 16, 1, lead("vk", ANN))
    reader.record(b"2" * 16, 1, lead("vk", BOB))
    reader.record(b"2" * 16, 2, ev.TouchPlaced(leaf=ANN))
    assert overview(store, reader).cards == 1
    reader.record(b"2" * 16, 3, ev.TouchPlaced())
    assert overview(store, reader).cards == 1


def test_an_empty_store_is_zeros(store):
    counted = overview(store, MemoryReader())
    assert (counted.leads, counted.cards, counted.channels) == (0, 0, ())
    assert counted.minutes == (0,) * 60


def test_leads_are_counted_by_account_and_hour_of_receipt(store):
    reader = MemoryReader()
    for number in b"112":
        reader.record(bytes([number]) * 16, len(reader.events) + 1, lead("vk", ANN))
    overview(store, reader)
    assert leads_by_hour(store) == [("vk", "one", NOW // 1000, 3, 2)]


def test_a_report_waits_for_the_running_projector_and_projects_itself_otherwise(store):
    reader = MemoryReader()
    projector = Projector(reader, FactTable(store))
    wait = by_projector(projector, timeout=5)
    reader.record(b"1" * 16, 1, lead("vk", ANN))
    assert wait(1)
    stop = threading.Event()
    thread = threading.Thread(target=projector.run, args=(stop,))
    thread.start()
    try:
        reader.record(b"2" * 16, 1, lead("vk", ANN))
        assert wait(2)
    finally:
        stop.set()
        thread.join()
    assert not projector.running
