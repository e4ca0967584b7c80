"""What a mailbox sends, through a real mail server that takes it, refuses it, or breaks off."""

import re
from email import message_from_bytes, policy

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from support.came import KEY, came

from channels.email.adapter import EmailAdapter
from channels.email.settings import EmailSettings
from channels.sdk import ids
from channels.sdk.delivery import PollItem
from channels.sdk.errors import RetryLater, StopAdapter, Undeliverable
from channels.sdk.lead import Attachment
from channels.sdk.sending import NotSent

ADDRESS = "sales@ourdomain.example"
FIRST = "<20250214.77@example.ru>"


class Server:
    """Takes mails; `rcpt` and `data` are what it says instead."""

    def __init__(self):
        self.mails, self.recipients = [], []
        self.rcpt = self.data = ""
        self.cuts = False
        self.smtp = None

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - the library calls it so
        self.smtp = server
        if self.rcpt:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the library calls it so
        if self.data:
            return self.data
        self.mails.append(envelope.content)
        self.recipients.append(envelope.rcpt_tos)
        if self.cuts:
            server.transport.abort()
        return "250 OK"


class Peer(Controller):
    """On a free port; knows `options` of the library's server."""

    def __init__(self, handler, **options):
        super().__init__(handler, hostname="127.0.0.1", port=0)
        self._options = options

    def factory(self):
        return SMTP(self.handler, **self._options)

    @property
    def bound(self):
        return self.server.sockets[0].getsockname()[1]

    def _trigger_server(self):
        """The library connects to the port that it was given, and 0 is none."""
        self.port = self.bound
        super()._trigger_server()


def started(handler, **options):
    peer = Peer(handler, **options)
    peer.start()
    return peer


def settings(port, **more):
    return EmailSettings(
        name="inbox", address=ADDRESS, smtp_host="127.0.0.1", smtp_port=port, smtp_tls=False, **more
    )


@pytest.fixture
def server():
    handler = Server()
    peer = started(handler)
    handler.port = peer.bound
    yield handler
    peer.stop()


@pytest.fixture
def sender(server):
    return EmailAdapter(settings(server.port)).sender()


def answer(sender, text="Согласны", **content):
    given = {"subject": "Заявка", "thread": FIRST, **content}
    lead = came("email", "inbox", "email:petr@example.ru", **given)
    return msgspec.structs.replace(sender.compose(lead, text), key=KEY)


def received(server):
    return message_from_bytes(server.mails[-1], policy=policy.default)


async def test_an_answer_goes_into_the_conversation_of_the_mail(server, sender):
    sent = await sender.send(answer(sender, "Согласны, завтра в 12:00"))
    mail = received(server)
    assert server.recipients == [["petr@example.ru"]]
    assert (mail["from"], mail["to"]) == (ADDRESS, "petr@example.ru")
    assert mail["subject"] == "Re: Заявка"
    assert (mail["in-reply-to"], mail["references"]) == (FIRST, FIRST)
    assert mail["message-id"] == sent.id == f"<lead.{KEY}.out@ourdomain.example>"
    assert mail.get_content().strip() == "Согласны, завтра в 12:00"


async def test_every_try_of_a_message_has_the_same_message_id(server, sender):
    message = answer(sender)
    assert (await sender.send(message)).id == (await sender.send(message)).id


async def test_the_customers_next_mail_comes_into_the_same_conversation(server, sender):
    sent = await sender.send(answer(sender))
    raw = (
        f"From: petr@example.ru\r\nTo: {ADDRESS}\r\nMessage-ID: <2@example.ru>\r\n"
        f"In-Reply-To: {sent.id}\r\nReferences: {FIRST} {sent.id}\r\n\r\nOK\r\n"
    ).encode()
    (outcome,) = EmailAdapter(settings(1)).parse_item(item(raw))
    assert outcome.lead.thread == sent.id


async def test_a_copy_of_it_in_the_mailbox_is_the_same_lead(server, sender):
    sent = await sender.send(answer(sender))
    (outcome,) = EmailAdapter(settings(1)).parse_item(item(server.mails[0]))
    assert outcome.lead.direction == "out"
    assert outcome.lead.lead_id == ids.lead_id("email", "inbox", sent.echo)


def item(raw):
    return PollItem(item=None, body=raw, received_at="2026-01-01T00:00:00.000Z")


async def test_a_form_without_subject_is_answered_under_the_first_words(server, sender):
    lead = came("webform", "site", "email:petr@example.ru")
    await sender.send(sender.compose(lead, "Добрый день!\nВаш замер завтра."))
    mail = received(server)
    assert mail["subject"] == "Добрый день! Ваш замер завтра."
    assert mail["in-reply-to"] is None


@pytest.mark.parametrize("subject", ["Заявка\r\nBcc: a@x.ru", "Re: Заявка\nX: y"])
async def test_no_subject_adds_a_header(server, sender, subject):
    await sender.send(answer(sender, subject=subject))
    assert received(server)["bcc"] is None
    assert received(server)["x"] is None
    assert re.fullmatch(r"Re: Заявка (Bcc: a@x.ru|X: y)", received(server)["subject"])


@pytest.mark.parametrize(
    ("rcpt", "data", "error", "reason"),
    [
        ("550 5.1.1 no such user", "", Undeliverable, NotSent.BAD_RECIPIENT),
        ("451 4.7.1 greylisted", "", RetryLater, None),
        ("", "554 5.7.1 spam", Undeliverable, NotSent.REFUSED),
        ("", "452 4.3.1 full", RetryLater, None),
    ],
)
async def test_what_the_server_says_decides(server, sender, rcpt, data, error, reason):
    server.rcpt, server.data = rcpt, data
    with pytest.raises(error) as told:
        await sender.send(answer(sender))
    assert getattr(told.value, "reason", None) is reason
    assert not getattr(told.value, "unsure", False)
    assert "petr" not in str(told.value)


async def test_a_connection_cut_after_the_mail_leaves_open_whether_it_was_taken(server, sender):
    server.cuts = True
    with pytest.raises(RetryLater) as told:
        await sender.send(answer(sender))
    assert told.value.unsure
    server.cuts = False
    await sender.send(answer(sender))
    names = {message_from_bytes(mail)["message-id"] for mail in server.mails}
    assert len(names) == 1


async def test_what_never_reached_the_server_was_surely_not_sent():
    sender = EmailAdapter(settings(9)).sender()
    with pytest.raises(RetryLater) as told:
        await sender.send(answer(sender))
    assert not told.value.unsure


async def test_a_wrong_password_stops_the_account_and_is_not_repeated():
    peer = started(
        Server(),
        authenticator=lambda *_: AuthResult(success=False, handled=False),
        auth_require_tls=False,
    )
    given = settings(peer.bound, smtp_password="hunter2-of-the-mailbox")
    sender = EmailAdapter(given).sender()
    try:
        with pytest.raises(StopAdapter) as told:
            await sender.send(answer(sender))
    finally:
        peer.stop()
    assert "hunter2" not in str(told.value)


@pytest.mark.parametrize(
    ("lead", "text", "files", "reason"),
    [
        (came("telegram", "bot", "telegram:7"), "Да", (), NotSent.NO_ADDRESS),
        (came("webform", "s", "email:a@x.ru"), " ", (), NotSent.EMPTY),
        (
            came("webform", "s", "email:a@x.ru"),
            "Да",
            (Attachment(kind="photo", ref="x"),),
            NotSent.BAD_ATTACHMENT,
        ),
    ],
)
def test_what_no_mail_can_be_is_refused_while_its_author_waits(lead, text, files, reason):
    sender = EmailAdapter(settings(9)).sender()
    with pytest.raises(Undeliverable) as told:
        sender.compose(lead, text, files)
    assert told.value.reason is reason


def test_a_mailbox_without_a_mail_server_sends_nothing():
    assert EmailAdapter(EmailSettings(name="inbox", address=ADDRESS)).sender() is None


def test_a_mail_server_without_an_address_is_told_of_before_anything_starts():
    with pytest.raises(ValueError, match="address"):
        EmailSettings(name="inbox", smtp_host="smtp.yandex.ru")
