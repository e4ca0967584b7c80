"""The pollers' role: what is fetched is on the log before anybody is told, whatever goes wrong."""

import asyncio
from contextlib import suppress
from random import Random

import msgspec
import pytest
from support.polled import hasty, until

from channels.sdk.adapter import PollingAdapter
from channels.sdk.delivery import PollItem
from channels.sdk.errors import RetryLater, StopAdapter
from channels.sdk.outcome import Accepted
from channels.sdk.poller import Batch
from channels.sdk.settings import AccountSettings, Secret
from ingest.log.port import LogUnavailable, RecordTooLarge, RecordType
from ingest.pollers.cursors import CursorMoved, CursorsUnavailable
from ingest.pollers.pauses import pause
from ingest.pollers.role import Pollers
from ingest.pollers.state import Phase

NOW = "2026-02-01T10:00:00.000Z"


class PostSettings(AccountSettings, frozen=True, kw_only=True):
    token: Secret = "the-token"


class Post(PollingAdapter[PostSettings]):
    """A provider whose items are texts; "bad" is one that its parser stumbles over."""

    account_type = channel = "post"

    def __init__(self, script, name="post"):
        super().__init__(PostSettings(name=name))
        self.script = list(script)
        self.cursors = []
        self.made = 0

    def parse_item(self, item):
        text = str(item.item)
        if text == "bad":
            raise ValueError("a bug of the adapter's")
        return [Accepted(self.lead(item, kind="message", lead_key=text, text=text))]

    def fetched_from(self):
        return "post.example"

    def poller(self, *, clock):
        self.made += 1
        return Script(self)


class Script:
    """Plays the script: a batch is yielded, an error raised; then it waits for ever."""

    def __init__(self, post):
        self.post = post

    async def batches(self, cursor):
        self.post.cursors.append(cursor)
        while self.post.script:
            step = self.post.script.pop(0)
            if isinstance(step, Exception):
                raise step
            yield step
        await asyncio.Event().wait()


class Log:
    """Raises its faults, one an append; then it takes everything."""

    def __init__(self, *faults):
        self.faults = list(faults)
        self.taken = []
        self.largest = 10**9

    async def append(self, records):
        if self.faults:
            raise self.faults.pop(0)
        if any(len(record.value) > self.largest for record in records):
            raise RecordTooLarge("it has more bytes than the log takes")
        self.taken += records

    @property
    def texts(self):
        leads = [r.value for r in self.taken if r.type is RecordType.LEAD]
        return [msgspec.json.decode(lead)["text"] for lead in leads]


class Cursors:
    """In memory."""

    def __init__(self):
        self.stored = {}
        self.faults = []
        self.ours = True

    async def claim(self, account):
        return self.ours

    async def load(self, account):
        return self.stored.get(account, "")

    async def save(self, account, cursor, *, after):
        if self.faults:
            raise self.faults.pop(0)
        if self.stored.get(account, "") != after:
            raise CursorMoved(account)
        self.stored[account] = cursor

    async def close(self):
        pass


def batch(cursor, *texts):
    items = [PollItem(item=text, body=text.encode(), received_at=NOW) for text in texts]
    return Batch(tuple(items), cursor)


class Role:
    """The role at work on some accounts, until the test ends."""

    def __init__(self):
        self.log = Log()
        self.cursors = Cursors()
        self.task = None

    def start(self, *posts):
        adapters = {post.settings.name: post for post in posts}
        self.pollers = Pollers(adapters, self.log, self.cursors, patience=hasty())
        self.task = asyncio.create_task(self.pollers.run())

    async def stop(self):
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task

    def state(self, name="post"):
        return self.pollers.states[name]


@pytest.fixture
async def role():
    role = Role()
    yield role
    await role.stop()


async def test_what_was_fetched_is_stored_and_the_cursor_moves(role):
    role.start(Post([batch("1", "a", "b"), batch("2", "c")]))
    await until(lambda: role.cursors.stored == {"post": "2"})
    assert role.log.texts == ["a", "b", "c"]


async def test_polling_goes_on_from_the_stored_cursor(role):
    role.cursors.stored["post"] = "41"
    post = Post([batch("42", "x")])
    role.start(post)
    await until(lambda: role.cursors.stored == {"post": "42"})
    assert post.cursors == ["41"]


async def test_a_bad_item_goes_to_quarantine_alone(role):
    role.start(Post([batch("1", "a", "bad", "b")]))
    await until(lambda: role.cursors.stored == {"post": "1"})
    assert role.log.texts == ["a", "b"]
    assert [r.type for r in role.log.taken].count(RecordType.QUARANTINED) == 1


async def test_the_cursor_stays_while_the_log_takes_nothing(role):
    role.log.faults = [LogUnavailable("the disk is full")] * 100_000
    role.start(Post([batch("1", "a")]))
    await until(lambda: role.state().failures > 2)
    assert role.cursors.stored == {}
    assert "the disk is full" in role.state().reason
    role.log.faults = []
    await until(lambda: role.cursors.stored == {"post": "1"})
    assert role.log.texts == ["a"]


async def test_a_batch_is_not_fetched_again_because_the_log_was_away(role):
    """A source such as AMI gives nothing twice."""
    role.log.faults = [LogUnavailable("away")]
    post = Post([batch("", "a")])
    role.start(post)
    await until(lambda: role.log.texts == ["a"])
    assert post.cursors == [""]


async def test_a_cursor_that_cannot_be_stored_is_stored_later(role):
    role.cursors.faults = [CursorsUnavailable("away")]
    role.start(Post([batch("1", "a"), batch("2", "b")]))
    await until(lambda: role.cursors.stored == {"post": "2"})
    assert role.log.texts == ["a", "b"]


async def test_whoever_was_overtaken_goes_on_from_the_newer_cursor(role):
    role.cursors.faults = [CursorMoved("post")]
    post = Post([batch("1", "a"), batch("2", "b")])
    role.start(post)
    await until(lambda: len(post.cursors) == 2)
    await until(lambda: role.cursors.stored == {"post": "2"})


async def test_a_provider_that_is_away_is_asked_again(role):
    role.start(Post([RetryLater("it is away"), batch("1", "a")]))
    await until(lambda: role.log.texts == ["a"])
    await until(lambda: role.state().phase is Phase.POLLING)


async def test_a_failure_is_told_until_it_is_over(role):
    role.start(Post([RetryLater("it is away", after_s=10_000)]))
    await until(lambda: role.state().phase is Phase.RETRYING)
    assert role.state().reason == "retrying (1 failures in a row): it is away"


async def test_a_stopped_account_says_what_to_do_and_stops_no_other(role):
    other = Post([batch("1", "a"), batch("2", "b")], name="other")
    role.start(Post([StopAdapter("give it a new token")]), other)
    await until(lambda: role.cursors.stored == {"other": "2"})
    await until(lambda: role.state().phase is Phase.STOPPED)
    assert role.state().reason == "stopped: give it a new token"
    assert role.state("other").reason == "ok"
    assert not role.task.done()


async def test_a_bug_of_a_poller_is_a_pause_and_its_text_is_not_told(role):
    role.start(Post([KeyError("+79210001122")]))
    await until(lambda: role.state().phase is Phase.RETRYING)
    assert role.state().reason == "retrying (1 failures in a row): a fault: KeyError"


async def test_no_secret_of_the_account_is_told(role):
    role.start(Post([RetryLater("GET /botthe-token/x failed", after_s=10_000)]))
    await until(lambda: role.state().phase is Phase.RETRYING)
    assert "the-token" not in role.state().reason


async def test_an_account_that_another_process_polls_is_left_alone(role):
    role.cursors.ours = False
    post = Post([batch("1", "a")])
    role.start(post)
    await until(lambda: role.state().phase is Phase.STANDBY)
    assert post.cursors == []
    role.cursors.ours = True  # the other one died
    await until(lambda: role.log.texts == ["a"])


async def test_polling_ends_when_the_right_to_it_is_lost(role):
    post = Post([batch("1", "a")])
    role.start(post)
    await until(lambda: role.log.texts == ["a"])
    role.cursors.ours = False
    await until(lambda: role.state().phase is Phase.STANDBY)
    post.script = [batch("2", "b")]
    await asyncio.sleep(0.1)
    assert role.log.texts == ["a"]


async def test_an_item_too_large_for_the_log_is_kept_cut_and_harms_no_other(role):
    role.log.largest = 150_000
    role.start(Post([batch("1", "a", "x" * 200_000, "b")]))
    await until(lambda: role.cursors.stored == {"post": "1"})
    assert role.log.texts == ["a", "b"]
    (kept,) = [r.value for r in role.log.taken if r.type is RecordType.QUARANTINED]
    assert msgspec.json.decode(kept)["reason"] == "too_large"


def test_pauses_grow_to_a_limit():
    chance = Random(1)
    waits = [pause(n, 0, chance) for n in range(1, 40)]
    assert waits[0] <= 1.25
    assert max(waits) <= 300 * 1.25
    assert waits[20] >= 300


def test_a_pause_is_at_least_what_the_provider_asked_for():
    assert pause(1, 30.0, Random(1)) >= 30.0
