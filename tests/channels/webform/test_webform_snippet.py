"""What a browser is answered: the script for the page, and a page where there is no script."""

import gzip

import pytest
from msgspec.structs import replace

from channels.registry import make_adapter
from channels.sdk.delivery import Delivery
from channels.sdk.intake import Examined, Handshake, Invalid, examine

AT = "2026-02-01T10:00:00.000Z"
SCRIPT = Delivery(method="GET", url="https://leads.example/in/site/snippet.v1.js", received_at=AT)
NAVIGATION = {
    "content-type": "application/x-www-form-urlencoded",
    "sec-fetch-mode": "navigate",
    "accept-language": "ru-RU,ru;q=0.9",
}


@pytest.fixture
def adapter():
    return make_adapter({"type": "webform", "name": "site", "required": ["phone"]})


@pytest.fixture
def asked(adapter):
    """The reply to a GET or HEAD."""

    def ask(delivery):
        examined = examine(adapter, delivery)
        assert isinstance(examined, Handshake)
        return examined.reply

    return ask


def test_the_script_is_served_under_its_version_and_as_the_newest(asked):
    reply = asked(SCRIPT)
    assert (reply.status, reply.content_type) == (200, "text/javascript; charset=utf-8")
    assert reply.body.startswith(b"/* leadlog")
    assert asked(replace(SCRIPT, url="/in/site/snippet.js")).body == reply.body


def test_the_script_is_small(asked):
    packed = asked(replace(SCRIPT, headers={"accept-encoding": "gzip, br"}))
    assert ("Content-Encoding", "gzip") in packed.headers
    assert gzip.decompress(packed.body) == asked(SCRIPT).body
    assert len(packed.body) < 8 * 1024


def test_a_browser_that_has_the_script_is_not_sent_it_again(asked):
    tag = dict(asked(SCRIPT).headers)["ETag"]
    again = asked(replace(SCRIPT, headers={"if-none-match": tag}))
    assert (again.status, again.body) == (304, b"")


def test_the_script_holds_no_secret_and_asks_for_none():
    adapter = make_adapter(
        {"type": "webform", "name": "site", "api_key": "key-of-site", "secret_path": "path-1234"}
    )
    examined = examine(adapter, SCRIPT)
    assert isinstance(examined, Handshake)
    assert examined.reply.status == 200
    assert b"key-of-site" not in examined.reply.body


@pytest.mark.parametrize("url", ["/in/site", "/in/site/snippet.v2.js", "/in/site/../own.py"])
def test_nothing_else_can_be_got(asked, url):
    reply = asked(replace(SCRIPT, url=url))
    assert reply.status == 405
    assert ("Allow", "POST, OPTIONS") in reply.headers


def test_a_browser_that_posts_by_itself_is_thanked_in_its_language(adapter):
    delivery = Delivery(headers=NAVIGATION, body=b"phone=89210001122", received_at=AT)
    examined = examine(adapter, delivery)
    assert isinstance(examined, Examined)
    reply = adapter.reply(delivery, examined.outcomes)
    assert (reply.status, reply.content_type) == (202, "text/html; charset=utf-8")
    assert "Спасибо" in reply.body.decode()


def test_what_a_stranger_typed_is_no_markup_in_the_answer(adapter):
    body = b"phone=1&%3Cscript%3Ephone%3C/script%3E=1&phone%3Cimg+src=x%3E=2"
    examined = examine(adapter, Delivery(headers=NAVIGATION, body=body, received_at=AT))
    assert isinstance(examined, Invalid)
    assert examined.reply.status == 422
    page = examined.reply.body.decode()
    assert "<script" not in page
    assert "<img" not in page
    assert "default-src 'none'" in dict(examined.reply.headers)["Content-Security-Policy"]


def test_a_wrong_field_has_a_code_for_scripts(adapter):
    headers = {"content-type": "application/x-www-form-urlencoded"}
    examined = examine(adapter, Delivery(headers=headers, body=b"email=x", received_at=AT))
    assert isinstance(examined, Invalid)
    assert b'"code":"missing"' in examined.reply.body
    assert b'"code":"email"' in examined.reply.body
