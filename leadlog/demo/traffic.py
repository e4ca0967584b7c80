"""The whole story as one stream of requests: a past of some days, then the present, for ever."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from heapq import heappop, heappush
from random import Random
from zoneinfo import ZoneInfo

from leadlog.demo.cast import Cast
from leadlog.demo.chance import chance, weighted
from leadlog.demo.clock import StoryClock
from leadlog.demo.garbage import GARBAGE
from leadlog.demo.journeys import JOURNEYS
from leadlog.demo.providers import messengers, vk, zadarma
from leadlog.demo.request import Request, Step

PAST = timedelta(days=14)
JOURNEYS_IN_THE_PAST = 240
LIVE_GAP = timedelta(minutes=10)
"""Time of the story between two journeys: two and a half seconds at speed 1."""

_REPEATED = 0.06
_ZONE = ZoneInfo("Europe/Moscow")


@dataclass(frozen=True, slots=True)
class Sending:
    """A request and when its provider sends it."""

    at: datetime
    request: Request


def traffic(seed: int, clock: StoryClock) -> Iterator[Sending]:
    """Every request in the order of sending, without end. The same for the same seed and clock."""
    cast = Cast(seed)
    for request in (
        vk.address_check(cast),
        messengers.whatsapp_address_check(cast),
        zadarma.address_check(cast),
    ):
        yield Sending(clock.began - PAST, request)
    yield from _in_order(_journeys(seed, cast, clock), clock)


def _journeys(seed: int, cast: Cast, clock: StoryClock) -> Iterator[tuple[datetime, list[Step]]]:
    """When each journey begins, in order, and its steps."""
    arrivals, again = chance(seed, "arrivals"), chance(seed, "repeats")
    for begins in _arrivals(arrivals, clock.began):
        journey = weighted(cast.rng, (*JOURNEYS, *GARBAGE))
        steps = list(journey(cast, cast.people.next()))
        yield begins, [*steps, *_repeats(again, steps)]


def _arrivals(rng: Random, began: datetime) -> Iterator[datetime]:
    yield from sorted(_working_moment(rng, began) for _ in range(JOURNEYS_IN_THE_PAST))
    story = began
    while True:
        story += LIVE_GAP * rng.expovariate(1)
        yield story


def _working_moment(rng: Random, began: datetime) -> datetime:
    """Some time of a day of the past: most come about noon, few at night."""
    today = began.astimezone(_ZONE).date()
    day = today - timedelta(days=rng.randrange(1, PAST.days))
    midnight = datetime.combine(day, time(), _ZONE)
    return midnight + timedelta(hours=rng.triangular(7, 23, 13))


def _repeats(rng: Random, steps: Iterable[Step]) -> Iterator[Step]:
    """Providers that did not hear our answer send the same again, some seconds later."""
    for step in steps:
        if rng.random() < _REPEATED:
            yield replace(step, later=step.later + timedelta(seconds=rng.randint(1, 20)))


def _in_order(
    journeys: Iterable[tuple[datetime, list[Step]]], clock: StoryClock
) -> Iterator[Sending]:
    """The steps of journeys that overlap, by the time of sending."""
    waiting: list[tuple[datetime, int, Sending]] = []
    number = 0
    for begins, steps in journeys:
        while waiting and waiting[0][0] <= clock.real(begins):
            yield heappop(waiting)[2]
        for step in steps:
            told = clock.real(begins + step.after)
            number += 1
            sending = Sending(told + step.later, step.build(told))
            heappush(waiting, (sending.at, number, sending))
