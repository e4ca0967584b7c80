"""The rules of the funnel, one by one (SEMANTICS 5.1, 5.2, 5.4)."""

import msgspec
import pytest

from eventstore.domain import events as ev
from eventstore.domain.pipeline import Pipeline, Stage
from projections.desk.names import Names
from projections.facts.table import FactTable
from projections.funnel import render
from projections.funnel.request import WrongRequest, read_request
from projections.funnel.result import steps_of
from projections.funnel.service import funnel
from projections.reports import NotYetProjected, Reports, by_looking, by_projector
from projections.runner import Projector
from projections.testing import MemoryReader, fresh_store

STAGES = (Stage("unsorted"), Stage("contact", "First contact"), Stage("offer"))
PIPELINES = (Pipeline(id="sales", stages=STAGES), Pipeline(id="repairs", stages=STAGES[:1]))
DAY = 86_400_000
START = 1_767_225_600_000  # 2026-01-01
NOBODY = bytes(16)


def deal(number):
    return b"deal" + number.to_bytes(12, "big")


class Shop:
    """Records what happens to deals, and asks for funnels."""

    def __init__(self, store):
        self.store, self.reader = store, MemoryReader()
        self.versions = {}
        projector = Projector(self.reader, FactTable(store))
        self.reports = Reports(
            store, latest=self.reader.last_position, wait=by_projector(projector)
        )

    def add(self, stream, event):
        self.versions[stream] = self.versions.get(stream, 0) + 1
        at = START + len(self.reader.events) * 1000
        return self.reader.record(stream, self.versions[stream], event, at=at).position

    def touch(self, number, day, into, lead=None):
        event = ev.LeadRecorded(
            event_id=NOBODY, channel="vk", account="a", kind="message", direction="in", leaf=NOBODY,
            occurred_at=START + day * DAY, received_at=START, rules=1, deal=into,
        )  # fmt: skip
        return self.add(lead or b"lead" + number.to_bytes(12, "big"), event)

    def open(self, number, day=0, *, source="", pipeline="sales", channel="vk"):
        self.touch(number, day, deal(number))
        event = ev.DealOpened(
            lead=NOBODY, leaf=NOBODY, pipeline=pipeline, opened_at=START + day * DAY,
            channel=channel, account="a", kind="message", campaign=ev.Campaign(source=source),
        )  # fmt: skip
        return self.add(deal(number), event)

    def stage(self, number, stage, day=0):
        return self.command(number, ev.StageEntered, day, stage=stage)

    def close(self, number, status, day=0):
        return self.command(number, ev.DealClosed, day, status=status)

    def command(self, number, kind, day, **fields):
        at = START + day * DAY
        return self.add(deal(number), kind(command=NOBODY, actor="ann", at=at, **fields))

    def join(self, number, into):
        event = ev.DealJoined(into=deal(into), by="rule", at=START)
        return self.add(deal(number), event)

    def ask(self, **given):
        given = {name.rstrip("_"): value for name, value in given.items()}
        return self.reports.funnel(read_request(given, PIPELINES))

    def counts(self, **given):
        return [step.count for step in self.ask(**given).steps]


@pytest.fixture
def shop():
    with fresh_store() as store:
        yield Shop(store)


def test_entering_a_stage_passes_all_earlier_ones(shop):
    shop.open(1)
    shop.stage(1, "offer")
    assert shop.counts() == [1, 1, 1, 0]


def test_a_deal_moved_straight_to_won_counts_in_each_step(shop):
    shop.open(1)
    shop.close(1, "won")
    assert shop.counts() == [1, 1, 1, 1]


def test_a_lost_deal_stays_in_the_steps_that_it_reached(shop):
    shop.open(1)
    shop.stage(1, "contact")
    shop.close(1, "lost")
    assert shop.counts() == [1, 1, 0, 0]


def test_a_stage_entered_again_counts_once(shop):
    shop.open(1)
    for stage in ("offer", "contact", "offer"):
        shop.stage(1, stage)
    assert shop.counts() == [1, 1, 1, 0]


def test_a_reopened_deal_keeps_won_among_its_steps(shop):
    shop.open(1)
    shop.close(1, "won")
    shop.command(1, ev.DealReopened, 1, stage="offer")
    assert shop.counts() == [1, 1, 1, 1]


def test_a_joined_or_withdrawn_deal_is_in_no_funnel_until_it_is_back(shop):
    for number in (1, 2, 3):
        shop.open(number)
    shop.join(2, 1)
    shop.add(deal(3), ev.DealWithdrawn(at=START))
    assert shop.counts() == [1, 0, 0, 0]
    shop.add(deal(2), ev.DealSeparated(at=START))
    shop.add(deal(3), ev.DealRestored(at=START))
    assert shop.counts() == [3, 0, 0, 0]


def test_touches_of_a_joined_deal_count_for_the_last_of_the_chain(shop):
    """The third goes into the second, that into the first."""
    shop.open(1, day=5)
    shop.open(2, day=4)
    shop.open(3, day=1)
    shop.join(3, 2)
    shop.join(2, 1)
    assert shop.counts(from_="2026-01-02", to="2026-01-03") == [1, 0, 0, 0]
    assert shop.counts(from_="2026-01-04") == [0, 0, 0, 0]


def test_touches_of_a_separated_deal_count_for_itself_again(shop):
    shop.open(1, day=5)
    shop.open(2, day=1)
    shop.join(2, 1)
    shop.add(deal(2), ev.DealSeparated(at=START))
    assert shop.counts(to="2026-01-03") == [1, 0, 0, 0]
    assert shop.counts(from_="2026-01-03") == [1, 0, 0, 0]


def test_a_touch_that_was_moved_counts_where_it_is_now(shop):
    shop.open(1, day=5)
    shop.touch(9, 1, deal(1))
    assert shop.counts(to="2026-01-03") == [1, 0, 0, 0]
    shop.add(b"lead" + (9).to_bytes(12, "big"), ev.TouchPlaced())
    assert shop.counts(to="2026-01-03") == [0, 0, 0, 0]


def test_the_day_of_to_is_not_in_the_period(shop):
    shop.open(1, day=1)
    assert shop.counts(from_="2026-01-02", to="2026-01-03") == [1, 0, 0, 0]
    assert shop.counts(from_="2026-01-01", to="2026-01-02") == [0, 0, 0, 0]


def test_by_events_each_step_counts_when_it_was_entered(shop):
    shop.open(1, day=0)
    shop.stage(1, "contact", day=9)
    period = {"from_": "2026-01-10", "to": "2026-01-11"}
    assert shop.counts(basis="event", **period) == [0, 1, 0, 0]
    assert shop.counts(**period) == [0, 0, 0, 0]


def test_a_step_counts_within_the_window(shop):
    shop.open(1, day=0)
    shop.stage(1, "contact", day=3)
    assert shop.counts(window="3d") == [1, 1, 0, 0]
    assert shop.counts(window="71h") == [1, 0, 0, 0]


def test_each_pipeline_has_its_own_funnel(shop):
    shop.open(1)
    shop.open(2, pipeline="repairs")
    assert shop.counts() == [1, 0, 0, 0]
    assert shop.counts(pipeline="repairs") == [1, 0]


def test_groups_go_by_the_opening_touch_and_the_largest_comes_first(shop):
    shop.open(1, source="ya")
    shop.open(2, channel="email")
    shop.open(3, channel="email")
    groups = shop.ask(by=["channel,utm_source"]).groups
    assert [(group.by, group.steps[0].count) for group in groups] == [
        ({"channel": "email", "utm_source": ""}, 2),
        ({"channel": "vk", "utm_source": "ya"}, 1),
    ]


def test_shares_have_four_digits_and_are_null_of_nothing(shop):
    for number in range(3):
        shop.open(number)
    shop.stage(0, "contact")
    first, contact, offer, won = shop.ask().steps
    assert (first.of_first, first.of_previous) == (1.0, 1.0)
    assert (contact.name, contact.of_first, contact.of_previous) == (
        "First contact",
        0.3333,
        0.3333,
    )
    assert (offer.of_first, offer.of_previous) == (0.0, 0.0)
    assert (won.of_first, won.of_previous) == (0.0, None)


def test_as_known_then_is_byte_for_byte_what_was_given_then(shop):
    shop.open(1)
    then = render.to_json(shop.ask())
    position = shop.reader.last_position()
    time = shop.ask().recorded_at
    shop.open(2)
    shop.stage(1, "offer")
    shop.join(2, 1)
    assert render.to_json(shop.ask(as_of=str(position))) == then
    assert render.to_json(shop.ask(as_of=time)) == then
    assert render.to_json(shop.ask()) != then


def test_what_lies_ahead_is_refused_and_what_was_recorded_is_not(shop):
    shop.open(1)
    shop.open(2)
    newest = shop.reader.last_position()
    first, last = (shop.ask(as_of=str(position)) for position in (newest - 1, newest))
    shop.reports = Reports(
        shop.store, latest=shop.reader.last_position, wait=lambda _: True,
        clock=lambda: (START - 3_600_000) * 1_000_000,
    )  # fmt: skip
    for known in (first, last):  # though our clock is behind that of the store
        assert shop.ask(as_of=known.recorded_at) == known
    for asked in ("2026-01-02", str(newest + 1)):
        with pytest.raises(WrongRequest, match="in the future") as refused:
            shop.ask(as_of=asked)
        assert refused.value.field == "as_of"


def test_plain_values_are_asked_and_rendered_as_a_command_does(shop):
    shop.open(1)
    given = {"by": ["channel"], "from": None, "basis": "cohort", "other": 1}
    found = msgspec.to_builtins(funnel(shop.reports, PIPELINES, given))
    assert render.render(found, "json").encode() == render.to_json(shop.ask(by="channel"))
    assert "First contact" in render.render(found, "table")
    assert render.render(found, "csv").count("\n") == 5
    with pytest.raises(WrongRequest, match="table, csv, json"):
        render.render(found, "xml")


@pytest.mark.parametrize("whole", range(1, 200))
def test_a_share_is_the_same_at_a_terminal_and_on_a_page(whole):
    share = steps_of([("a", "a"), ("b", "b")], [whole, 1])[1].of_first
    if share < 0.1:  # above it, a page leaves the fraction out
        assert f"{float(render._percent(share)[:-1]):g}%" == Names("en").percent(share)


def test_nothing_recorded_is_a_funnel_of_zeros(shop):
    result = shop.ask(by="channel")
    assert (result.as_of, result.recorded_at, result.groups) == (0, None, ())
    assert [step.count for step in result.steps] == [0, 0, 0, 0]
    assert [step.of_first for step in result.steps] == [None] * 4


def test_a_report_waits_for_the_projection_and_says_when_that_takes_too_long():
    with fresh_store() as store:
        table = FactTable(store)
        table.prepare()
        reports = Reports(store, latest=lambda: 5, wait=by_looking(table, timeout=0.1))
        with pytest.raises(NotYetProjected, match="position 5"):
            reports.as_of()
