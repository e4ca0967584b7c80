"""The community's poller against a VK that fails in each way that the real one documents."""

import sqlite3
from base64 import b64decode
from contextlib import closing

import msgspec
import pytest
from servers.vk import GROUP, TOKEN, VkFake, form, message

from channels.vk.adapter import VkAdapter
from ingest.log.port import RecordType
from ingest.pollers.state import Phase


@pytest.fixture
def vk():
    with VkFake() as vk:
        yield vk


@pytest.fixture
def make(vk, polls):
    def polled(token=TOKEN, group_id=GROUP):
        table = {"type": "vk", "name": "shop", "token": token, "group_id": group_id}
        settings = VkAdapter.Settings.from_table({**table, "api_url": vk.url})
        return polls(VkAdapter(settings))

    return polled


def polling(role):
    return role.states["shop"].phase is Phase.POLLING


async def started(make):
    """An account whose first `ts` is stored: what is older than that is no news."""
    polled = make()
    await polled.run_until(polling)
    return polled


async def test_events_come_in_order_and_from_the_stored_ts_on(make, vk):
    polled = await started(make)
    vk.put(*map(message, range(1, 11)))  # nobody polls now
    await polled.run_until(lambda _: len(set(polled.told("text"))) == 10)
    vk.put(*map(message, range(11, 21)))
    await polled.run_until(lambda _: len(set(polled.told("text"))) == 20)
    in_order = list(dict.fromkeys(polled.told("text")))  # what was cut off came twice
    assert in_order == [f"question {n}" for n in range(1, 21)]


async def test_one_bad_event_harms_no_other(make, vk):
    polled = await started(make)
    vk.put(message(1), {"type": "message_new", "object": 7}, {"type": "moon_phase"}, message(2))
    await polled.run_until(lambda _: polled.leads == 2)
    assert len(polled.records(RecordType.QUARANTINED)) == 1


async def test_a_key_that_expired_is_renewed_and_ts_kept(make, vk):
    polled = await started(make)
    vk.put(message(1))
    vk.expire_key()
    await polled.run_until(lambda _: polled.leads == 1)
    assert polled.told("text") == ["question 1"]


async def test_what_the_history_lost_is_fetched_from_the_conversations(make, vk):
    """`failed` 1."""
    polled = await started(make)
    vk.put(*(message(n, user=20_000_000 + n % 5) for n in range(1, 31)))
    vk.kept = 3
    await polled.run_until(lambda _: len(set(polled.told("text"))) == 30)
    assert set(polled.touches().values()) == {1}


async def test_when_all_numbers_are_lost_the_messages_are_fetched(make, vk):
    """`failed` 3."""
    polled = await started(make)
    vk.put(*(message(n, user=20_000_000 + n % 5) for n in range(1, 32)))
    vk.forget_everything()
    await polled.run_until(lambda _: len(set(polled.told("text"))) == 31)
    vk.put(message(32))
    await polled.run_until(lambda _: "question 32" in polled.told("text"))
    touches = polled.touches()
    assert len(touches) == 32
    assert set(touches.values()) == {1}


async def test_our_own_messages_are_fetched_as_ours(make, vk):
    polled = await started(make)
    reply = {**message(1, out=1)["object"]["message"], "from_id": -GROUP}
    vk.put(message(2, user=reply["peer_id"]), {"type": "message_reply", "object": reply})
    vk.forget_everything()
    await polled.run_until(lambda _: polled.leads == 2)
    leads = [msgspec.json.decode(v) for v in polled.records(RecordType.LEAD)]
    assert {lead["text"]: lead["direction"] for lead in leads} == {
        "question 1": "out",
        "question 2": "in",
    }


async def test_messages_from_before_the_account_was_polled_are_no_news(make, vk):
    vk.put(message(1, date=1_700_000_000))
    polled = await started(make)
    vk.forget_everything()
    vk.put(message(2))
    await polled.run_until(lambda _: "question 2" in polled.told("text"))
    assert polled.told("text") == ["question 2"]


@pytest.mark.parametrize("fault", ["html", "page", "broken", "reset", "cut"])
async def test_a_spoilt_answer_is_asked_for_again(make, vk, fault):
    polled = await started(make)
    vk.put(*map(message, range(1, 4)))
    vk.faults.extend([fault, "", fault])
    await polled.run_until(lambda _: len(set(polled.told("text"))) == 3)
    assert polled.told("text") == ["question 1", "question 2", "question 3"]


async def test_a_refused_token_stops_the_account_and_is_not_told(make):
    role = await make(token="vk1.a.stolen").run_until(
        lambda role: role.states["shop"].phase is Phase.STOPPED
    )
    assert "Access tokens" in role.states["shop"].reason
    assert "stolen" not in role.states["shop"].reason


async def test_another_community_is_named(make):
    role = await make(group_id=5).run_until(lambda role: role.states["shop"].phase is Phase.STOPPED)
    assert "group_id" in role.states["shop"].reason


async def test_the_rate_limit_on_servers_is_a_long_pause(make, vk):
    vk.refusals["groups.getLongPollServer"] = 29
    role = await make().run_until(lambda role: role.states["shop"].phase is Phase.RETRYING)
    assert "long pause" in role.states["shop"].reason


async def test_without_the_right_to_messages_polling_goes_on(make, vk):
    polled = await started(make)
    vk.refusals["messages.getConversations"] = 15
    vk.put(message(1))
    vk.forget_everything()
    await polled.run_until(polling)
    vk.put(message(2))
    await polled.run_until(lambda _: polled.leads == 1)
    assert polled.told("text") == ["question 2"]


async def test_forms_of_the_time_that_was_lost_are_fetched(make, vk):
    polled = await started(make)
    vk.forms = [form(1, date=1_700_000_000), form(2), form(3), form(4)]
    vk.forget_everything()
    await polled.run_until(lambda _: polled.leads == 3)
    leads = [msgspec.json.decode(v) for v in polled.records(RecordType.LEAD)]
    assert [lead["identities"][1]["value"] for lead in leads] == [
        f"+7921{number:07}" for number in (2, 3, 4)
    ]
    assert leads[0]["fields"]["Size"] == "L, XL"


async def test_a_form_that_came_live_and_is_fetched_again_is_one_lead(make, vk):
    polled = await started(make)
    answers = [{"key": "phone_number", "question": "Phone", "answer": "+79210000002"}]
    live = {"lead_id": 2, "group_id": GROUP, "user_id": 20_000_002, "answers": answers}
    vk.put({"type": "lead_forms_new", "object": live, "group_id": GROUP, "event_id": "e2"})
    await polled.run_until(lambda _: polled.leads == 1)
    vk.forms = [form(2)]
    vk.forget_everything()
    await polled.run_until(lambda _: polled.leads == 2)
    assert list(polled.touches().values()) == [1]


async def test_a_cursor_of_another_community_means_nothing(make, vk):
    polled = await started(make)
    with closing(sqlite3.connect(polled.folder / "pollers.db")) as db:
        db.execute("UPDATE poll_cursor SET cursor = replace(cursor, ?, '5')", (str(GROUP),))
        db.commit()
    vk.put(message(1))
    vk.asked.clear()
    await polled.run_until(polling)
    assert [path for path, _ in vk.asked] == ["/method/groups.getLongPollServer"]
    assert polled.leads == 0


async def test_an_answer_that_is_broken_each_time_is_kept_whole_and_left_behind(make, vk):
    polled = await started(make)
    vk.put(message(1), {"poison": 1})
    later = [message(2)]

    def goes_on(_):
        if later and polled.records(RecordType.QUARANTINED):
            vk.put(later.pop())
        return "question 2" in polled.told("text")

    await polled.run_until(goes_on)
    (kept,) = polled.records(RecordType.QUARANTINED)
    assert b"question 1" in b64decode(msgspec.json.decode(kept)["body"])
