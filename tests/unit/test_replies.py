"""What we write to people: recorded once, sealed, on the card of the conversation, for ever."""

from uuid import UUID, uuid4

import msgspec
import pytest
from support.worlds import Fed, base, lead

from channels.sdk.sending import Message, NotSent, Progress, Receipt
from eventstore.customer_base import Entry, Ignored
from eventstore.orders import CommandRefused, NotThere, order
from eventstore.queries import Cards
from eventstore.reply_commands import ReplyCommands
from eventstore.touches import bytes_of

TEXT = "Завтра в полдень"
PHONE, TELEGRAM = ("phone", "+79120000001", "claimed"), ("telegram", "7", "attested")


@pytest.fixture
def fed(tmp_path):
    started = Fed(base(tmp_path / "events.db"))
    yield started
    started.base.recorder.close()


def write(fed, event, *, command="", text=TEXT):
    by = order("anna", command=command)
    replies = ReplyCommands(fed.base)
    message = Message(to="7", text=text)
    replies.write(bytes_of(event.lead_id), message, by, channel="test", account="test")
    return by.command


def outgoing(fed, card="telegram:7"):
    timeline = Cards(fed.base).show(card)["timeline"]
    return [entry for entry in timeline if entry.get("direction") == "out"]


def take(fed, reply, *, echo=b"", repeated=False, provider_id="7/93"):
    replies = ReplyCommands(fed.base)
    replies.sent(reply, provider_id, echo=echo, repeated=repeated, at=1_700_000_001_000)


def told(fed, *receipts):
    delivered = Ignored("test", 1_700_000_002_000, "test", receipts)
    return fed.base.handle([Entry("log", next(fed.offsets), delivered)])


def test_it_stands_in_the_cards_timeline_as_outgoing(fed):
    event = lead(1, TELEGRAM)
    fed.feed(event)
    reply = write(fed, event)
    (entry,) = outgoing(fed)
    assert (entry["text"], entry["state"], entry["actor"]) == (TEXT, "queued", "anna")
    assert (entry["reply"], entry["answers"]) == (str(UUID(bytes=reply)), event.lead_id)


def test_the_same_command_twice_is_one_message(fed):
    event = lead(1, TELEGRAM)
    fed.feed(event)
    command = str(uuid4())
    assert write(fed, event, command=command) == write(fed, event, command=command)
    assert len(outgoing(fed)) == 1


def test_a_commands_id_is_not_taken_for_another_message(fed):
    event = lead(1, TELEGRAM)
    fed.feed(event)
    command = str(uuid4())
    write(fed, event, command=command)
    with pytest.raises(CommandRefused, match="another command"):
        write(fed, event, command=command, text="Нет")


def test_an_unknown_lead_cannot_be_answered(fed):
    with pytest.raises(NotThere):
        write(fed, lead(1, TELEGRAM))


def test_its_text_is_not_readable_without_the_key_of_the_card(fed, tmp_path):
    event = lead(1, TELEGRAM)
    fed.feed(event)
    write(fed, event)
    fed.base.recorder.close()
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert TEXT.encode() not in stored
    assert msgspec.json.encode(TEXT) not in stored


def test_it_stays_with_its_conversation_through_a_merge_and_its_undo(fed):
    message, form = lead(1, TELEGRAM), lead(2, PHONE)
    fed.feed(message, form)
    write(fed, message)
    keyring = fed.base.keyring
    a, b = keyring.leaf("telegram", "7"), keyring.leaf("phone", "+79120000001")
    merged = fed.commands.merge(a, b, order("boris"))
    assert len(outgoing(fed, "phone:+79120000001")) == 1
    fed.commands.undo(merged.decision, order("boris"))
    assert outgoing(fed, "phone:+79120000001") == []
    assert len(outgoing(fed)) == 1


def test_what_the_provider_echoes_is_told_once(fed):
    event = lead(1, TELEGRAM)
    echo = lead(2, TELEGRAM, direction="out", kind="message", at=1_700_000_050)
    fed.feed(event)
    reply = write(fed, event)
    take(fed, reply, echo=bytes_of(echo.lead_id))
    assert len(outgoing(fed)) == 1
    fed.feed(echo)
    (entry,) = outgoing(fed)
    assert (entry["lead"], entry["reply"]) == (echo.lead_id, str(UUID(bytes=reply)))
    assert entry["state"] == "sent"


def test_an_echo_that_comes_before_the_acceptance_is_told_once_too(fed):
    event = lead(1, TELEGRAM)
    echo = lead(2, TELEGRAM, direction="out", kind="message", at=1_700_000_050)
    fed.feed(event)
    reply = write(fed, event)
    fed.feed(echo)
    take(fed, reply, echo=bytes_of(echo.lead_id))
    assert len(outgoing(fed)) == 1


def test_delivery_states_go_forward_only_whatever_their_order(fed):
    event = lead(1, TELEGRAM)
    fed.feed(event)
    take(fed, write(fed, event))
    read = Receipt(id="7/93", progress=Progress.READ)
    delivered = Receipt(id="7/93", progress=Progress.DELIVERED)
    assert told(fed, read) == {"ignored": 1}
    told(fed, delivered)
    told(fed, Receipt(id="7/93", progress=Progress.SENT))
    assert outgoing(fed)[0]["state"] == "read"


def test_a_repeated_delivery_state_records_nothing_more(fed):
    event = lead(1, TELEGRAM)
    fed.feed(event)
    take(fed, write(fed, event))
    delivered = Receipt(id="7/93", progress=Progress.DELIVERED)
    told(fed, delivered)
    position = fed.base.recorder.last_position()
    told(fed, delivered, delivered)
    assert fed.base.recorder.last_position() == position


def test_a_failure_that_the_provider_tells_later_shows_its_reason(fed):
    event = lead(1, TELEGRAM)
    fed.feed(event)
    take(fed, write(fed, event))
    closed = NotSent.WINDOW_CLOSED
    told(fed, Receipt(id="7/93", progress=Progress.FAILED, reason=closed))
    (entry,) = outgoing(fed)
    assert (entry["state"], entry["reason"]) == ("failed", "window_closed")


def test_a_state_of_a_message_that_is_not_ours_is_only_counted(fed):
    fed.feed(lead(1, TELEGRAM))
    position = fed.base.recorder.last_position()
    assert told(fed, Receipt(id="7/1", progress=Progress.READ)) == {"ignored": 1}
    assert fed.base.recorder.last_position() == position


def test_an_acceptance_told_twice_is_one(fed):
    event = lead(1, TELEGRAM)
    fed.feed(event)
    reply = write(fed, event)
    take(fed, reply)
    position = fed.base.recorder.last_position()
    take(fed, reply)
    assert fed.base.recorder.last_position() == position


def test_a_possible_repeat_is_flagged(fed):
    event = lead(1, TELEGRAM)
    fed.feed(event)
    take(fed, write(fed, event), repeated=True)
    assert outgoing(fed)[0]["repeated"] is True


def test_what_failed_can_be_tried_again_and_what_was_sent_cannot(fed):
    event = lead(1, TELEGRAM)
    fed.feed(event)
    reply = write(fed, event)
    replies = ReplyCommands(fed.base)
    replies.failed(reply, "set_aside", "gave_up", at=1_700_000_003_000)
    assert outgoing(fed)[0]["state"] == "set_aside"
    replies.retry([reply], order("boris"))
    assert outgoing(fed)[0]["state"] == "queued"
    take(fed, reply)
    with pytest.raises(CommandRefused, match="is sent"):
        replies.retry([reply], order("boris"))


def test_of_several_messages_all_are_tried_again_or_none(fed):
    event = lead(1, TELEGRAM)
    fed.feed(event)
    failed, sent = write(fed, event), write(fed, event, text="Или в два")
    replies = ReplyCommands(fed.base)
    replies.failed(failed, "failed", "blocked", at=1_700_000_003_000)
    take(fed, sent)
    with pytest.raises(CommandRefused, match="is sent"):
        replies.retry([failed, sent], order("boris"))
    assert sorted(entry["state"] for entry in outgoing(fed)) == ["failed", "sent"]


def test_it_is_no_touch_and_opens_no_deal(fed):
    event = lead(1, TELEGRAM)
    fed.feed(event)
    before = Cards(fed.base).show("telegram:7")
    write(fed, event)
    after = Cards(fed.base).show("telegram:7")
    assert (after["leads"], after["deals"]) == (before["leads"], before["deals"])


def test_a_provider_that_gives_two_messages_one_id_sends_both(fed):
    event = lead(1, TELEGRAM)
    fed.feed(event)
    for reply in (write(fed, event), write(fed, event, text="Или в два")):
        take(fed, reply)
    assert [entry["state"] for entry in outgoing(fed)] == ["sent", "sent"]
