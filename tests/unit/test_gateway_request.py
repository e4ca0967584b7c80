"""The gateway hands deliveries on as they came, and bounds them as their adapter says."""

import pytest

from channels.sdk.adapter import WebhookAdapter
from channels.sdk.delivery import Reply
from channels.sdk.outcome import Ignored, IgnoreReason
from channels.sdk.settings import AccountSettings
from ingest.gateway.app import Gateway


class Remembering(WebhookAdapter[AccountSettings]):
    """Remembers what it was given; of plain text it takes only ten bytes."""

    account_type = "remembering"
    channel = "remembering"

    def __init__(self):
        super().__init__(AccountSettings(name="shop"))
        self.seen = []

    def parse(self, delivery):
        self.seen.append(delivery)
        return (Ignored(IgnoreReason.TEST),)

    def body_limit(self, media_type):
        return 10 if media_type == "text/plain" else self.max_body

    def cors(self, delivery):
        return (("access-control-allow-origin", delivery.headers.get("origin", "")),)

    def reply(self, delivery, outcomes):
        return Reply(200, b"thanks")


class NoLog:
    async def append(self, records):
        pass

    async def close(self):
        pass


@pytest.fixture
def post():
    adapter = Remembering()
    gateway = Gateway({"shop": adapter}, NoLog(), clock=lambda: "2026-02-01T10:00:30.000Z")

    async def run(path=b"/in/shop", body=b"{}", content_type=b"Text/Plain; charset=utf-8"):
        sent = []
        scope = {
            "type": "http",
            "method": "POST",
            "scheme": "https",
            "path": "/in/shop",
            "raw_path": path,
            "query_string": b"a=%20b",
            "headers": [
                (b"host", b"leads.example"),
                (b"content-type", content_type),
                (b"origin", b"https://site.example"),
            ],
        }

        async def receive():
            return {"type": "http.request", "body": body}

        async def send(message):
            sent.append(message)

        await gateway(scope, receive, send)
        return sent[0]["status"], dict(sent[0]["headers"]), adapter.seen

    return run


async def test_the_address_is_the_one_that_was_called(post):
    _, _, seen = await post(b"/in/shop/a%2Fb/c")
    assert seen[0].url == "https://leads.example/in/shop/a%2Fb/c?a=%20b"
    assert seen[0].segments == ("a/b", "c")


async def test_the_time_of_receipt_is_the_clocks(post):
    _, _, seen = await post()
    assert seen[0].received_at == "2026-02-01T10:00:30.000Z"


async def test_a_body_may_be_as_long_as_its_media_type_may(post):
    assert (await post(body=b"x" * 10))[0] == 200
    assert (await post(body=b"x" * 11))[0] == 413
    assert (await post(body=b"x" * 11, content_type=b"application/json"))[0] == 200


async def test_a_browser_may_read_that_its_body_is_too_long(post):
    _, headers, _ = await post(body=b"x" * 11)
    assert headers[b"access-control-allow-origin"] == b"https://site.example"
