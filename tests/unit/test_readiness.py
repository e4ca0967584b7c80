"""/readyz: deliveries are taken or not, and how far behind each role is."""

import pytest
from structlog.testing import capture_logs

from leadlog.insiders import Insiders
from leadlog.lag import Progress
from leadlog.readiness import Readiness, for_strangers


class World:
    def __init__(self):
        self.now = 1000.0
        self.roles = {"processor": "ok", "projector": "ok"}
        self.fault = None
        self.progress = {"processor": Progress(5, 5), "projector": Progress(9, 9)}
        self.readiness = Readiness(
            roles=lambda: self.roles,
            log_fault=lambda: self.fault,
            progress=self.told,
            clock=lambda: self.now,
        )

    def told(self):
        if isinstance(self.progress, Exception):
            raise self.progress
        return self.progress

    def look(self):
        return self.readiness.look()


@pytest.fixture
def world():
    return World()


def test_all_is_well(world):
    assert world.look() == {
        "ready": True,
        "reasons": {"log": "ok", "processor": "ok", "projector": "ok"},
        "lag": {"processor": 0, "projector": 0},
    }


def test_a_log_that_took_nothing_is_the_reason_until_it_may_be_tried_again(world):
    world.fault = (world.now - 2, "database or disk is full")
    found = world.look()
    assert not found["ready"]
    assert "database or disk is full (2 s ago)" in found["reasons"]["log"]
    world.now += 10
    assert world.look()["ready"]


def test_a_role_that_failed_is_the_reason(world):
    world.roles["processor"] = "failed: ValueError: why"
    found = world.look()
    assert not found["ready"]
    assert found["reasons"]["processor"] == "failed: ValueError: why"


def test_a_role_that_is_behind_is_told_and_takes_no_readiness(world):
    world.progress["projector"] = Progress(9, 30)
    assert world.look()["lag"] == {"processor": 0, "projector": 21}
    world.now += 61
    found = world.look()
    assert found["ready"]
    assert found["reasons"]["projector"].startswith("21 behind, and none done for 61 s")


def test_a_role_that_is_behind_and_moves_is_well(world):
    for done in range(10):
        world.progress["processor"] = Progress(done, 1000)
        world.now += 30
        assert world.look()["reasons"]["processor"] == "ok"


def test_stores_that_cannot_be_read_are_the_reason(world):
    world.progress = OSError("disk I/O error")
    found = world.look()
    assert not found["ready"]
    assert "disk I/O error" in found["reasons"]["stores"]


async def test_it_is_asked_from_the_event_loop(world):
    assert (await world.readiness())["ready"]


def test_strangers_learn_what_is_not_ready_and_not_why(world):
    world.fault = (world.now - 2, "kafka-1.inside:9092: nobody listens there")
    told = for_strangers(world.look())
    assert "kafka-1" not in str(told)
    assert (told["ready"], told["reasons"]["processor"]) == (False, "ok")
    assert told["reasons"]["log"].startswith("not ok")


def test_the_log_tells_why_once_for_each_change(world):
    with capture_logs() as said:
        world.look()
        world.fault = (world.now - 2, "disk full")
        world.look()
        world.look()
        world.fault = None
        world.look()
    assert [line["log_level"] for line in said] == ["warning", "info"]
    assert "disk full" in said[0]["not_ok"]["log"]


def request(host, peer, **headers):
    pairs = {"host": host, **headers}.items()
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in pairs]
    return {"headers": named, "client": (peer, 40000) if peer else None}


BY_TOKEN = {"authorization": "Bearer a-long-desk-token"}


@pytest.mark.parametrize(
    ("token", "asked", "insider"),
    [
        ("", request("127.0.0.1:8080", "127.0.0.1"), True),
        ("", request("localhost", "::1"), True),
        ("", request("leads.example", "127.0.0.1"), False),
        ("", request("127.0.0.1", "127.0.0.1", x_forwarded_for="203.0.113.9"), False),
        ("", request("127.0.0.1", "203.0.113.9"), False),
        ("", request("127.0.0.1", "203.0.113.9", authorization="Bearer "), False),
        ("", request("127.0.0.1", None), False),
        ("a-long-desk-token", request("127.0.0.1", "127.0.0.1"), False),
        ("a-long-desk-token", request("leads.example", "203.0.113.9", **BY_TOKEN), True),
        ("another-desk-token", request("leads.example", "203.0.113.9", **BY_TOKEN), False),
    ],
)
def test_who_is_told_why(token, asked, insider):
    assert Insiders((token,))(asked) is insider


@pytest.mark.parametrize(
    ("tokens", "asked", "insider"),
    [
        (("a-long-desk-token", "for-metrics-alone"), BY_TOKEN, True),
        (("another-desk-token", "a-long-desk-token"), BY_TOKEN, True),
        (("", "a-long-desk-token"), BY_TOKEN, True),
        (("another-desk-token", "for-metrics-alone"), BY_TOKEN, False),
        (("", "for-metrics-alone"), {}, False),
        (("another-desk-token", ""), {"authorization": "Bearer "}, False),
        (("", ""), {}, True),
    ],
)
def test_any_of_the_tokens_will_do_and_none_of_them_is_empty(tokens, asked, insider):
    assert Insiders(tokens)(request("127.0.0.1", "127.0.0.1", **asked)) is insider
