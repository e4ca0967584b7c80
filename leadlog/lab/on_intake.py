"""Rules of the intake: what is said, and what is stored, when things go wrong in between."""

from collections.abc import Iterator
from itertools import permutations
from random import Random

import msgspec
from msgspec.structs import replace

from channels.sdk.adapter import WebhookAdapter
from channels.sdk.lead import LeadEvent
from channels.sdk.testing.doors import AnyAdapter
from channels.sdk.testing.rule import Case, NotApplicable, Subject, rule
from eventstore.domain.fold import fold
from leadlog.lab.bench import NO_REPLY, Bench, events_of, events_on
from leadlog.lab.log import LabLog

_MOST_TURNS = 200
_MOST_ORDERS = 24
_OF_RECEIPT = {"received_at", "raw"}
"""How it came, which two ways of coming may differ in."""


@rule("lead")
def keeps_one_lead_in_any_order(subject: Subject) -> Iterator[str]:
    """Deliveries about one lead make the same lead in any order, some of them repeated."""
    stories = _stories(subject)
    if not stories:
        raise NotApplicable("no two recordings are about one lead")
    for cases in stories:
        told = {_folded(order) for order in _orders(cases)}
        if len(told) > 1:
            names = ", ".join(case.name for case in cases)
            yield f"{names}: {len(told)} different leads come of them, by their order"


@rule("intake")
def acknowledges_after_append(subject: Subject) -> Iterator[str]:
    """Success is said only once everything is on the log; without it, 503 and when to try again."""
    with Bench() as bench:
        for case in subject.requests:
            log = LabLog()
            log.away = True
            reply = bench.reply_to(case, log)
            if reply.status != 503:
                yield f"{case.name}: the log is away, and the provider hears {reply.status}"
            elif not dict(reply.headers).get("retry-after", "").isdigit():
                yield f"{case.name}: 503 without Retry-After"
            elif (success := case.sent().reply.body) and success in reply.body:
                yield f"{case.name}: 503 with the words of success"


@rule("intake")
def survives_restarts(subject: Subject) -> Iterator[str]:
    """Cut off at any moment, no success was said that the log does not know; a repeat is whole."""
    with Bench() as bench:
        for case in subject.requests:
            yield from _cut_everywhere(bench, case)


@rule("intake")
def waits_for_slow_clients(subject: Subject) -> Iterator[str]:
    """A body that comes in drops is taken; one that never ends, or is given up, stores nothing."""
    with Bench() as bench:
        for case in subject.requests:
            drops, endless, half = LabLog(), LabLog(), LabLog()
            bench.reply_to(case, drops, pieces=50, pause_s=0.1)
            if events_on(drops) != events_of(case.sent().leads):
                yield f"{case.name}: in fifty pieces it is another lead"
            reply = bench.reply_to(case, endless, pieces=50, pause_s=300.0)
            if endless.taken or reply.status != 408:
                yield f"{case.name}: a body that never ends is answered {reply.status}, not 408"
            reply = bench.reply_to(case, half, pieces=3, leaves=True)
            if half.taken or reply is not NO_REPLY:
                yield f"{case.name}: half a body is taken"


@rule("intake")
def refuses_what_is_too_large(subject: Subject) -> Iterator[str]:
    """A body over the adapter's limit is answered 413, whether its length was told or not."""
    with Bench() as bench:
        for case in subject.requests:
            if not isinstance(case.adapter, WebhookAdapter):
                continue
            limit = case.adapter.body_limit(case.request.content_type)
            too_large = replace(case.request, body=b" " * (limit + 1))
            for tells_length in (True, False):
                log = LabLog()
                reply = bench.reply_to(case, log, too_large, tells_length=tells_length)
                if log.taken or reply.status != 413:
                    yield f"{case.name}: {limit + 1} bytes are answered {reply.status}, not 413"


def _cut_everywhere(bench: Bench, case: Case) -> Iterator[str]:
    whole = events_of(case.sent().leads)
    for turns in range(_MOST_TURNS):
        log = LabLog()
        reply, ended = bench.reply_until_cut(case, log, turns)
        if 0 < reply.status < 300 and events_on(log) != whole:
            yield f"{case.name}: success is said before the log has it (turn {turns})"
        bench.reply_to(case, log)
        if events_on(log) != whole:
            yield f"{case.name}: cut off at turn {turns} and repeated, it is another lead"
        if ended:
            return


def _stories(subject: Subject) -> list[list[Case]]:
    """Recordings of one account that share a lead."""
    found: dict[str, list[Case]] = {}
    for case in subject.deliveries:
        for lead in case.sent().leads:
            cases = found.setdefault(lead.lead_id, [])
            if case not in cases:
                cases.append(case)
    return [cases for cases in found.values() if len(cases) > 1]


def _orders(cases: list[Case]) -> Iterator[list[Case]]:
    """The recordings in each order; of many some, and some with repeats."""
    random = Random(len(cases))  # noqa: S311 - the same orders every time
    if len(cases) <= 4:
        yield from map(list, permutations(cases))
    for _ in range(_MOST_ORDERS):
        yield random.sample(cases * 2, len(cases) * 2)


def _folded(cases: list[Case]) -> str:
    """The lead that comes of them, by adapters that know nothing of an earlier order."""
    fresh: dict[str, AnyAdapter] = {}
    leads: list[LeadEvent] = []
    for case in cases:
        account = str(case.recording.account)
        adapter = fresh.setdefault(account, case.anew())
        leads += case.sent(by=adapter).leads
    folded = msgspec.to_builtins(fold(leads))
    return str({name: value for name, value in sorted(folded.items()) if name not in _OF_RECEIPT})
