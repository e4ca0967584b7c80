"""A made-up exchange: AMI on a real socket. Like the real one it repeats nothing."""

import asyncio
import hashlib
import threading
from typing import Self

USER, SECRET = "leadlog", "secret-of-manager-conf"


class AmiFake:
    """One client after the other; what is told while nobody listens is lost."""

    def __init__(self) -> None:
        self.silent = False
        """It answers no ping."""
        self.greeting = b"Asterisk Call Manager/8.0.2\r\n"
        self.actions: list[dict[str, str]] = []
        self._writers: set[asyncio.StreamWriter] = set()
        self.logins = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    def tell(self, text: bytes) -> None:
        """Bytes to whoever is logged in; they need not be whole records."""
        self._loop.call_soon_threadsafe(lambda: [w.write(text) for w in self._writers])

    def hang_up(self) -> None:
        self._loop.call_soon_threadsafe(lambda: [w.transport.abort() for w in self._writers])

    def _run(self, step):
        return asyncio.run_coroutine_threadsafe(step, self._loop).result(30)

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.greeting)
        try:
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                action = dict(line.split(": ", 1) for line in lines if line)
                self.actions.append(action)
                writer.write(self._answer(action, writer))
        except (EOFError, OSError):
            self._writers.discard(writer)
            writer.close()

    def _answer(self, action: dict[str, str], writer: asyncio.StreamWriter) -> bytes:
        match action["Action"]:
            case "Challenge":
                return b"Response: Success\r\nChallenge: 4711\r\n\r\n"
            case "Login":
                key = hashlib.md5(f"4711{SECRET}".encode(), usedforsecurity=False).hexdigest()
                if (action["Username"], action["Key"]) != (USER, key):
                    return b"Response: Error\r\nMessage: Authentication failed\r\n\r\n"
                self._writers.add(writer)
                self.logins += 1
                return b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n"
            case "Ping" if not self.silent:
                return b"Response: Success\r\nPing: Pong\r\n\r\n"
            case _:
                return b""


def call(number: int) -> bytes:
    """A call from outside that nobody answers, as the events of AMI."""
    common = (
        f"Channel: PJSIP/trunk-{number:08x}\r\nCallerIDNum: 7921{number:07}\r\n"
        f"ConnectedLineNum: <unknown>\r\nContext: from-trunk\r\nExten: 78120000000\r\n"
        f"Uniqueid: 1735690700.{number}\r\nLinkedid: 1735690700.{number}\r\n"
    )
    return (
        f"Event: Newchannel\r\nChannelState: 4\r\nChannelStateDesc: Ring\r\n{common}\r\n"
        f"Event: Newexten\r\n{common}\r\n"
        f"Event: Hangup\r\nChannelStateDesc: Ring\r\n{common}Cause: 16\r\n\r\n"
    ).encode()
