"""Whatever fails behind the gateway: no false success, and a sender who knows what to do."""

import json

import pytest

from channels.sdk.adapter import WebhookAdapter
from channels.sdk.delivery import Reply
from channels.sdk.outcome import Ignored, IgnoreReason
from channels.sdk.settings import AccountSettings
from ingest.gateway.app import Gateway
from ingest.log.port import LogUnavailable, RecordTooLarge


class Polite(WebhookAdapter[AccountSettings]):
    account_type = channel = "polite"

    def parse(self, delivery):
        return (Ignored(IgnoreReason.TEST),)

    def reply(self, delivery, outcomes):
        if delivery.body == b"odd":
            raise ValueError("a bug of the adapter's")
        return Reply(200, b"thanks")


class Log:
    """Takes nothing while it has a fault."""

    def __init__(self):
        self.fault = None

    async def append(self, records):
        if self.fault is not None:
            raise self.fault

    async def close(self):
        pass


class Sender:
    def __init__(self):
        self.log = Log()
        self.gateway = Gateway({"shop": Polite(AccountSettings(name="shop"))}, self.log)

    async def post(self, body=b"{}"):
        sent = []
        scope = {
            "type": "http",
            "method": "POST",
            "scheme": "http",
            "path": "/in/shop",
            "raw_path": b"/in/shop",
            "query_string": b"",
            "headers": [(b"host", b"x")],
        }

        async def receive():
            return {"type": "http.request", "body": body}

        async def send(message):
            sent.append(message)

        await self.gateway(scope, receive, send)
        start, end = sent
        return start["status"], dict(start["headers"]), end["body"]


@pytest.fixture
def sender():
    return Sender()


async def test_a_log_that_is_away_is_a_503_that_says_when_to_come_again(sender):
    sender.log.fault = LogUnavailable("kafka-1.internal:9092: it refuses the user 'leadlog'")
    status, headers, body = await sender.post()
    assert status == 503
    assert headers[b"retry-after"] == b"5"
    assert json.loads(body)["title"] == "the lead log does not take it now"
    assert b"internal" not in body
    assert "send the same again" in json.loads(body)["detail"]


async def test_the_gateway_remembers_that_the_log_was_away_until_it_is_back(sender):
    sender.log.fault = LogUnavailable("the disk is full")
    await sender.post()
    assert sender.gateway.log_fault[1] == "the disk is full"
    sender.log.fault = None
    assert (await sender.post())[0] == 200
    assert sender.gateway.log_fault is None


async def test_what_the_log_will_never_take_is_a_413(sender):
    sender.log.fault = RecordTooLarge("a record has more than 10 bytes")
    status, headers, _ = await sender.post()
    assert status == 413
    assert b"retry-after" not in headers


@pytest.mark.parametrize("fault", [ValueError("a bug of ours"), MemoryError()])
async def test_a_fault_of_ours_is_a_503(sender, fault):
    sender.log.fault = fault
    assert (await sender.post())[0] == 503


async def test_a_fault_after_the_append_is_a_503_and_the_repeat_a_duplicate(sender):
    assert (await sender.post(b"odd"))[0] == 503


async def test_large_bodies_are_read_beside_the_loop(sender):
    assert (await sender.post(bytes(300 * 1024)))[0] == 200
