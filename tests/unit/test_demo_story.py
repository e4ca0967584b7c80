"""The same seed tells the same story, in order, at any speed."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from leadlog.demo.clock import COMPRESSION, StoryClock
from leadlog.demo.request import Expected
from leadlog.demo.traffic import PAST, Sending, traffic

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SOME = 1500


def story(seed: int, speed: float = 1.0, count: int = SOME) -> list[Sending]:
    return list(islice(traffic(seed, StoryClock(NOON, speed)), count))


def test_the_same_seed_tells_the_same_story() -> None:
    assert story(7) == story(7)


def accepted(seed: int) -> set[bytes]:
    sent = (sending.request for sending in story(seed))
    return {request.body for request in sent if request.expected is Expected.ACCEPTED}


def test_another_seed_tells_another_story() -> None:
    assert accepted(1).isdisjoint(accepted(2))


def test_requests_come_in_the_order_of_sending() -> None:
    times = [sending.at for sending in story(1)]
    assert times == sorted(times)


def test_the_past_is_the_same_at_any_speed() -> None:
    past = [sending for sending in story(1) if sending.at <= NOON]
    assert len(past) > 500
    assert past == [sending for sending in story(1, speed=50) if sending.at <= NOON]


def test_the_past_begins_no_earlier_than_it_should() -> None:
    assert min(sending.at for sending in story(1)) >= NOON - PAST


def test_twice_the_speed_is_half_the_wait() -> None:
    """Between journeys; a call of a minute takes a minute at any speed."""
    slow, quick = StoryClock(NOON, 1), StoryClock(NOON, 2)
    later = NOON + timedelta(hours=1)
    assert slow.real(later) - NOON == timedelta(hours=1) / COMPRESSION
    assert quick.real(later) - NOON == (slow.real(later) - NOON) / 2


@pytest.mark.parametrize("hours", [-30, 0, 5])
def test_the_clock_can_be_read_both_ways(hours: int) -> None:
    clock = StoryClock(NOON, 8)
    moment = NOON + timedelta(hours=hours)
    assert clock.story(clock.real(moment)) == moment
