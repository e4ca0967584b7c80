"""The clock of the story: up to the start it runs like ours, afterwards a day takes minutes."""

from dataclasses import dataclass
from datetime import datetime

COMPRESSION = 240
"""At speed 1 an hour of the story takes 15 seconds, a day six minutes."""


@dataclass(frozen=True, slots=True)
class StoryClock:
    """What lies before `began` happened then; what follows is compressed."""

    began: datetime
    speed: float = 1.0

    def real(self, story: datetime) -> datetime:
        """When that moment of the story is (or was) by our clocks: what providers tell as time."""
        if story <= self.began:
            return story
        return self.began + (story - self.began) / (COMPRESSION * self.speed)

    def story(self, real: datetime) -> datetime:
        """The moment of the story that a real one is."""
        if real <= self.began:
            return real
        return self.began + (real - self.began) * (COMPRESSION * self.speed)
