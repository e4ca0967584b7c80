"""The mailbox's poller against a real IMAP server."""

import asyncio
import imaplib
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from servers.dovecot import PASSWORD, DovecotServer

from channels.email.adapter import EmailAdapter
from channels.email.imap import REFUSALS, ImapPoller
from channels.email.settings import EmailSettings
from channels.sdk.delivery import PollItem
from channels.sdk.errors import RetryLater, StopAdapter
from channels.sdk.intake import examine_item
from channels.sdk.outcome import Accepted, Quarantined
from channels.sdk.poller import Batch

NOW = "2025-02-14T07:00:00.000Z"
SOON_S = 60.0
_users = count(1)


@pytest.fixture(scope="module")
def dovecot() -> Iterator[DovecotServer]:
    folder = Path(tempfile.mkdtemp(prefix="leadlog-dovecot-"))
    server = DovecotServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def user() -> str:
    return f"user{next(_users)}@example.ru"


@pytest.fixture
def mailbox(dovecot, user) -> Iterator[imaplib.IMAP4]:
    """The user's own mail program."""
    client = dovecot.client(user)
    yield client
    with suppress(imaplib.IMAP4.abort, OSError):  # a test stopped the server
        client.logout()


@pytest.fixture
def settings(dovecot, user) -> Callable[..., EmailSettings]:
    def make(**changes: Any) -> EmailSettings:
        table = {
            "name": "inbox",
            "address": user,
            "imap_host": "127.0.0.1",
            "imap_port": dovecot.port,
            "imap_password": PASSWORD,
            "imap_tls": False,
        }
        return EmailSettings.from_table(table | changes)

    return make


@pytest.fixture
def poller(settings) -> Callable[..., ImapPoller]:
    return lambda **changes: ImapPoller(settings(**changes), clock=lambda: NOW, pause_s=0.2)


def mail(number: int, body: str = "Hello") -> bytes:
    return f"From: a@b.example\r\nMessage-ID: <{number}@b.example>\r\n\r\n{body}".encode()


def put(mailbox: imaplib.IMAP4, *numbers: int, folder: str = "INBOX", **more: Any) -> None:
    for number in numbers:
        date = more.get("date", time.time())
        status, _ = mailbox.append(
            folder, None, imaplib.Time2Internaldate(date), mail(number, more.get("body", "Hello"))
        )
        assert status == "OK"


def numbers(items: list[PollItem]) -> list[int]:
    """Which mails these are, by their Message-IDs."""
    return [int(item.body.split(b"<")[1].split(b"@")[0]) for item in items]


async def mails(batches: AsyncGenerator[Batch, None]) -> Batch:
    """The next batch that brings something: others only say that the server is there."""
    while not (batch := await anext(batches)).items:
        pass
    return batch


async def read(poller: ImapPoller, cursor: str, expected: int) -> tuple[list[PollItem], str]:
    """Poll until so many mails came; the cursor after them."""
    items: list[PollItem] = []
    async with asyncio.timeout(SOON_S), aclosing(poller.batches(cursor)) as batches:
        while len(items) < expected:
            batch = await anext(batches)
            items += batch.items
            cursor = batch.cursor
    return items, cursor


async def nothing_comes(poller: ImapPoller, cursor: str) -> bool:
    async with aclosing(poller.batches(cursor)) as batches:
        try:
            async with asyncio.timeout(1.0):
                await mails(batches)
        except TimeoutError:
            return True
    return False


async def test_mails_come_in_order_and_byte_for_byte(poller, mailbox) -> None:
    put(mailbox, 1, 2, 3)
    items, _ = await read(poller(), "", 3)
    assert [mail(number) for number in (1, 2, 3)] == [item.body for item in items]
    assert {NOW} == {item.received_at for item in items}


async def test_reading_goes_on_after_the_stored_cursor(poller, mailbox) -> None:
    put(mailbox, 1, 2)
    _, cursor = await read(poller(), "", 2)
    assert await nothing_comes(poller(), cursor)
    put(mailbox, 3)
    items, _ = await read(poller(), cursor, 1)
    assert numbers(items) == [3]


async def test_batch_whose_cursor_was_not_stored_comes_again(poller, mailbox) -> None:
    put(mailbox, 1)
    first, _ = await read(poller(), "", 1)
    again, _ = await read(poller(), "", 1)
    assert first == again


async def test_mail_that_arrives_while_waiting_comes(poller, mailbox) -> None:
    put(mailbox, 1)
    async with asyncio.timeout(SOON_S), aclosing(poller().batches("")) as batches:
        await mails(batches)
        waiting = asyncio.ensure_future(mails(batches))
        await asyncio.sleep(0.5)
        put(mailbox, 2)
        assert numbers(list((await waiting).items)) == [2]


async def test_push_of_the_server_ends_the_pause(settings, mailbox) -> None:
    slow = ImapPoller(settings(), clock=lambda: NOW, pause_s=600.0)
    async with asyncio.timeout(SOON_S), aclosing(slow.batches("")) as batches:
        waiting = asyncio.ensure_future(mails(batches))
        await asyncio.sleep(0.5)
        put(mailbox, 1)
        assert numbers(list((await waiting).items)) == [1]


async def test_reading_leaves_no_trace_on_the_server(poller, mailbox) -> None:
    put(mailbox, 1)
    await read(poller(), "", 1)
    mailbox.select("INBOX", readonly=True)
    assert mailbox.uid("SEARCH", "UNSEEN")[1] == [b"1"]


async def test_flags_that_others_set_hide_nothing(poller, mailbox) -> None:
    put(mailbox, 1)
    mailbox.select("INBOX")
    mailbox.uid("STORE", "1", "+FLAGS", r"(\Seen)")
    items, _ = await read(poller(), "", 1)
    assert numbers(items) == [1]


async def test_each_folder_has_its_own_cursor(poller, mailbox) -> None:
    mailbox.create("Spam")
    put(mailbox, 1, 2)
    put(mailbox, 3, folder="Spam")
    both = {"imap_folders": ["INBOX", "Spam"]}
    items, cursor = await read(poller(**both), "", 3)
    assert numbers(items) == [1, 2, 3]
    put(mailbox, 4, folder="Spam")
    items, _ = await read(poller(**both), cursor, 1)
    assert numbers(items) == [4]


async def test_folder_with_a_russian_name_is_read(poller, mailbox) -> None:
    mailbox.create("&BCEEPwQwBDw-")
    put(mailbox, 1, folder="&BCEEPwQwBDw-")
    items, _ = await read(poller(imap_folders=["Спам"]), "", 1)
    assert numbers(items) == [1]


async def test_new_uidvalidity_reads_the_folder_again(poller, mailbox) -> None:
    mailbox.create("Work")
    put(mailbox, 1, 2, folder="Work")
    work = {"imap_folders": ["Work"]}
    _, cursor = await read(poller(**work), "", 2)
    mailbox.delete("Work")
    mailbox.create("Work")
    put(mailbox, 3, folder="Work")
    items, _ = await read(poller(**work), cursor, 1)
    assert numbers(items) == [3]


async def test_uids_that_went_back_are_read_again(poller, mailbox) -> None:
    put(mailbox, 1, 2)
    _, cursor = await read(poller(), "", 2)
    ahead = cursor.replace('"last_uid":2', '"last_uid":9')
    assert ahead != cursor
    items, _ = await read(poller(), ahead, 2)
    assert numbers(items) == [1, 2]


async def test_deleted_mails_are_passed_over(poller, mailbox) -> None:
    put(mailbox, 1, 2, 3)
    mailbox.select("INBOX")
    mailbox.uid("STORE", "2", "+FLAGS", r"(\Deleted)")
    mailbox.expunge()
    items, _ = await read(poller(), "", 2)
    assert numbers(items) == [1, 3]


async def test_many_mails_come_in_several_batches(poller, mailbox) -> None:
    put(mailbox, *range(120))
    async with asyncio.timeout(SOON_S), aclosing(poller().batches("")) as batches:
        sizes = [len((await mails(batches)).items) for _ in range(3)]
    assert sizes == [50, 50, 20]


async def test_large_mails_fill_a_batch_sooner(poller, mailbox) -> None:
    put(mailbox, *range(12), body="x" * 900_000)
    async with asyncio.timeout(SOON_S), aclosing(poller().batches("")) as batches:
        sizes = [len((await mails(batches)).items) for _ in range(3)]
    assert sizes == [5, 5, 2]


async def test_beginning_of_a_mail_over_the_limit_is_a_lead(settings, poller, mailbox) -> None:
    put(mailbox, 1, body="Hello\r\n" + "x" * 200_000)
    items, _ = await read(poller(imap_max_bytes=65_536), "", 1)
    assert len(items[0].body) == 65_536
    (outcome,) = examine_item(EmailAdapter(settings()), items[0]).outcomes
    assert isinstance(outcome, Accepted)
    assert outcome.lead.text.startswith("Hello")
    assert outcome.lead.fields == {"mail_bytes": str(len(mail(1)) + 200_002)}


async def test_mails_from_before_the_start_are_history(poller, mailbox) -> None:
    put(mailbox, 1, date=time.mktime((2020, 1, 2, 0, 0, 0, 0, 0, 0)))
    put(mailbox, 2)
    items, _ = await read(poller(imap_since="2021-01-01"), "", 1)
    assert numbers(items) == [2]


async def test_cursor_that_cannot_be_read_counts_as_none(poller, mailbox) -> None:
    put(mailbox, 1)
    items, _ = await read(poller(), "{broken", 1)
    assert numbers(items) == [1]


async def test_mail_that_the_server_refuses_goes_to_quarantine(
    settings, poller, mailbox, dovecot, user
) -> None:
    put(mailbox, 1, 2, 3)
    files = dovecot.maildir(user).glob("new/*")
    next(path for path in files if b"<2@" in path.read_bytes()).chmod(0)
    one = poller()
    for _ in range(REFUSALS):
        with pytest.raises(RetryLater):
            await read(one, "", 3)
    items, _ = await read(one, "", 3)
    (outcome,) = examine_item(EmailAdapter(settings()), items[1]).outcomes
    assert isinstance(outcome, Quarantined)
    assert numbers([items[0], items[2]]) == [1, 3]


async def test_wrong_password_stops_the_account(poller) -> None:
    with pytest.raises(StopAdapter, match="password for programs"):
        await read(poller(imap_password="wrong"), "", 1)


async def test_missing_folder_stops_the_account(poller) -> None:
    with pytest.raises(StopAdapter, match="imap_folders"):
        await read(poller(imap_folders=["INBOX", "Nowhere"]), "", 1)


async def test_server_that_is_away_is_asked_again_later(poller) -> None:
    with pytest.raises(RetryLater):
        await read(poller(imap_port=1), "", 1)


async def test_connection_that_breaks_is_made_again_later(settings, mailbox, dovecot) -> None:
    put(mailbox, 1)
    own = ImapPoller(settings(), clock=lambda: NOW, pause_s=600.0)
    async with asyncio.timeout(SOON_S), aclosing(own.batches("")) as batches:
        await mails(batches)
        waiting = asyncio.ensure_future(mails(batches))
        await asyncio.sleep(0.5)
        dovecot.stop()
        try:
            with pytest.raises(RetryLater):
                await waiting
        finally:
            dovecot.start()
    items, _ = await read(own, "", 1)
    assert numbers(items) == [1]


async def test_closing_while_it_waits_is_prompt(settings, mailbox) -> None:
    put(mailbox, 1)
    slow = ImapPoller(settings(), clock=lambda: NOW, pause_s=600.0)
    batches = slow.batches("")
    await mails(batches)
    waiting = asyncio.ensure_future(mails(batches))
    await asyncio.sleep(0.3)
    started = time.monotonic()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await batches.aclose()
    assert time.monotonic() - started < 60, "it waited for its next look, in ten minutes"


@pytest.mark.parametrize("tls", [True, "starttls"])
class TestTls:
    async def test_certificate_that_is_trusted(
        self, tls, poller, mailbox, dovecot, monkeypatch
    ) -> None:
        put(mailbox, 1)
        monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
        port = dovecot.tls_port if tls is True else dovecot.port
        items, _ = await read(poller(imap_tls=tls, imap_port=port), "", 1)
        assert numbers(items) == [1]

    async def test_certificate_of_a_stranger_is_refused(self, tls, poller, dovecot) -> None:
        port = dovecot.tls_port if tls is True else dovecot.port
        with pytest.raises(RetryLater, match="certificate"):
            await read(poller(imap_tls=tls, imap_port=port), "", 1)
