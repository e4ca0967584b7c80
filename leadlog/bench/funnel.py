"""How fast the funnel is counted, against ClickHouse's own `windowFunnel` over the same rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from eventstore.domain.events import AnyEvent, DealClosed, DealOpened, StageEntered
from eventstore.domain.pipeline import SALES
from eventstore.keyring import derived
from eventstore.reading import Recorded
from leadlog.bench.clock import timed
from leadlog.bench.pair import Benchmark, Setting, Sides
from leadlog.bench.projector import drop, empty_store
from projections.clickhouse.client import ClickHouse
from projections.facts.table import FactTable
from projections.funnel.service import funnel
from projections.reports import Reports

_START_MS = 1_772_323_200_000
_BLOCK = 50_000
_GOES_ON = 0.6
_QUERIES = 3
_STEPS = ", ".join(
    ["topic = 'O'", *(f"stage = '{stage.id}'" for stage in SALES.stages[1:]), "status = 'won'"]
)
_BARE = f"""
SELECT level, count() FROM (
    SELECT deal, windowFunnel(1000000000)(toDateTime(occurred_at), {_STEPS}) AS level
    FROM facts WHERE topic IN ('O', 'G', 'C') GROUP BY deal)
GROUP BY level ORDER BY level
"""  # noqa: S608 - names of ours


@contextmanager
def opened(setting: Setting) -> Iterator[Sides]:
    """Both count the same deals; that they agree on how many there are is checked."""
    deals = setting.amount(200_000, 5_000)
    with setting.scratch() as folder:
        setting.progress(f"making {deals:,} deals")
        store = empty_store(f"chdb://{folder.absolute()}/analytics")
        last = _fill(store, deals)
        reports = Reports(store, latest=lambda: last, wait=lambda _: True)

        def ours() -> int:
            for _ in range(_QUERIES):
                found = funnel(reports, [SALES], {})
                if found.steps[0].count != deals:
                    raise AssertionError(f"{deals} deals are there, {found.steps[0].count} counted")
            return _QUERIES

        def bare() -> int:
            for _ in range(_QUERIES):
                counted = sum(count for _, count in store.select(_BARE))
                if counted != deals:
                    raise AssertionError(f"{deals} deals are there, {counted} counted")
            return _QUERIES

        try:
            yield Sides(
                lambda _: timed(ours), lambda _: timed(bare), note=f"{last:,} rows, {deals:,} deals"
            )
        finally:
            drop(store)


def _fill(store: ClickHouse, deals: int) -> int:
    """Deals that go some of the way; gives the last position."""
    table, events, after = FactTable(store), _events(deals), 0
    page: list[Recorded] = []
    for event in events:
        page.append(event)
        if len(page) == _BLOCK:
            after = table.append(page, after)
            page = []
    return table.append(page, after) if page else after


def _events(deals: int) -> Iterator[Recorded]:
    rng = Random(4)  # noqa: S311 - the same deals for the same seed
    position = 0
    for number in range(deals):
        deal, at = derived(b"bench/%d" % number), _START_MS + number * 1000
        for version, event in enumerate(_story(deal, at, rng), 1):
            position += 1
            yield Recorded(position, at, deal, version, event)


def _story(deal: bytes, at: int, rng: Random) -> Iterator[AnyEvent]:
    yield DealOpened(
        lead=deal, leaf=deal, pipeline=SALES.id, opened_at=at,
        channel="webform", account="site", kind="form",
    )  # fmt: skip
    for days, stage in enumerate(SALES.stages[1:], 1):
        if rng.random() > _GOES_ON:
            return
        yield StageEntered(command=deal, actor="anna", at=at + days * 86_400_000, stage=stage.id)
    yield DealClosed(command=deal, actor="anna", at=at + 9 * 86_400_000, status="won")


BENCHMARK = Benchmark(
    name="funnel",
    a="the funnel, as any report asks for it",
    b="windowFunnel over the same rows",
    unit="queries/s",
    aim=0.90,
    open=opened,
)
