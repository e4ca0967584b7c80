"""Providers send what is due, and again until it is taken."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from leadlog.demo.clock import StoryClock
from leadlog.demo.request import Expected, Request
from leadlog.demo.sender import NotTaken, Sender
from leadlog.demo.traffic import Sending

PAST = datetime.now(UTC) - timedelta(days=1)


@contextmanager
def intake(*answers: int) -> Iterator[tuple[str, list[bytes]]]:
    """A server that gives these answers, the last one for ever, and what it received."""
    received: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            received.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(answers[min(len(received), len(answers)) - 1])
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Nothing: the test says what it wants to know."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", received
    finally:
        server.shutdown()
        server.server_close()


def sent(url: str, *sendings: Sending) -> Sender:
    sender = Sender(url, sendings, StoryClock(datetime.now(UTC)))
    sender.run(threading.Event())
    return sender


def one(body: bytes = b"x", expected: Expected = Expected.ACCEPTED) -> Sending:
    return Sending(PAST, Request(account="site", body=body, expected=expected))


def test_what_was_not_taken_is_sent_again_as_it_was() -> None:
    with intake(503, 503, 202) as (url, received):
        sender = sent(url, one(b"a"), one(b"b"))
    assert received == [b"a", b"a", b"a", b"b"]
    assert (sender.sent, sender.unexpected) == (2, 0)


def test_a_server_that_never_takes_anything_ends_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadlog.demo.sender._PAUSES_S", (0.0, 0.0))
    with intake(503) as (url, _), pytest.raises(NotTaken, match="site"):
        sent(url, one())


@pytest.mark.parametrize(
    ("status", "expected", "unexpected"),
    [
        (200, Expected.ACCEPTED, 0),
        (403, Expected.REJECTED, 0),
        (422, Expected.REJECTED, 0),
        (200, Expected.REJECTED, 1),
        (403, Expected.ACCEPTED, 1),
        (404, Expected.IGNORED, 1),
    ],
)
def test_an_unexpected_answer_is_counted(status: int, expected: Expected, unexpected: int) -> None:
    with intake(status) as (url, _):
        sender = sent(url, one(expected=expected))
    assert (sender.sent, sender.unexpected) == (1, unexpected)


def test_what_an_earlier_run_sent_is_left_out_but_for_the_last() -> None:
    sendings = [
        Sending(PAST + timedelta(minutes=n), Request(account="site", body=b"%d" % n))
        for n in range(4)
    ]
    with intake(202) as (url, received):
        sender = Sender(url, sendings, StoryClock(datetime.now(UTC)), sent_until=sendings[2].at)
        sender.run(threading.Event())
    assert received == [b"2", b"3"]
    assert sender.sent_until == sendings[3].at


def test_nothing_is_sent_before_its_time() -> None:
    later = Sending(datetime.now(UTC) + timedelta(hours=1), Request(account="site"))
    over = threading.Event()
    with intake(200) as (url, received):
        sender = Sender(url, [one(), later], StoryClock(datetime.now(UTC)))
        work = threading.Thread(target=sender.run, args=(over,))
        work.start()
        while not sender.past_until:
            assert work.is_alive()
        over.set()
        work.join(60)
    assert not work.is_alive()
    assert received == [b"x"]
