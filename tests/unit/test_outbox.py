"""The outbox on a virtual clock: at least once, in order, paced, for three days (SEMANTICS 7)."""

import asyncio
import itertools
import threading

import pytest
from support.outboxes import MadeUpSender, World
from support.waiting import wait_until

from channels.sdk.errors import RateLimited, RetryLater, StopAdapter, Undeliverable
from channels.sdk.sending import NotSent, Rates, Sent
from eventstore.orders import order
from ingest.outbox.sqlite_store import SQLiteOutbox
from ingest.outbox.store import State

DAY_S = 24 * 3600


@pytest.fixture
def world(tmp_path):
    opened = World(tmp_path)
    yield opened
    opened.close()


async def pass_time(world, seconds, *, step_s=600.0):
    """Let so much time go by, with the outbox at work."""
    for _ in range(round(seconds / step_s)):
        world.clock.advance(step_s)
        await world.outbox.settle()


async def test_what_was_written_is_sent_once_and_recorded(world):
    reply = world.write(world.customer(7), "Да")
    await world.outbox.settle()
    await world.outbox.settle()
    assert world.bot.texts == ["Да"]
    assert world.state(reply) == "sent"
    assert world.store.get(reply).state is State.SENT


async def test_a_start_finds_what_waits_without_reading_what_was_before(world):
    event = world.customer(7)
    world.bot.script = [RetryLater("away")]
    reply = world.write(event, "Да")
    await world.outbox.settle()
    position = world.store.position()
    assert position == world.fed.base.recorder.last_position()
    world.open()
    assert world.store.position() == position
    world.clock.advance(60)
    await world.outbox.settle()
    assert world.state(reply) == "sent"


async def test_every_try_has_the_same_key(world):
    world.bot.script = [RetryLater("away"), RateLimited("slower", after_s=3), RetryLater("away")]
    world.write(world.customer(7), "Да")
    await world.outbox.settle()
    await pass_time(world, 3600)
    keys = {key for _, key, _, _ in world.bot.tried}
    assert (len(keys), len(world.bot.tried)) == (1, 4)


async def test_a_conversation_keeps_its_order_though_its_first_message_waits(world):
    event = world.customer(7)
    world.bot.script = [RetryLater("away", after_s=30)]
    for text in ("раз", "два", "три"):
        world.write(event, text)
    await world.outbox.settle()
    assert world.bot.texts == ["раз"]
    await pass_time(world, 600)
    assert world.bot.texts == ["раз", "раз", "два", "три"]


async def test_other_conversations_do_not_wait_for_it(world):
    world.bot.script = [RetryLater("away", after_s=30)]
    world.write(world.customer(7), "раз")
    await world.outbox.settle()
    world.write(world.customer(8), "два")
    await world.outbox.settle()
    assert world.bot.texts == ["раз", "два"]


async def test_an_account_that_pauses_hides_no_other_however_much_it_has_to_send(world):
    world.bot.script = [RateLimited("slower", after_s=60)]
    world.write(world.customer(1), "раз")
    await world.outbox.settle()
    event = world.customer(2)
    for number in range(3, 213):
        world.write(world.customer(number), "раз")
    world.write(event, "письмо", account="mail")
    await world.outbox.settle()
    assert world.senders["mail"].texts == ["письмо"]
    assert len(world.bot.tried) == 1


async def test_after_a_refusal_the_next_message_goes(world):
    event = world.customer(7)
    world.bot.script = [Undeliverable(NotSent.BAD_ATTACHMENT)]
    refused, then = world.write(event, "раз"), world.write(event, "два")
    await world.outbox.settle()
    entry = world.entry(7, refused)
    assert (entry["state"], entry["reason"]) == ("failed", "bad_attachment")
    assert world.state(then) == "sent"


async def test_pauses_grow(world):
    world.bot.script = [RetryLater("away") for _ in range(6)]
    world.write(world.customer(7), "Да")
    for _ in range(500):
        await world.outbox.settle()
        world.clock.advance(5)
    pauses = [b - a for a, b in itertools.pairwise(world.bot.times)]
    assert pauses == [5_000, 15_000, 45_000, 135_000, 405_000, 1_215_000]


async def test_a_provider_is_not_asked_before_the_time_that_it_named(world):
    world.bot.script = [RateLimited("slower", after_s=17)]
    world.write(world.customer(7), "раз")
    await world.outbox.settle()
    world.write(world.customer(8), "два")
    world.clock.advance(16.9)
    await world.outbox.settle()
    assert len(world.bot.tried) == 1
    world.clock.advance(0.1)
    await world.outbox.settle()
    assert sorted(world.bot.texts[1:]) == ["два", "раз"]


async def test_after_three_days_it_is_set_aside_and_shown(world):
    world.bot.script = [RetryLater("away") for _ in range(1000)]
    reply = world.write(world.customer(7), "Да")
    await pass_time(world, 3 * DAY_S - 1800)
    assert world.state(reply) == "queued"
    await pass_time(world, 3600)
    tries = len(world.bot.tried)
    assert (world.state(reply), world.entry(7, reply)["reason"]) == ("set_aside", "gave_up")
    assert [w.reply for w in world.store.in_states([State.SET_ASIDE])] == [reply]
    await pass_time(world, DAY_S)
    assert len(world.bot.tried) == tries


async def test_what_was_set_aside_goes_once_somebody_says_so(world):
    world.bot.script = [RetryLater("away") for _ in range(1000)]
    reply = world.write(world.customer(7), "Да")
    await pass_time(world, 3 * DAY_S + 1800)
    world.bot.script = []
    world.replies.retry([reply], order("boris", at=world.clock.ms))
    await world.outbox.settle()
    assert world.state(reply) == "sent"


async def test_an_account_that_a_person_must_mend_pauses_and_loses_nothing(world):
    world.bot.script = [StopAdapter("set a new token")]
    reply = world.write(world.customer(7), "Да")
    await world.outbox.settle()
    assert world.store.get(reply).reason == "set a new token"
    await pass_time(world, 600)
    assert world.state(reply) == "sent"


async def test_a_message_by_an_account_that_is_gone_waits_and_says_why(world):
    reply = world.write(world.customer(7), "Да", account="gone")
    await world.outbox.settle()
    waiting = world.store.get(reply)
    assert (waiting.state, waiting.reason) == (State.WAITING, "no account of this name sends")


async def test_a_fault_of_a_sender_loses_no_message(world):
    world.bot.script = [ZeroDivisionError()]
    reply = world.write(world.customer(7), "Да")
    await world.outbox.settle()
    await pass_time(world, 600)
    assert world.state(reply) == "sent"
    assert world.entry(7, reply)["repeated"] is True


@pytest.mark.parametrize(("unsure", "flagged"), [(True, True), (False, None)])
async def test_only_a_try_that_may_have_been_taken_marks_the_message_as_repeated(
    world, unsure, flagged
):
    world.bot.script = [RetryLater("no answer", unsure=unsure), RetryLater("away")]
    reply = world.write(world.customer(7), "Да")
    await world.outbox.settle()
    await pass_time(world, 1200)
    assert world.state(reply) == "sent"
    assert world.entry(7, reply).get("repeated") is flagged


async def test_a_chat_and_an_account_are_called_as_often_as_the_provider_wants(tmp_path):
    rates = Rates(account_per_s=10, account_burst=2, chat_per_s=1, chat_burst=1)
    world = World(tmp_path, bot=rates)
    customers = [world.customer(n) for n in (7, 8, 9)]
    for event in customers:
        for text in ("раз", "два"):
            world.write(event, f"{event.thread} {text}")
    begin = world.clock.ms
    while world.store.counts().get(State.SENT, 0) < 6:
        await world.outbox.settle()
        world.clock.advance(0.01)
    sent = [(at - begin, to) for at, _, to, _ in world.bot.tried]
    for chat in ("7", "8", "9"):
        first, second = (at for at, to in sent if to == chat)
        assert second - first >= 1000
    assert [at for at, _ in sent][:3] == [0, 0, 100]
    world.close()


async def test_a_lost_outbox_is_filled_from_the_events_and_repeats_nothing_accepted(world):
    sent = world.write(world.customer(7), "раз")
    await world.outbox.settle()
    world.bot.script = [RetryLater("away")]
    waiting = world.write(world.customer(8), "два")
    await world.outbox.settle()
    world.store.close()
    for file in world.folder.glob("outbox.db*"):
        file.unlink()
    world.store = None
    world.open()
    await world.outbox.settle()
    assert world.bot.texts == ["раз", "два", "два"]
    assert (world.state(sent), world.state(waiting)) == ("sent", "sent")


async def test_an_older_event_store_put_back_loses_no_message_written_after(world):
    world.write(world.customer(7), "раз")
    await world.outbox.settle()
    world.store.follow([], 10_000, after=world.store.position())
    await world.outbox.settle()
    reply = world.write(world.customer(8), "два")
    await world.outbox.settle()
    assert world.state(reply) == "sent"


async def test_repeats_merges_and_rematches_send_nothing(world):
    event = world.customer(7)
    world.write(event, "Да")
    await world.outbox.settle()
    other = world.customer(8)
    world.fed.feed(event, other)
    keyring = world.fed.base.keyring
    a, b = keyring.leaf("telegram", "7"), keyring.leaf("telegram", "8")
    merged = world.fed.commands.merge(a, b, order("boris"))
    world.fed.commands.undo(merged.decision, order("boris"))
    await world.outbox.settle()
    assert world.bot.texts == ["Да"]


async def test_an_acceptance_under_the_same_id_twice_is_one(world):
    world.bot.script = [RetryLater("no answer", unsure=True), Sent(id="93", echo="7/93")]
    reply = world.write(world.customer(7), "Да")
    await world.outbox.settle()
    await pass_time(world, 600)
    assert world.entry(7, reply)["state"] == "sent"


def running(world):
    """The outbox at work in a thread, as a role has it; and what stops it."""
    stop = threading.Event()
    thread = threading.Thread(target=world.outbox.run, args=(stop,))
    thread.start()
    return thread, stop


def test_as_a_role_it_sends_until_it_is_stopped(world):
    reply = world.write(world.customer(7), "Да")
    thread, stop = running(world)
    wait_until(lambda: world.state(reply) == "sent")
    stop.set()
    thread.join(60)
    assert not thread.is_alive()


def test_a_provider_that_hangs_holds_up_no_stop_and_the_message_goes_at_the_next_start(world):
    class Hanging(MadeUpSender):
        async def send(self, message):
            await super().send(message)
            await asyncio.sleep(3600)

    ours = world.senders["bot"]
    world.senders["bot"] = hanging = Hanging(world.clock)
    world.open()
    reply = world.write(world.customer(7), "Да")
    thread, stop = running(world)
    wait_until(lambda: hanging.tried)
    stop.set()
    thread.join(60)
    assert not thread.is_alive()
    world.senders["bot"] = ours
    world.open()
    asyncio.run(world.outbox.settle())
    assert world.entry(7, reply)["state"] == "sent"
    assert world.entry(7, reply)["repeated"] is True


def test_the_outbox_keeps_no_word_of_a_message(world, tmp_path):
    world.write(world.customer(7), "Совершенно секретно")
    world.outbox.follow()
    world.store.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("outbox.db*"))
    assert "секретно".encode() not in kept
    world.store = SQLiteOutbox(tmp_path / "outbox.db")
