"""Whatever clients do to a running server: a clear answer, and honest ones are served meanwhile."""

import asyncio
import base64
import json
import resource
import socket
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from support.deliveries import broken_update, call, forged_call, form, message
from support.leadlog_up import Leadlog
from support.raw_http import Raw, ask, head

from channels.registry import make_adapter
from ingest.gateway.app import Gateway
from ingest.gateway.body import Bodies
from leadlog import connections
from leadlog.web_server import new_server

MB = 1024 * 1024
GROWTH = 64 * MB
CROWD = 2100
"""More connections than the server keeps (its default: 2,000)."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Leadlog(tmp_path_factory.mktemp("hostile")) as server:
        server.start()
        assert ask(server.port, form("first", phone="89120000000").as_bytes).status == 202
        server.objects("audit", "--wait", "30")  # by then every part has the memory that it needs
        yield server


@pytest.fixture(autouse=True)
def honest_clients_are_served_afterwards(server, request):
    yield
    post = form(f"honest-{request.node.name}", phone="89120000001")
    assert ask(server.port, post.as_bytes).status == 202


# --- too much ---


def chunked(size):
    """A body of unknown length, in pieces of a megabyte."""
    for _ in range(size // MB):
        yield b"%x\r\n" % MB + bytes(MB) + b"\r\n"
    yield b"0\r\n\r\n"


MULTIPART = "content-type: multipart/form-data; boundary=b"
HUGE = {
    "with its length": ([f"content-length: {50 * MB}"], lambda: (bytes(MB) for _ in range(50))),
    "in chunks": (["transfer-encoding: chunked"], lambda: chunked(50 * MB)),
    "as files": ([MULTIPART, "transfer-encoding: chunked"], lambda: chunked(50 * MB)),
}


@pytest.mark.parametrize("how", HUGE)
def test_a_huge_body_is_refused_at_once_and_not_kept_in_memory(server, how):
    lines, pieces = HUGE[how]
    before = start_of_peak(server)
    with Raw(server.port) as raw:
        raw.send(head("/in/site", *lines))
        for piece in pieces():  # the whole of it, as most clients do, before the answer is read
            raw.send(piece)
        answer = raw.answer()
    assert answer.status == 413
    assert "bytes" in answer.problem["detail"]
    assert peak(server) - before < GROWTH


def test_a_client_that_asks_first_need_not_send_its_huge_body(server):
    lines = [f"content-length: {50 * MB}", "expect: 100-continue"]
    with Raw(server.port) as raw:
        raw.send(head("/in/site", *lines))
        assert raw.answer().status == 413
        assert raw.is_closed()


def test_a_form_without_files_may_be_smaller_than_one_with_files(server):
    large = b'{"phone": "89120000001", "comment": "' + b"x" * 100_000 + b'"}'
    lines = ["content-type: application/json", f"content-length: {len(large)}"]
    assert ask(server.port, head("/in/site", *lines) + large).status == 413


@pytest.mark.parametrize(
    "bomb",
    [
        b"POST /in/site HTTP/1.1\r\n" + b"x-bomb: %s\r\n" % (b"x" * 100) * 1000 + b"\r\n",
        b"POST /in/site HTTP/1.1\r\nx-bomb: " + b"x" * 20 * MB,
        b"POST /in/site HTTP/1.1\r\n" + b"x: y\r\n" * 3 * MB,
        b"POST /in/" + b"x" * 20 * MB,
    ],
    ids=["many headers", "a long header", "headers without end", "a long address"],
)
def test_a_head_has_a_largest_size(server, bomb):
    before = start_of_peak(server)
    with Raw(server.port) as raw:
        try:
            raw.send(bomb)
        except ConnectionError:
            pass  # it did not listen to the end
        else:
            assert raw.answer().problem["status"] == 431
            assert raw.is_closed()
    assert peak(server) - before < GROWTH


def test_a_head_that_is_too_large_is_told_so(server):
    assert ask(server.port, head("/in/site", "x: " + "y" * 70_000)).problem["status"] == 431


def start_of_peak(server):
    """The memory now; the kernel begins to note its peak anew."""
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")
    return peak(server)


def peak(server):
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


# --- too slowly, too many ---


@pytest.fixture
async def hasty(monkeypatch):
    """The same web server and gateway in this process, with less patience; gives its port."""
    monkeypatch.setattr(connections, "HEAD_WITHIN_S", 4.0)
    gateway = Gateway({"site": make_adapter({"type": "webform", "name": "site"})}, log=None)
    gateway._bodies = Bodies(patience_s=4.0)
    hasty = new_server(gateway, most=10, stopping=threading.Event())
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(hasty.serve(sockets=[listening]))
        yield listening.getsockname()[1]
        hasty.should_exit = True
        await serving


async def test_whoever_is_too_slow_is_told_so_and_let_go(hasty):
    await asyncio.to_thread(be_slow, hasty)


def be_slow(port):
    """A slow body, a slow head, a silent connection."""
    with ExitStack() as stack:
        body, start, nothing = (stack.enter_context(Raw(port, timeout=40)) for _ in range(3))
        body.send(head("/in/site", "content-type: application/json", "content-length: 50"))
        start.send(b"POST /in/site HTTP/1.1\r\nx-slow: ")
        for _ in range(4):  # never silent, never done
            time.sleep(0.2)
            body.send(b"x")
            start.send(b"x")
        assert start.answer().problem["status"] == 408
        assert nothing.is_closed()
        assert body.answer().problem["status"] == 408
        assert body.is_closed()


OPENINGS = {
    "silent": b"",
    "in the middle of a head": b"POST /in/site HTTP/1.1\r\nhost: ",
    "in the middle of a body": head("/in/site", "content-length: 50") + b"{",
}


@pytest.mark.parametrize("how", OPENINGS)
def test_a_crowd_of_idle_connections_does_not_shut_honest_clients_out(server, how):
    files_for(CROWD)
    with ExitStack() as stack:
        for _ in range(CROWD):
            stack.enter_context(Raw(server.port)).send(OPENINGS[how])
        slowest = 0.0
        for number in range(50):
            began = time.monotonic()
            answer = ask(server.port, form(f"{how}-{number}", phone="89120000002").as_bytes)
            slowest = max(slowest, time.monotonic() - began)
            assert answer.status == 202
        assert server.get("/readyz").json()["ready"]
    assert slowest < 15, "they waited for the crowd"


def files_for(connections):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < connections + 200:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(connections + 200, hard), hard))


# --- wrong ---


def test_a_wrong_method_is_told_which_are_right(server):
    answer = ask(server.port, head("/in/site", method="DELETE"))
    assert answer.problem["status"] == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert "POST" in answer.problem["detail"]


def test_a_wrong_content_type_is_told_which_are_right(server):
    xml = head("/in/site", "content-type: application/xml", "content-length: 4") + b"<a/>"
    answer = ask(server.port, xml)
    assert answer.problem["status"] == 415
    assert "application/json" in answer.problem["detail"]


def test_a_wrong_signature_is_refused(server):
    assert ask(server.port, forged_call("forged").as_bytes).problem["status"] == 403
    unsigned = head("/in/office", "content-length: 2") + b"{}"
    assert ask(server.port, unsigned).problem["status"] == 401
    wrong = head("/in/bot", "x-telegram-bot-api-secret-token: guess", "content-length: 2") + b"{}"
    assert ask(server.port, wrong).problem["status"] == 403


def test_broken_json_from_telegram_is_kept_with_its_bytes(server):
    post = broken_update("half of it")
    assert ask(server.port, post.as_bytes).status == 200
    kept = newest_in_quarantine(server)
    assert base64.b64decode(kept["body"]) == post.body
    assert kept["reason"] == "broken_json"
    assert (kept["account"], kept["method"], kept["path"]) == ("bot", "POST", "/in/bot")


def test_what_is_kept_has_no_secrets_in_it(server):
    assert ask(server.port, broken_update("chaos-secret in a text").as_bytes).status == 200
    kept = newest_in_quarantine(server)
    assert base64.b64decode(kept.pop("body")) == b'{"update_id": "*** in a text'
    assert "chaos-secret" not in json.dumps(kept)


def newest_in_quarantine(server):
    server.objects("audit", "--wait", "30")
    newest = max(server.objects("quarantine", "list"), key=lambda item: item["received_at"])
    return server.objects("quarantine", "show", newest["id"])[0]


def test_broken_json_on_the_own_form_is_told_so(server):
    broken = head("/in/site", "content-type: application/json", "content-length: 8") + b'{"phone"'
    told = ask(server.port, broken).problem
    assert told["status"] == 422
    assert told["errors"][0]["expected"]


def test_a_wrong_field_is_named(server):
    told = ask(server.port, form("wrong", phone="12").as_bytes).problem
    assert told["status"] == 422
    assert told["errors"][0]["field"] == "phone"


@pytest.mark.parametrize(
    "path",
    [
        *("/in/nobody", "/in/", "/in", "//in/site", "/in//site", "/in/../in/site", "/in/%00"),
        *("/in%2Fsite", "/%69n/site", "/in/%2573ite", "/in/site%2F..%2Foffice", "/in/SITE"),
        *("/in/" + "x" * 5000, "/in/%FF%FE", "/in/..%2f..%2fetc%2fpasswd"),
    ],
)
def test_an_address_of_no_account_is_not_found(server, path):
    post = form("lost", phone="89120000003")
    answer = ask(server.port, post.as_bytes.replace(b"/in/site", path.encode(), 1))
    assert answer.status == 404


@pytest.mark.parametrize("path", ["/in/si%74e", "/in/site/../office", "/in/site?x=1", "/in/site/"])
def test_an_address_is_decoded_once_and_never_resolved(server, path):
    post = form(f"odd {path}", phone="89120000004")
    answer = ask(server.port, post.as_bytes.replace(b"/in/site", path.encode(), 1))
    assert answer.status == 202


@pytest.mark.parametrize(
    "noise",
    [
        *(
            b"\x16\x03\x01\x02\x00\x01\x00",
            b"\r\n\r\n\0",
            b"GET\r\n\r\n",
            b"{}" * 100 + b"\r\n\r\n",
        ),
        b"POST /in/site HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST /in/site HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n",
        b"POST /in/site HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n",
        b"POST /in/site HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"POST /in/s\xc3\xa9te HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_http_is_told_so(server, noise):
    with Raw(server.port) as raw:
        raw.send(noise)
        assert raw.answer().problem["status"] == 400
        assert raw.is_closed()


# --- odd, but right ---


def test_pipelined_requests_are_answered_in_their_order(server):
    posts = [
        form("pipe-0", phone="89120000005"),
        forged_call("pipe-1"),
        form("pipe-2", phone="1"),
        *call("pipe-3", "79120000005", began=1_767_225_600),
        message(1, 2, 3, "text", at=1_767_225_600),
    ]
    with Raw(server.port) as raw:
        raw.send(b"".join(post.as_bytes for post in posts) * 20)
        found = [raw.answer().status for _ in range(len(posts) * 20)]
    assert found == [202, 403, 422, 200, 200, 200, 200, 200] * 20


def test_a_request_byte_by_byte_is_a_request(server):
    with Raw(server.port) as raw:
        for byte in form("bytes", phone="89120000006").as_bytes:
            raw.send(bytes([byte]))
        assert raw.answer().status == 202


def test_a_client_that_leaves_in_the_middle_leaves_nothing(server):
    post = form("gone", phone="89120000007", comment="x" * 20_000)
    for part in (200, 5_000, len(post.as_bytes) - 1):
        with Raw(server.port) as raw:
            raw.send(post.as_bytes[:part])
    server.objects("audit", "--wait", "30")
    assert server.run("card", "show", "phone:89120000007").returncode == 1


def test_repeats_change_nothing(server):
    posts = [
        form("again", phone="89120000008", email="again@example.org"),
        *call("again", "79120000008", began=1_767_225_600),
        message(11, 12, 13, "text", at=1_767_225_600),
        message(14, 12, 13, "other text", at=1_767_225_600, edited=1_767_225_700),
    ]

    def send_and_look():
        for post in posts:
            assert ask(server.port, post.as_bytes).status in {200, 202}
        (audit,) = server.objects("audit", "--wait", "30", "--full")
        return server.objects("card", "list"), audit["deliveries"]

    cards, first = send_and_look()
    again, then = send_and_look()
    assert again == cards
    assert then == {**first, "duplicate": first["duplicate"] + len(posts)}
