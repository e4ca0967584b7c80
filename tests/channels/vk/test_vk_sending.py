"""What a community sends, and what it makes of VK's answers, over a real socket."""

import msgspec
import pytest
from servers.provider import Cuts, Provider, Says
from support.came import KEY, came

from channels.sdk.errors import RateLimited, RetryLater, StopAdapter, Undeliverable
from channels.sdk.lead import Attachment
from channels.sdk.sending import NotSent
from channels.vk.adapter import VkAdapter, VkSettings

TOKEN = "vk1.a.example-token-of-a-community"


def took(asked):
    peer = int(asked.fields["peer_ids"])
    return Says({"response": [{"peer_id": peer, "message_id": 50, "conversation_message_id": 8}]})


def fault(code):
    return Says({"error": {"error_code": code, "error_msg": "of VK", "request_params": []}})


@pytest.fixture
def vk():
    with Provider(took) as provider:
        yield provider


@pytest.fixture
def sender(vk):
    return VkAdapter(VkSettings(name="shop", token=TOKEN, api_url=vk.url)).sender()


def composed(sender, text="Да", files=(), **content):
    lead = came("vk", "shop", "vk:20000001", **{"thread": "20000001", **content})
    return msgspec.structs.replace(sender.compose(lead, text, files), key=KEY)


async def test_a_reply_goes_to_the_peer_of_the_lead(vk, sender):
    sent = await sender.send(composed(sender, "Добрый день"))
    (asked,) = vk.asked
    assert asked.path == "/method/messages.send"
    assert (asked.fields["peer_ids"], asked.fields["message"]) == ("20000001", "Добрый день")
    assert asked.fields["access_token"] == TOKEN
    assert (sent.id, sent.echo) == ("20000001/8", "20000001/8")


async def test_what_vk_sends_back_to_us_is_the_same_lead(vk, sender):
    sent = await sender.send(composed(sender))
    adapter = VkAdapter(VkSettings(name="shop"))
    echo = {
        "type": "message_reply",
        "group_id": 22222222,
        "event_id": "1",
        "object": {
            "id": 50, "date": 1735690000, "from_id": -22222222, "peer_id": 20000001,
            "conversation_message_id": 8, "out": 1, "text": "Да",
        },
    }  # fmt: skip
    from channels.sdk.delivery import PollItem

    item = PollItem(
        item=echo, body=msgspec.json.encode(echo), received_at="2026-01-01T00:00:00.000Z"
    )
    (outcome,) = adapter.parse_item(item)
    from channels.sdk import ids

    assert outcome.lead.lead_id == ids.lead_id("vk", "shop", sent.echo)


async def test_every_try_of_a_message_has_the_same_random_id(vk, sender):
    message = composed(sender)
    await sender.send(message)
    await sender.send(message)
    await sender.send(msgspec.structs.replace(message, key="another"))
    first, again, other = (asked.fields["random_id"] for asked in vk.asked)
    assert first == again != other
    assert 0 < int(first) < 2**31


async def test_a_comment_is_answered_by_a_message_to_its_author(sender):
    message = composed(sender, thread="wall-1_9", kind="comment")
    assert message.to == "20000001"


async def test_files_are_attached_by_their_handles(vk, sender):
    files = [Attachment(kind="photo", ref="photo-1_2"), Attachment(kind="doc", ref="doc-1_3")]
    await sender.send(composed(sender, "", files))
    assert vk.asked[0].fields["attachment"] == "photo-1_2,doc-1_3"


@pytest.mark.parametrize(
    ("code", "reason"),
    [(901, NotSent.BLOCKED), (914, NotSent.TOO_LONG), (7, NotSent.NOT_ALLOWED),
     (936, NotSent.BAD_RECIPIENT), (100, NotSent.REFUSED)],
)  # fmt: skip
async def test_a_refusal_for_good_has_a_name(vk, sender, code, reason):
    vk.script = [fault(code)]
    with pytest.raises(Undeliverable) as told:
        await sender.send(composed(sender))
    assert told.value.reason is reason
    assert len(vk.asked) == 1


async def test_a_refusal_of_one_peer_is_one(vk, sender):
    error = {"code": 901, "description": "Can't send messages for users without permission"}
    vk.script = [Says({"response": [{"peer_id": 20000001, "message_id": 0, "error": error}]})]
    with pytest.raises(Undeliverable) as told:
        await sender.send(composed(sender))
    assert told.value.reason is NotSent.BLOCKED


async def test_too_many_calls_pause_the_account_and_are_not_repeated_by_the_library(vk, sender):
    vk.script = [fault(6)]
    with pytest.raises(RateLimited):
        await sender.send(composed(sender))
    assert len(vk.asked) == 1


async def test_a_flood_waits_for_minutes(vk, sender):
    vk.script = [fault(9)]
    with pytest.raises(RetryLater) as told:
        await sender.send(composed(sender))
    assert told.value.after_s == 300


@pytest.mark.parametrize("act", [Cuts(), Says("<html>"), Says({}, 502), fault(10)])
async def test_an_answer_that_was_lost_leaves_open_whether_it_was_sent(vk, sender, act):
    vk.script = [act]
    with pytest.raises(RetryLater) as told:
        await sender.send(composed(sender))
    assert told.value.unsure
    assert TOKEN not in str(told.value)


async def test_what_never_reached_vk_was_surely_not_sent():
    settings = VkSettings(name="shop", token=TOKEN, api_url="http://127.0.0.1:9")
    sender = VkAdapter(settings).sender()
    with pytest.raises(RetryLater) as told:
        await sender.send(composed(sender))
    assert not told.value.unsure


async def test_a_revoked_token_stops_the_account(vk, sender):
    vk.script = [fault(5)]
    with pytest.raises(StopAdapter) as told:
        await sender.send(composed(sender))
    assert TOKEN not in str(told.value)


def test_a_community_without_token_sends_nothing():
    assert VkAdapter(VkSettings(name="shop")).sender() is None
