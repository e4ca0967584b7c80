"""Asking over HTTP: every fault is a RetryLater or a StopAdapter, and tells no secret."""

import pytest
from aiohttp import web
from servers.http_fake import HttpFake

from channels.sdk.errors import RetryLater, StopAdapter
from channels.sdk.http_api import HttpApi

SECRET = "the-token"


class Provider(HttpFake):
    def routes(self, app):
        app.router.add_route("*", "/{path:.*}", self.answer)

    async def answer(self, request):
        match request.match_info["path"]:
            case "redirect":
                return web.Response(status=302, headers={"Location": "http://elsewhere.example"})
            case "busy":
                return web.Response(status=429, headers={"Retry-After": "99999999"})
            case "date":
                return web.Response(status=429, headers={"Retry-After": "Sun, 01 Feb 2026"})
            case "huge":
                return web.Response(body=b"x" * 3_000_000)
            case "surrogate":
                return web.Response(body=b'{"text": "\\ud83d"}')
            case _:
                return web.json_response({"ok": True})


@pytest.fixture
def provider():
    with Provider() as provider:
        yield provider


async def asked(provider, path, *, wait_s=0.0, **limits):
    async with HttpApi(provider.url, **limits) as api:
        return await api.get(f"{path}?token={SECRET}", wait_s=wait_s)


async def test_an_answer_comes_with_its_status(provider):
    answer = await asked(provider, "x")
    assert (answer.status, answer.json(), answer.retry_after_s) == (200, {"ok": True}, 0)


@pytest.mark.parametrize("fault", ["reset", "cut"])
async def test_a_broken_connection_passes_and_names_no_address_but_the_host(provider, fault):
    provider.faults.extend([fault] * 3)  # the client asks again by itself, once
    with pytest.raises(RetryLater) as told:
        await asked(provider, "x")
    assert SECRET not in str(told.value)
    assert provider.url.removeprefix("http://") in str(told.value)


async def test_a_provider_that_hangs_is_given_up(provider):
    provider.faults.append("hang")
    with pytest.raises(RetryLater, match="TimeoutError"):
        await asked(provider, "x", wait_s=0.1, grace_s=0.2)


async def test_nobody_there_passes():
    async with HttpApi("http://127.0.0.1:1") as api:
        with pytest.raises(RetryLater, match="away"):
            await api.get("x")


@pytest.mark.parametrize("url", ["nonsense", "ftp://files.example", "http://"])
async def test_what_is_no_address_stops(url):
    async with HttpApi(url) as api:
        with pytest.raises((StopAdapter, RetryLater)) as told:
            await api.get(f"x?token={SECRET}")
    assert SECRET not in str(told.value)


async def test_a_redirect_is_not_followed(provider):
    assert (await asked(provider, "redirect")).status == 302


@pytest.mark.parametrize(("path", "seconds"), [("busy", 3600), ("date", 0)])
async def test_the_pause_that_is_asked_for_is_read_up_to_an_hour(provider, path, seconds):
    assert (await asked(provider, path)).retry_after_s == seconds


async def test_an_answer_without_end_is_not_read_to_its_end(provider):
    with pytest.raises(RetryLater, match="more than"):
        await asked(provider, "huge", most_bytes=1_000_000)


async def test_half_of_a_surrogate_pair_spoils_no_answer(provider):
    assert (await asked(provider, "surrogate")).json() == {"text": "\ufffd"}
