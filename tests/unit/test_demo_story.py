"""The same seed tells the same story, in order, at any speed."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest

from leadlog.demo.clock import COMPRESSION, StoryClock
from leadlog.demo.progress import Unreadable, begun, kept
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


def stopped(clock: StoryClock, minutes: int, *, away: int, speed: float = 1.0) -> StoryClock:
    """The clock of a demo that ran so many minutes, and was away so many."""
    stood = clock.legs[-1].real + timedelta(minutes=minutes)
    return clock.going_on(stood=stood, now=stood + timedelta(minutes=away), speed=speed)


def test_while_the_demo_is_stopped_its_story_stands_still() -> None:
    clock = stopped(StoryClock(NOON), 10, away=90, speed=2)
    at = [clock.story(NOON + timedelta(minutes=minutes)) - NOON for minutes in (10, 60, 100, 101)]
    ran = timedelta(minutes=10) * COMPRESSION
    assert at == [ran, ran, ran, ran + timedelta(minutes=1) * COMPRESSION * 2]


def test_what_had_its_time_before_a_stop_keeps_it() -> None:
    before = StoryClock(NOON)
    after = stopped(stopped(before, 10, away=90), 5, away=1, speed=50)
    moment = NOON + timedelta(minutes=9) * COMPRESSION
    assert after.real(moment) == before.real(moment)
    for minutes in (1, 9, 12, 40):
        story = NOON + timedelta(minutes=minutes) * COMPRESSION
        assert after.story(after.real(story)) == story


def test_a_demo_stopped_in_its_past_has_no_story_left_out() -> None:
    clock = StoryClock(NOON).going_on(
        stood=NOON + timedelta(seconds=2), now=NOON + timedelta(hours=9), speed=1
    )
    before = [sending for sending in story(3) if sending.at <= NOON]
    again = list(islice(traffic(3, clock), len(before)))
    assert again == before


def test_a_story_goes_on_from_what_was_noted(tmp_path: Path) -> None:
    first = begun(7, 2.0)
    first.sent_until = NOON
    first.save(tmp_path)
    found = kept(tmp_path)
    assert found is not None
    found.go_on(5.0)
    assert (found.seed, found.sent_until, found.clock.legs[-1].speed) == (7, NOON, 5.0)
    assert found.clock.began == first.began


def test_what_is_no_story_is_told(tmp_path: Path) -> None:
    (tmp_path / "story.json").write_text("{}")
    with pytest.raises(Unreadable, match="--anew"):
        kept(tmp_path)
