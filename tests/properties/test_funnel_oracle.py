"""The funnel's SQL against a plain loop over the same events, for random histories."""

from collections import defaultdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.tries import tries

from eventstore.domain import events as ev
from eventstore.domain.pipeline import Pipeline, Stage
from projections.clickhouse.migrate import migrate
from projections.facts.table import FactTable
from projections.funnel.query import count_funnel
from projections.funnel.request import FunnelRequest
from projections.moments import resolve
from projections.testing import MemoryReader, fresh_store

PIPELINE = Pipeline(
    id="sales", stages=(Stage("unsorted"), Stage("contact", "Contact"), Stage("offer"))
)
STEPS = PIPELINE.steps
HOUR = 3_600_000
START = 1_700_000_000_000


@pytest.fixture(scope="module")
def store():
    with fresh_store() as store:
        migrate(store)
        yield store


# --- the oracle: read it, it is meant to be obviously right ---------------------------------


class Known:
    """What the events up to a position say, one by one."""

    def __init__(self, events, position):
        self.joined, self.withdrawn, self.opened = {}, set(), {}
        self.moved = defaultdict(list)  # deal -> [(place, time)]
        self.lead_deal, self.lead_time = {}, {}
        for one in events:
            if one.position <= position:
                self.touch(one.stream, one.event)
                self.steps(one.stream, one.event)
                self.standing(one.stream, one.event)

    def touch(self, stream, event):
        match event:
            case ev.LeadRecorded(deal=deal, occurred_at=time):
                self.lead_deal[stream], self.lead_time[stream] = deal, time
            case ev.TouchPlaced(deal=deal):
                self.lead_deal[stream] = deal

    def steps(self, deal, event):
        match event:
            case ev.DealOpened():
                self.opened[deal] = event
            case ev.StageEntered(stage=stage, at=time) | ev.DealReopened(stage=stage, at=time):
                if stage in STEPS:
                    self.moved[deal].append((STEPS.index(stage), time))
            case ev.DealClosed(status="won", at=time):
                self.moved[deal].append((STEPS.index("won"), time))

    def standing(self, deal, event):
        match event:
            case ev.DealJoined(into=into):
                self.joined[deal] = into
            case ev.DealSeparated():
                self.joined.pop(deal, None)
            case ev.DealWithdrawn():
                self.withdrawn.add(deal)
            case ev.DealRestored():
                self.withdrawn.discard(deal)

    def entered(self, deal):
        """(place, time) of each step; the first one by what is known of the touch that opened."""
        return [(0, self.lead_time[self.opened[deal].lead]), *self.moved[deal]]

    def touched(self, deal):
        """The times of the touches that count for the deal."""
        return [self.lead_time[lead] for lead in self.lead_deal if self.root(lead) == deal]

    def root(self, lead):
        deal = self.lead_deal[lead]
        while deal in self.joined:
            deal = self.joined[deal]
        return deal

    def counted(self):
        return [
            deal
            for deal, opening in self.opened.items()
            if opening.pipeline == PIPELINE.id
            and deal not in self.joined
            and deal not in self.withdrawn
        ]


def oracle(events, request, position):
    """{labels: counts by step} of the funnel."""
    known = Known(events, position)
    answer = defaultdict(lambda: [0] * len(STEPS))
    for deal in known.counted():
        labels = tuple(label(known.opened[deal], dim) for dim in request.by)
        entered = known.entered(deal)
        opened = min(time for _, time in entered)
        if request.basis == "cohort" and not begins_within(request, known.touched(deal)):
            continue
        for k in range(len(STEPS)):
            times = [time for place, time in entered if place >= k]
            if times and reached(request, min(times), opened):
                answer[labels][k] += 1
    return {labels: counts for labels, counts in answer.items() if any(counts)}


def begins_within(request, touched):
    no_dates = request.since is None and request.until is None
    return no_dates or (touched != [] and within(request, min(touched)))


def reached(request, time, opened):
    in_window = request.window is None or time - opened <= request.window
    return in_window and (request.basis == "cohort" or within(request, time))


def within(request, time):
    return (request.since is None or time >= request.since) and (
        request.until is None or time < request.until
    )


def label(opening, dim):
    if dim == "utm_source":
        return opening.campaign.source
    if dim == "repeat":
        return "yes" if opening.repeat_of else "no"
    return getattr(opening, dim)


# --- random histories ------------------------------------------------------------------------

NUMBER = st.integers(0, 11)
TIME = st.integers(0, 8).map(lambda hours: START + hours * HOUR)
STAGE = st.sampled_from(["unsorted", "contact", "offer", "gone"])
STEP = st.one_of(
    st.tuples(st.just("open"), TIME, st.sampled_from(["vk", "email"]), st.booleans()),
    st.tuples(st.just("open"), TIME, st.sampled_from(["vk", "email"]), st.booleans()),
    st.tuples(st.just("touch"), NUMBER, TIME),
    st.tuples(st.just("amend"), NUMBER, TIME),
    st.tuples(st.just("place"), NUMBER, NUMBER),
    st.tuples(st.just("stage"), NUMBER, STAGE, TIME),
    st.tuples(st.just("stage"), NUMBER, STAGE, TIME),
    st.tuples(st.just("close"), NUMBER, st.sampled_from(["won", "lost", "declined"]), TIME),
    st.tuples(st.just("reopen"), NUMBER, STAGE, TIME),
    *[st.tuples(st.just("join"), NUMBER, NUMBER)] * 3,
    st.tuples(st.just("separate"), NUMBER),
    st.tuples(st.just("withdraw"), NUMBER),
    st.tuples(st.just("restore"), NUMBER),
)


class History(MemoryReader):
    """Turns steps into events that a domain could have recorded."""

    def __init__(self, steps):
        super().__init__()
        self.versions = defaultdict(int)
        self.deals, self.leads = [], []
        for time in (START + 2 * HOUR, START + 5 * HOUR, START + 3 * HOUR):
            self.open(time, "vk", other_pipeline=False)
        for name, *arguments in steps:
            getattr(self, name)(*arguments)

    def add(self, stream, event):
        self.versions[stream] += 1
        gap = self.versions[stream] % 2
        self.record(stream, self.versions[stream], event, gap=gap, at=START + len(self.events))

    def open(self, time, channel, other_pipeline):
        deal, lead = self.new(b"d", self.deals), self.new(b"l", self.leads)
        labels = {"channel": channel, "account": "one", "kind": "message"}
        campaign = ev.Campaign(source="ya" if time % (2 * HOUR) else "")
        self.add(lead, self.lead(deal, time, opened=True))
        self.add(
            deal,
            ev.DealOpened(
                lead=lead, leaf=bytes(16), opened_at=time, campaign=campaign, **labels,
                pipeline="other" if other_pipeline and len(self.deals) % 3 == 0 else "sales",
                repeat_of=self.deals[0] if len(self.deals) > 2 else b"",
            ),
        )  # fmt: skip

    def new(self, prefix, others):
        others.append(prefix + len(others).to_bytes(15, "big"))
        return others[-1]

    def lead(self, deal, time, **fields):
        return ev.LeadRecorded(
            event_id=bytes(16), channel="x", account="y", kind="message", direction="in",
            occurred_at=time, received_at=time, rules=1, leaf=bytes(16), deal=deal, **fields,
        )  # fmt: skip

    def touch(self, number, time):
        deal = self.one(self.deals, number) or b""
        self.add(self.new(b"l", self.leads), self.lead(deal, time))

    def amend(self, number, time):
        if lead := self.one(self.leads, number):
            now_in = [one.event.deal for one in self.events if one.stream == lead][-1]
            self.add(lead, self.lead(now_in, time))

    def place(self, number, where):
        if lead := self.one(self.leads, number):
            deal = self.one(self.deals, where) if where else b""
            self.add(lead, ev.TouchPlaced(deal=deal))

    def stage(self, number, stage, time):
        self.command(number, ev.StageEntered, stage=stage, at=time)

    def close(self, number, status, time):
        self.command(number, ev.DealClosed, status=status, at=time)

    def reopen(self, number, stage, time):
        self.command(number, ev.DealReopened, stage=stage, at=time)

    def join(self, number, into):
        later, earlier = sorted((number % len(self.deals), into % len(self.deals)), reverse=True)
        if later != earlier:
            self.command(later, ev.DealJoined, into=self.deals[earlier], by="rule", at=START)

    def separate(self, number):
        self.on_deal(number, ev.DealSeparated(at=START))

    def withdraw(self, number):
        self.on_deal(number, ev.DealWithdrawn(at=START))

    def restore(self, number):
        self.on_deal(number, ev.DealRestored(at=START))

    def command(self, number, kind, **fields):
        who = {} if kind is ev.DealJoined else {"actor": "ann"}
        self.on_deal(number, kind(command=bytes(15) + b"c", **who, **fields))

    def on_deal(self, number, event):
        if deal := self.one(self.deals, number):
            self.add(deal, event)

    @staticmethod
    def one(some, number):
        return some[number % len(some)] if some else None


REQUEST = st.builds(
    FunnelRequest,
    pipeline=st.just(PIPELINE),
    since=st.none() | TIME,
    until=st.none() | TIME,
    basis=st.sampled_from(["cohort", "event"]),
    by=st.sampled_from([(), ("channel",), ("utm_source", "repeat"), ("repeat", "channel", "kind")]),
    window=st.none() | st.integers(0, 3).map(lambda hours: hours * HOUR),
)


@settings(max_examples=tries(16), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(STEP, min_size=30, max_size=80),
    questions=st.lists(
        st.tuples(REQUEST, st.sampled_from([0.5, 0.9, 1, 1])), min_size=4, max_size=4
    ),
)
def test_the_statement_counts_as_a_plain_loop_does(store, steps, questions):
    history = History(steps)
    store.command("TRUNCATE TABLE facts")
    if history.events:
        FactTable(store).append(history.events, 0)
    for request, share in questions:
        as_of = resolve(store, position=round(history.last_position() * share))
        expected = oracle(history.events, request, as_of.position)
        result = count_funnel(store, request, as_of)
        got = {
            tuple(group.by.values()): [step.count for step in group.steps]
            for group in result.groups
        }
        total = [sum(counts[k] for counts in expected.values()) for k in range(len(STEPS))]
        assert [step.count for step in result.steps] == total
        assert got == (expected if request.by else {})
