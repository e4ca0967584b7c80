"""Sends posts until each has its answer, by whichever gateway: a provider that never gives up.

What was sent is then exactly what must be stored.
"""

import asyncio
import random
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Self

from chaos.client import ANSWER_WITHIN_S, answer_to
from support.deliveries import Fate, Post

_PAUSE_S = 0.2
_MOVES_ON = 0.1
"""After so many of its posts a connection ends: else all stay with the gateway that never died."""
_ANSWERS: dict[Fate, frozenset[int]] = {"refused": frozenset({403, 422})}
_TAKEN = frozenset({200, 202})


@dataclass
class Flood:
    """Runs in a thread of its own. One connection sends its posts one after the other."""

    ports: Sequence[int]
    posts: Iterator[Post]
    connections: int = 32
    seed: int = 0
    pause_s: float = 0.0
    """Before each post of a connection, on average."""
    given: list[Post] = field(default_factory=list)
    """Every post that was begun: at the end each was answered as it must be."""
    attempts: int = 0
    fault: BaseException | None = None
    _thread: threading.Thread | None = field(default=None, repr=False)
    _stopped: bool = False

    def start(self) -> Self:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def stop(self, *, after: int = 0) -> None:
        """Begin no more posts once there are so many."""
        self.posts = islice(self.posts, max(0, after - len(self.given)))
        self._stopped = not after

    def wait(self, within_s: float) -> None:
        assert self._thread is not None
        self._thread.join(within_s)
        if self.fault is not None:
            raise self.fault
        assert not self._thread.is_alive(), "I9: posts were not accepted in time"

    def _run(self) -> None:
        try:
            asyncio.run(self._all())
        except BaseException as fault:  # noqa: BLE001 - raised by `wait`
            self.fault = fault

    async def _all(self) -> None:
        rng = random.Random(self.seed)
        await asyncio.gather(*(self._connection(rng) for _ in range(self.connections)))

    async def _connection(self, rng: random.Random) -> None:
        stream = None
        while not self._stopped and (post := next(self.posts, None)) is not None:
            self.given.append(post)
            if self.pause_s:
                await asyncio.sleep(rng.expovariate(1 / self.pause_s))
            wanted = _ANSWERS.get(post.fate, _TAKEN)
            status = 0
            while status not in wanted:
                assert status in (0, 503), f"answered {status}: {post}"
                try:
                    if stream is None:
                        port = rng.choice(self.ports)
                        stream = await asyncio.open_connection("127.0.0.1", port)
                    self.attempts += 1
                    status = await asyncio.wait_for(answer_to(stream, post), ANSWER_WITHIN_S)
                except (OSError, EOFError, TimeoutError):
                    status = 0
                if status in (0, 503) or rng.random() < _MOVES_ON:
                    if stream is not None:
                        stream[1].close()
                    stream = None
                if status in (0, 503):
                    await asyncio.sleep(rng.uniform(0, _PAUSE_S))
        if stream is not None:
            stream[1].close()
