"""Forms one after the other, each sent once and its answer noted: visitors, who do not repeat."""

import threading
import time
from dataclasses import dataclass, field
from typing import NamedTuple

from support.deliveries import Post, form
from support.raw_http import Answer, ask


class Sent(NamedTuple):
    """One form, and what its sender got."""

    post: Post
    phone: str
    at: float
    took_s: float
    answer: Answer


@dataclass
class Steady:
    """One sender with a few phones of its own; the next form waits for the answer to this one."""

    port: int
    code: str
    """The first of the ten digits of its phones; tells its forms from those of others."""
    every_s: float
    phones: int = 3
    sent: list[Sent] = field(default_factory=list)
    fault: BaseException | None = None
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        assert self._thread is not None
        self._thread.join(30)
        if self.fault is not None:
            raise self.fault

    def since(self, moment: float, until: float) -> list[Sent]:
        return [sent for sent in self.sent if moment <= sent.at < until]

    def _run(self) -> None:
        try:
            while not self._stop.wait(self.every_s):
                self._send()
        except BaseException as fault:  # noqa: BLE001 - raised by `stop`
            self.fault = fault

    def _send(self) -> None:
        number = len(self.sent)
        phone = "7" + self.code + str(number % self.phones).zfill(10 - len(self.code))
        post = form(f"{self.code}-{number}", phone=phone, comment=f"№ {number}")
        began = time.monotonic()
        answer = ask(self.port, post.as_bytes, timeout=30)
        self.sent.append(Sent(post, f"+{phone}", began, time.monotonic() - began, answer))
