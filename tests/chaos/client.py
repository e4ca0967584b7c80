"""A client that goes on whatever happens to the server, and keeps a history of it.

    python -m chaos.client PORT HISTORY SEED CONNECTIONS

Each connection sends fresh posts, one in five times an earlier one again (also one that is on its
way), and tries most of what failed or stayed open once more, as providers do. SIGTERM ends it.
"""

import asyncio
import random
import signal
import sys
import time
from collections import deque
from pathlib import Path

from chaos.history import History
from support.deliveries import Crowd, Post

REPEATS = 0.2
TRIES_AGAIN = 0.7
PAUSE_S = 0.02
"""Between two posts of a connection, on average."""
ANSWER_WITHIN_S = 15.0


class Client:
    def __init__(self, port: int, history: History, seed: int) -> None:
        self._port = port
        self._history = history
        self._rng = random.Random(seed)
        self._fresh = Crowd(seed, began=int(time.time()) - 3600).posts()
        self._earlier: deque[Post] = deque(maxlen=400)
        self._again: deque[Post] = deque()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        self._stopping.set()

    async def connection(self) -> None:
        """One after the other over one connection, a new one whenever it breaks."""
        stream = None
        while not self._stopping.is_set():
            await asyncio.sleep(self._rng.expovariate(1 / PAUSE_S))
            if stream is None:
                stream = await self._connected()
                continue
            post = self._next()
            number = self._history.sends(post)
            try:
                status = await asyncio.wait_for(answer_to(stream, post), ANSWER_WITHIN_S)
            except (OSError, EOFError, TimeoutError):
                status = 0
            self._note(post, number, status)
            if status in (0, 503):
                stream[1].close()
                stream = None

    async def _connected(self):
        try:
            return await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return None

    def _next(self) -> Post:
        if self._again:
            return self._again.popleft()
        if self._earlier and self._rng.random() < REPEATS:
            return self._rng.choice(self._earlier)
        post = next(self._fresh)
        self._earlier.append(post)
        return post

    def _note(self, post: Post, number: int, status: int) -> None:
        if 200 <= status < 300:
            end = "ok"
        elif 400 <= status < 500:
            end = "fail"
        else:
            end = "unknown"
            if self._rng.random() < TRIES_AGAIN:
                self._again.append(post)
        self._history.ended(number, end, status)


async def answer_to(stream, post: Post) -> int:
    """The status; OSError or EOFError where there was no whole answer."""
    reader, writer = stream
    writer.write(post.as_bytes)
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
    await reader.readexactly(length)
    return int(head.split(b" ")[1])


async def main() -> None:
    port, path, seed, connections = sys.argv[1:]
    client = Client(int(port), History(Path(path)), int(seed))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, client.stop)
    await asyncio.gather(*(client.connection() for _ in range(int(connections))))


if __name__ == "__main__":
    asyncio.run(main())
