"""The bot's poller against a Bot API that misbehaves in each way that the real one is known for."""

from base64 import b64decode

import msgspec
import pytest
from servers.telegram import TOKEN, TelegramFake, message

from channels.telegram.adapter import TelegramAdapter
from ingest.log.port import RecordType
from ingest.pollers.state import Phase


@pytest.fixture
def telegram():
    with TelegramFake() as telegram:
        yield telegram


@pytest.fixture
def make(telegram, polls):
    def polled(token=TOKEN):
        table = {"type": "telegram", "name": "bot", "token": token, "api_url": telegram.url}
        settings = TelegramAdapter.Settings.from_table(table)
        return polls(TelegramAdapter(settings))

    return polled


async def test_updates_are_confirmed_only_when_they_are_stored(make, telegram):
    telegram.put(*map(message, range(1, 21)))
    polled = make()
    stored = []
    await polled.run_until(lambda _: stored.append(polled.leads) or not telegram.waiting)
    assert telegram.confirmed == list(range(1, 21))
    assert polled.told("text") == [f"question {n}" for n in range(1, 21)]


async def test_only_what_can_be_a_lead_is_asked_for(make, telegram):
    telegram.put(message(1))
    await make().run_until(lambda _: not telegram.waiting)
    wanted = msgspec.json.decode(telegram.asked[0][1]["allowed_updates"])
    assert {"message", "callback_query", "business_message"} <= set(wanted)
    assert "chat_member" not in wanted


@pytest.mark.parametrize("fault", ["html", "page", "broken", "reset", "cut"])
async def test_a_spoilt_answer_is_asked_for_again(make, telegram, fault):
    telegram.put(*map(message, range(1, 4)))
    telegram.faults.extend([fault, fault])
    polled = make()
    await polled.run_until(lambda _: not telegram.waiting)
    assert sorted(set(polled.told("text"))) == ["question 1", "question 2", "question 3"]


async def test_a_webhook_that_is_still_set_is_named_with_the_remedy(make, telegram):
    telegram.webhook = True
    telegram.put(message(1))
    polled = make()
    role = await polled.run_until(lambda role: role.states["bot"].phase is Phase.RETRYING)
    assert "deleteWebhook" in role.states["bot"].reason
    telegram.webhook = False
    await polled.run_until(lambda _: not telegram.waiting)
    assert polled.leads == 1


async def test_another_poller_of_the_same_bot_is_named(make, telegram):
    telegram.rivals = 10_000
    role = await make().run_until(lambda role: role.states["bot"].phase is Phase.RETRYING)
    assert "another program polls this bot" in role.states["bot"].reason


async def test_a_revoked_token_stops_the_account_and_is_not_told(make, telegram):
    telegram.revoked = True
    role = await make().run_until(lambda role: role.states["bot"].phase is Phase.STOPPED)
    assert "@BotFather" in role.states["bot"].reason
    assert TOKEN not in role.states["bot"].reason


async def test_the_pause_that_telegram_asks_for_is_kept(make, telegram):
    telegram.busy = [2]
    telegram.put(message(1))
    polled = make()
    role = await polled.run_until(lambda role: role.states["bot"].phase is Phase.RETRYING)
    assert "asks for a pause" in role.states["bot"].told
    await polled.run_until(lambda _: not telegram.waiting)


async def test_ids_that_begin_anew_after_a_quiet_week_lose_nothing(make, telegram):
    telegram.put(message(900_000_001))
    polled = make()
    await polled.run_until(lambda _: not telegram.waiting)
    telegram.asked.clear()
    make_old(polled)
    telegram.put(message(17))
    await polled.run_until(lambda _: not telegram.waiting)
    assert "offset" not in telegram.asked[0][1]
    assert polled.told("text")[-1] == "question 17"


async def test_an_offset_of_another_bot_is_not_sent(make, telegram):
    telegram.put(message(5))
    await make().run_until(lambda _: not telegram.waiting)
    telegram.asked.clear()
    await make(token="700000002:AA-another").run_until(
        lambda role: role.states["bot"].phase is Phase.STOPPED
    )
    assert "offset" not in telegram.asked[0][1]


async def test_updates_of_unknown_kinds_and_without_sense_stop_nothing(make, telegram):
    telegram.put(
        {"update_id": 1, "hologram": {"from": 1}},
        {"update_id": 2, "message": []},
        {"update_id": 3, "message": {"chat": 7, "from": "x", "date": "never"}},
        message(4),
    )
    polled = make()
    await polled.run_until(lambda _: not telegram.waiting)
    assert polled.told("text")[-1] == "question 4"
    assert len(polled.records(RecordType.QUARANTINED)) >= 1


async def test_an_update_that_spoils_each_answer_is_put_aside_alone(make, telegram):
    telegram.put(message(1), {"update_id": 2, "poison": 1}, message(3))
    polled = make()
    await polled.run_until(lambda _: not telegram.waiting)
    assert polled.told("text") == ["question 1", "question 3"]
    (kept,) = polled.records(RecordType.QUARANTINED)
    assert b"oops" in b64decode(msgspec.json.decode(kept)["body"])


def make_old(polled):
    """As if the last update had come eight days ago."""
    import sqlite3

    with sqlite3.connect(polled.folder / "pollers.db") as db:
        (cursor,) = db.execute("SELECT cursor FROM poll_cursor").fetchone()
        table = msgspec.json.decode(cursor)
        table["at"] -= 8 * 86400
        db.execute("UPDATE poll_cursor SET cursor = ?", (msgspec.json.encode(table).decode(),))
