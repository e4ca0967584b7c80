"""The bot's poller against a MAX that refuses, breaks and forgets."""

from base64 import b64decode

import msgspec
import pytest
from servers.max import TOKEN, MaxFake, message

from channels.messengers.max import MaxAdapter
from ingest.log.port import RecordType
from ingest.pollers.state import Phase


@pytest.fixture
def provider():
    with MaxFake() as provider:
        yield provider


@pytest.fixture
def make(provider, polls):
    def polled(**settings):
        table = {"name": "max", "bot_token": TOKEN, "api_url": provider.url, **settings}
        return polls(MaxAdapter(MaxAdapter.Settings.from_table(table)))

    return polled


def phase(role):
    return role.states["max"].phase


async def test_updates_come_in_order_and_are_forgotten_there_once_stored(make, provider):
    provider.put(*map(message, range(1, 11)))
    polled = make()
    await polled.run_until(lambda _: not provider.waiting)
    assert polled.told("text") == [f"question {n}" for n in range(1, 11)]


async def test_one_bad_update_harms_no_other(make, provider):
    provider.put(message(1), {"update_type": "message_created", "message": 7}, message(2))
    polled = make()
    await polled.run_until(lambda _: not provider.waiting)
    assert polled.told("text") == ["question 1", "question 2"]
    assert len(polled.records(RecordType.QUARANTINED)) == 1


@pytest.mark.parametrize("fault", ["html", "page", "broken", "reset", "cut"])
async def test_a_spoilt_answer_is_asked_for_again(make, provider, fault):
    provider.put(*map(message, range(1, 4)))
    provider.faults.extend([fault, fault])
    polled = make()
    await polled.run_until(lambda _: not provider.waiting)
    assert polled.told("text") == ["question 1", "question 2", "question 3"]


async def test_a_refused_token_stops_the_account_and_is_not_told(make):
    role = await make(bot_token="max-stolen").run_until(lambda role: phase(role) is Phase.STOPPED)
    assert "bot_token" in role.states["max"].reason
    assert "stolen" not in role.states["max"].reason


@pytest.mark.parametrize(("status", "told"), [(429, "a pause"), (405, "DELETE /subscriptions")])
async def test_a_refusal_is_told_with_the_remedy(make, provider, status, told):
    provider.status = status
    role = await make().run_until(lambda role: phase(role) is Phase.RETRYING)
    assert told in role.states["max"].reason


async def test_a_file_of_certificates_that_is_not_there_is_named(make):
    role = await make(ca_file="/nowhere.pem").run_until(lambda role: phase(role) is Phase.STOPPED)
    assert "/nowhere.pem" in role.states["max"].reason


@pytest.mark.parametrize("webhook", [{"secret": "x" * 8}, {"secret_path": "word"}])
def test_a_bot_with_a_subscription_is_not_polled(webhook):
    table = {"name": "max", "bot_token": TOKEN, **webhook}
    assert MaxAdapter(MaxAdapter.Settings.from_table(table)).fetched_from() == ""


async def test_an_answer_that_is_broken_each_time_is_kept_whole_and_left_behind(make, provider):
    polled = make()
    provider.put(message(1), {"poison": 1})
    await polled.run_until(lambda _: not provider.waiting)
    provider.put(message(2))
    await polled.run_until(lambda _: "question 2" in polled.told("text"))
    (kept,) = polled.records(RecordType.QUARANTINED)
    assert b"question 1" in b64decode(msgspec.json.decode(kept)["body"])
