"""How far the demo has come, kept beside its data: killed at any moment, it goes on from there."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from leadlog.demo.clock import Leg, StoryClock

_FILE = "story.json"


class Unreadable(Exception):
    """What is kept there is no story."""


class Progress(msgspec.Struct, kw_only=True):
    """One story. Times are ours."""

    seed: int
    began: datetime
    speed: float
    later: tuple[Leg, ...] = ()
    """How the clock went on after each stop."""
    stood: datetime
    """When this was noted last."""
    sent_until: datetime | None = None
    """Every request that was due before this one has been taken."""
    past_until: datetime | None = None
    """When everything of the past had been taken; None until then."""

    @property
    def clock(self) -> StoryClock:
        return StoryClock(self.began, self.speed, later=self.later)

    def go_on(self, speed: float) -> None:
        """The demo is started again, now."""
        now = datetime.now(UTC)
        clock = self.clock.going_on(stood=self.stood, now=now, speed=speed)
        self.later, self.stood = clock.legs[1:], now

    def save(self, data: Path) -> None:
        """Note it. A process that is killed meanwhile leaves what was noted before."""
        fresh = data / f"{_FILE}.new"
        fresh.write_bytes(msgspec.json.encode(self))
        fresh.replace(data / _FILE)


def begun(seed: int, speed: float) -> Progress:
    """A story that begins now."""
    now = datetime.now(UTC)
    return Progress(seed=seed, began=now, speed=speed, stood=now)


def kept(data: Path) -> Progress | None:
    """The story of this directory; None where there is none. Raises Unreadable."""
    try:
        return msgspec.json.decode((data / _FILE).read_bytes(), type=Progress)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise Unreadable(
            f"{data / _FILE} cannot be read ({error}); begin from nothing with --anew"
        ) from error
