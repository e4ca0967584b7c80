"""The clock of the story: up to the start it runs like ours, afterwards a day takes minutes.

While the demo is stopped the story stands still; then it goes on where it was.
"""

from dataclasses import dataclass
from datetime import datetime

COMPRESSION = 240
"""At speed 1 an hour of the story takes 15 seconds, a day six minutes."""


@dataclass(frozen=True, slots=True)
class Leg:
    """From this moment of ours and of the story on it runs so fast."""

    real: datetime
    story: datetime
    speed: float


class StoryClock:
    """What lies before `began` happened then; what follows is compressed."""

    def __init__(self, began: datetime, speed: float = 1.0, *, later: tuple[Leg, ...] = ()) -> None:
        self.began = began
        self.legs = (Leg(began, began, speed), *later)

    def going_on(self, *, stood: datetime, now: datetime, speed: float) -> "StoryClock":
        """The clock of a demo that was stopped at `stood` and is started again `now`."""
        leg = Leg(now, max(self.began, self.story(stood)), speed)
        return StoryClock(self.began, self.legs[0].speed, later=(*self.legs[1:], leg))

    def real(self, story: datetime) -> datetime:
        """When that moment of the story is (or was) by our clocks: what providers tell as time."""
        if story <= self.began:
            return story
        leg = [leg for leg in self.legs if leg.story < story][-1]
        return leg.real + (story - leg.story) / (COMPRESSION * leg.speed)

    def story(self, real: datetime) -> datetime:
        """The moment of the story that a real one is."""
        if real <= self.began:
            return real
        place = sum(leg.real <= real for leg in self.legs)
        leg = self.legs[place - 1]
        story = leg.story + (real - leg.real) * (COMPRESSION * leg.speed)
        return min(story, self.legs[place].story) if place < len(self.legs) else story
