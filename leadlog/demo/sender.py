"""Providers at work: each request is sent when its time has come, and again until it is taken."""

import threading
from collections.abc import Iterable
from datetime import UTC, datetime

import httpx
import structlog

from leadlog.demo.clock import StoryClock
from leadlog.demo.request import Expected, Request
from leadlog.demo.traffic import Sending

_TIMEOUT_S = 10.0
_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 5.0)
_NOT_TAKEN = frozenset({401, 403, 422})
_log = structlog.get_logger()


class NotTaken(Exception):
    """The server refused, again and again, what it should have taken."""


class Sender:
    """One thread's work. `sent` counts answers, `unexpected` those that it should not have got."""

    def __init__(
        self,
        url: str,
        traffic: Iterable[Sending],
        clock: StoryClock,
        *,
        sent_until: datetime | None = None,
        past_until: datetime | None = None,
    ) -> None:
        self.sent = 0
        self.unexpected = 0
        self.sent_until = sent_until
        """Every request that was due before this one has been taken, by an earlier run too."""
        self.past_until = past_until
        """When everything of the past had been sent; None until then."""
        self._url = url
        self._traffic = traffic
        self._clock = clock

    def run(self, stop: threading.Event) -> None:
        """Send, each in its time, until `stop`. What is late is sent at once, never left out."""
        with httpx.Client(base_url=self._url, timeout=_TIMEOUT_S, trust_env=False) as client:
            for sending in self._left():
                if self.past_until is None and sending.at > self._clock.began:
                    self.past_until = datetime.now(UTC)
                if _waited(sending, stop):
                    return
                self._send(client, sending.request, stop)
                if stop.is_set():
                    return
                self.sent_until = sending.at

    def _left(self) -> Iterable[Sending]:
        """Without what an earlier run has sent; its last request is sent again."""
        until = self.sent_until
        return (sending for sending in self._traffic if until is None or sending.at >= until)

    def _send(self, client: httpx.Client, request: Request, stop: threading.Event) -> None:
        for pause in _PAUSES_S:
            status = _status(client, request)
            if 0 < status < 500 and status != 429:
                self._note(request, status)
                return
            if stop.wait(pause):
                return
        raise NotTaken(f"{request.account}: the server does not take deliveries; see its log")

    def _note(self, request: Request, status: int) -> None:
        self.sent += 1
        refused = request.expected is Expected.REJECTED
        if (status in _NOT_TAKEN) != refused or not (status < 300 or refused):
            self.unexpected += 1
            _log.warning(
                "demo_unexpected_answer",
                account=request.account,
                status=status,
                expected=request.expected.value,
            )


def _waited(sending: Sending, stop: threading.Event) -> bool:
    """Wait for the time of sending; whether it is over meanwhile."""
    return stop.wait(max(0.0, (sending.at - datetime.now(UTC)).total_seconds()))


def _status(client: httpx.Client, request: Request) -> int:
    """The answer's status, 0 where there was none: a provider would send it again."""
    try:
        response = client.request(
            request.method, request.url, content=request.body, headers=dict(request.headers)
        )
    except httpx.TransportError:
        return 0
    return response.status_code
