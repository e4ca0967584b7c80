"""How often a provider is called: a token bucket for each account and each conversation.

Times in milliseconds, given by the caller: nothing here looks at a clock.
"""

from dataclasses import dataclass

from channels.sdk.sending import Rates
from eventstore.domain.events import Id

_WHOLE = 1 - 1e-9
"""One, after many small sums."""


@dataclass(slots=True)
class Bucket:
    """Holds up to `burst` calls, and gets `per_s` new ones a second."""

    per_s: float
    burst: int
    left: float
    at: int
    """When `left` was right."""

    def waits(self, now: int) -> int:
        """Milliseconds until a call may be made; 0 for now."""
        self._fill(now)
        return 0 if self.left >= _WHOLE else max(1, round((1 - self.left) / self.per_s * 1000))

    def take(self) -> None:
        """A call is made."""
        self.left -= 1

    def is_full(self, now: int) -> bool:
        """It says no more than a new one would."""
        self._fill(now)
        return self.left >= self.burst

    def _fill(self, now: int) -> None:
        self.left = min(float(self.burst), self.left + max(0, now - self.at) / 1000 * self.per_s)
        self.at = max(self.at, now)


class Pace:
    """The buckets of one account, and its pause."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates
        self._account: Bucket | None = None
        self._chats: dict[Id, Bucket] = {}
        self._paused_until = 0

    def waits(self, leaf: Id, now: int) -> int:
        """Milliseconds until something may go to this conversation; 0 for now."""
        account, chat = self._buckets(leaf, now)
        return max(self._paused_until - now, account.waits(now), chat.waits(now), 0)

    def is_shut(self, now: int) -> bool:
        """Nothing may go to anybody now."""
        return now < self._paused_until or (
            self._account is not None and self._account.waits(now) > 0
        )

    def take(self, leaf: Id, now: int) -> None:
        """Something goes."""
        for bucket in self._buckets(leaf, now):
            bucket.take()

    def pause(self, until: int) -> None:
        """Nothing goes before."""
        self._paused_until = max(self._paused_until, until)

    def _buckets(self, leaf: Id, now: int) -> tuple[Bucket, Bucket]:
        rates = self._rates
        if self._account is None:
            burst = rates.account_burst
            self._account = Bucket(rates.account_per_s, burst, float(burst), now)
        if leaf not in self._chats:
            self._chats = {k: b for k, b in self._chats.items() if not b.is_full(now)}
            burst = rates.chat_burst
            self._chats[leaf] = Bucket(rates.chat_per_s, burst, float(burst), now)
        return self._account, self._chats[leaf]
