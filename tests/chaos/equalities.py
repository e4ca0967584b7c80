"""I7 and I8: the distributed stores hold what one process makes of the same leads, and anew."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from chaos.invariants import Stores
from sqlalchemy import Engine, select
from support.cluster import KEY
from support.desks import opened

from channels.sdk.lead import LeadContent
from eventstore.customer_base import Entry, Lead
from eventstore.touches import bytes_of
from ingest.log.port import RecordType
from leadlog.operations import run
from leadlog.system import System
from projections.clickhouse.client import ClickHouse
from projections.facts.table import FactTable
from projections.inbox.index import NameIndex, open_engine
from projections.inbox.schema import bearer, name
from projections.runner import Projector

_BATCH = 500
_ROWS = "SELECT count(), sum(cityHash64(*)), groupBitXor(cityHash64(*)) FROM facts"
_ONE_PROCESS = f'[keys]\nidentity = "{KEY}"'
_content = msgspec.json.Decoder(LeadContent).decode


def check_equal(
    system: System, stores: Stores, folder: Path, fresh_analytics: Callable[[], str]
) -> None:
    """I7 and I8 at rest. `folder` is empty; `fresh_analytics` gives addresses of empty stores."""
    contents = lead_events(stores)
    recorded = [contents[event.event_id] for _, event in stores.recorded]
    cards = cards_of(system)
    with one_process(folder / "in-order", recorded, fresh_analytics()) as one:
        assert cards_of(one) == cards, "I8: cards differ from those of one process"
        one.projector.project_available()
        assert funnel_of(one) == funnel_of(system), "I8: another funnel than one process has"
    same_persons_in_any_order(folder / "shuffled", recorded, cards)
    same_rows_anew(system, fresh_analytics())
    same_names_anew(system, folder / "names.db")


def same_persons_in_any_order(folder: Path, contents: list[LeadContent], cards: list[Any]) -> None:
    """I7: in any order, and with repeats, the same leads are the same persons."""
    rng = random.Random(len(contents))
    mixed = [*contents, *rng.choices(contents, k=len(contents) // 10)]
    rng.shuffle(mixed)
    with one_process(folder, mixed) as one:
        assert persons(cards_of(one)) == persons(cards), "I7: other persons in another order"


def same_rows_anew(system: System, fresh_analytics: str) -> None:
    """I8: the analytics, row by row, are those of a projection from nothing."""
    anew = ClickHouse(fresh_analytics)
    Projector(system.base.recorder, FactTable(anew)).project_available()
    assert anew.select(_ROWS) == system.analytics.select(_ROWS), "I8: analytics differ when rebuilt"
    anew.close()


def same_names_anew(system: System, file: Path) -> None:
    """I8: so are the names of the search."""
    engine = open_engine(f"sqlite:///{file}")
    index = NameIndex(engine)
    Projector(system.base.recorder, index, name="inbox", personal=True).project_available()
    assert names(engine) == names(system.inbox.engine), "I8: names differ when rebuilt"
    engine.dispose()


def names(engine: Engine) -> set[tuple[Any, ...]]:
    """Who goes by which name, how often, and since when."""
    rows = select(name.c.folded, bearer.c.leaf, bearer.c.times, bearer.c.at).join_from(
        bearer, name, bearer.c.name == name.c.id
    )
    with engine.connect() as connection:
        return {tuple(row) for row in connection.execute(rows)}


def lead_events(stores: Stores) -> dict[bytes, LeadContent]:
    """The lead events of the log by their ids, each as it came first."""
    found: dict[bytes, LeadContent] = {}
    for record in stores.of_type(RecordType.LEAD):
        content = _content(record.value)
        found.setdefault(bytes_of(content.event_id), content)
    return found


@contextmanager
def one_process(
    folder: Path, contents: Sequence[LeadContent], analytics: str = ""
) -> Iterator[System]:
    """A log and an event store of this process alone, fed these lead events in this order."""
    folder.mkdir(parents=True)
    stores = f'[stores]\nanalytics = "{analytics}"\n' if analytics else ""
    with opened(folder, f"{stores}{_ONE_PROCESS}") as system:
        for start in range(0, len(contents), _BATCH):
            some = contents[start : start + _BATCH]
            system.base.handle([Entry("log", start + n, Lead(c)) for n, c in enumerate(some)])
        yield system


def cards_of(system: System) -> list[dict[str, Any]]:
    """Every card but what tells when it was recorded, in the order of ids."""
    cards = run(system, "card.list", {"with_leads": True})
    told = ("id", "name", "leaves", "leads", "deals")
    return sorted(({n: card[n] for n in told} for card in cards), key=lambda card: card["id"])


def persons(cards: Sequence[dict[str, Any]]) -> set[frozenset[str]]:
    """Who is one person. The id is that of the leaf card recorded first, so the order gives it."""
    return {frozenset(card["leads"]) for card in cards}


def funnel_of(system: System) -> dict[str, Any]:
    (funnel,) = run(system, "funnel", {"by": "channel"})
    return {name: funnel[name] for name in ("steps", "groups")}
