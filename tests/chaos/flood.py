"""Sends posts until each was accepted, whichever gateway it takes: a provider that never gives up.

What was sent is then exactly what must be stored.
"""

import asyncio
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from chaos.client import ANSWER_WITHIN_S, answer_to
from support.deliveries import Post

_PAUSE_S = 0.2


@dataclass
class Flood:
    """Runs in a thread of its own; `left` posts are still to be accepted."""

    ports: Sequence[int]
    posts: list[Post]
    connections: int = 32
    seed: int = 0
    attempts: int = 0
    fault: BaseException | None = None
    _thread: threading.Thread | None = field(default=None, repr=False)
    _open: int = 0

    @property
    def left(self) -> int:
        return len(self.posts) + self._open

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self, within_s: float) -> None:
        assert self._thread is not None
        self._thread.join(within_s)
        if self.fault is not None:
            raise self.fault
        assert not self._thread.is_alive(), f"{self.left} posts were not accepted in time"

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
        while self.posts:
            post = self.posts.pop()
            self._open += 1
            status = 0
            while not 200 <= status < 300:
                assert status in (0, 503), f"answered {status}: {post}"
                try:
                    if stream is None:
                        port = rng.choice(self.ports)
                        stream = await asyncio.open_connection("127.0.0.1", port)
                    self.attempts += 1
                    status = await asyncio.wait_for(answer_to(stream, post), ANSWER_WITHIN_S)
                except (OSError, EOFError, TimeoutError):
                    status = 0
                if status in (0, 503):
                    if stream is not None:
                        stream[1].close()
                    stream = None
                    await asyncio.sleep(rng.uniform(0, _PAUSE_S))
            self._open -= 1
