"""Mail handed over by a real client: 250 only once it is on the log, whatever goes wrong."""

import asyncio
import smtplib
from contextlib import asynccontextmanager, suppress

import msgspec
import pytest
from servers.process import free_port

from channels.email.adapter import EmailAdapter
from ingest.log.port import LogUnavailable, RecordType
from ingest.mail.receiver import MailReceiver, Recipients, listen
from ingest.pollers.intake import Intake

NOW = "2026-02-01T10:00:00.000Z"
SALES, SUPPORT = "sales@shop.example", "support@shop.example"
MAIL = (
    b"From: ira@example.ru\r\nMessage-ID: <1@example.ru>\r\nSubject: Kitchen\r\n\r\nHow much?\r\n"
)


class Log:
    def __init__(self):
        self.fault = None
        self.taken = []

    async def append(self, records):
        await asyncio.sleep(0)
        if self.fault:
            raise self.fault
        self.taken += records

    @property
    def leads(self):
        return [msgspec.json.decode(r.value) for r in self.taken if r.type is RecordType.LEAD]


@pytest.fixture
def log():
    return Log()


@asynccontextmanager
async def door(log, protocol, **limits):
    settings = EmailAdapter.Settings.from_table
    accounts = {
        "sales": EmailAdapter(settings({"name": "sales", "address": SALES})),
        "support": EmailAdapter(settings({"name": "support", "aliases": [SUPPORT, "@x.example"]})),
    }
    receiver = MailReceiver(
        Recipients({a: name for name, adapter in accounts.items() for a in adapter.receives}),
        {name: Intake(adapter, log) for name, adapter in accounts.items()},
        clock=lambda: NOW,
        protocol=protocol,
    )
    port = free_port()
    given = {"max_bytes": 2 * 1024 * 1024, "max_connections": 3, **limits}
    server = await listen(receiver, host="127.0.0.1", port=port, protocol=protocol, **given)
    try:
        yield port
    finally:
        server.close()


def send(port, mail=MAIL, to=(SALES,), *, sender="ira@example.ru"):
    """What the client heard: recipients that were refused; it raises for all others."""
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        return client.sendmail(sender, list(to), mail)


async def sent(port, *args, **kwargs):
    return await asyncio.to_thread(send, port, *args, **kwargs)


async def test_a_mail_is_a_lead_of_the_account_of_its_recipient(log):
    async with door(log, "smtp") as port:
        await sent(port)
        await sent(port, to=[SUPPORT])
    assert [(lead["account"], lead["text"]) for lead in log.leads] == [
        ("sales", "How much?"),
        ("support", "How much?"),
    ]


@pytest.mark.parametrize(
    ("address", "account"),
    [
        ("Sales@Shop.Example", "sales"),
        ("sales+advert@shop.example", "sales"),
        ("anybody@x.example", "support"),
    ],
)
async def test_recipients_are_known_in_any_spelling(log, address, account):
    async with door(log, "smtp") as port:
        await sent(port, to=[address])
    assert [lead["account"] for lead in log.leads] == [account]


async def test_an_unknown_recipient_is_refused_by_name_and_the_others_are_served(log):
    async with door(log, "smtp") as port:
        refused = await sent(port, to=["nobody@shop.example", SALES])
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            await sent(port, to=["nobody@elsewhere.example"])
    assert {a: code for a, (code, _) in refused.items()} == {"nobody@shop.example": 550}
    assert len(log.leads) == 1


async def test_a_log_that_is_down_is_a_451_and_the_repeat_is_the_same_lead(log):
    async with door(log, "smtp") as port:
        log.fault = LogUnavailable("the disk is full")
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            await sent(port)
        log.fault = None
        await sent(port)
        await sent(port)
    assert refusal.value.smtp_code == 451
    assert len({lead["lead_id"] for lead in log.leads}) == 1


async def test_a_fault_of_ours_is_a_451(log):
    async with door(log, "smtp") as port:
        log.fault = KeyError("a bug")
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            await sent(port)
    assert refusal.value.smtp_code == 451


async def test_a_mail_over_the_limit_is_refused_before_and_after_it_is_sent(log):
    large = MAIL + b"x" * 70 + b"\r\n" * 200_000
    async with door(log, "smtp", max_bytes=100_000) as port:
        with pytest.raises(smtplib.SMTPSenderRefused) as told_before:
            await sent(port, large)
        with pytest.raises(smtplib.SMTPDataError) as told_after:
            await asyncio.to_thread(send_without_telling_the_size, port, large)
        await sent(port)  # and the door is still open
    assert (told_before.value.smtp_code, told_after.value.smtp_code) == (552, 552)
    assert len(log.leads) == 1


def send_without_telling_the_size(port, mail):
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.helo()
        client.mail("ira@example.ru")
        client.rcpt(SALES)
        code, text = client.data(mail)
        raise smtplib.SMTPDataError(code, text)


async def test_of_a_long_mail_the_beginning_is_kept_and_its_size_told(log):
    async with door(log, "smtp") as port:
        await sent(port, MAIL + b"word " * 10_000 + b"\r\n" + b"x\r\n" * 400_000)
    (lead,) = log.leads
    assert int(lead["fields"]["mail_bytes"]) > 1_200_000


async def test_bytes_come_as_they_were_sent(log):
    koi8 = MAIL.replace(b"How much?", "Сколько? ".encode("koi8-r") + b"\r\n.dot\r\n" + b"y" * 5000)
    typed = koi8.replace(b"Subject", b"Content-Type: text/plain; charset=koi8-r\r\nSubject")
    async with door(log, "smtp") as port:
        await sent(port, typed)
    (lead,) = log.leads
    assert lead["text"].startswith("Сколько?")
    assert "\n.dot" in lead["text"].replace("\r", "")


async def test_a_bounce_is_known_by_the_sender_of_its_envelope(log):
    async with door(log, "smtp") as port:
        await sent(port, sender="")
    assert log.leads == []
    assert [r.type for r in log.taken] == [RecordType.IGNORED]


async def test_a_connection_cut_in_the_midst_of_a_mail_stores_nothing(log):
    async with door(log, "smtp") as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<sales@shop.example>\r\nDATA\r\n"
        )
        with suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"354")
        writer.write(MAIL[:60])
        await writer.drain()
        writer.transport.abort()
        await sent(port, to=[SUPPORT])
    assert [lead["account"] for lead in log.leads] == ["support"]


async def test_one_connection_too_many_is_told_to_come_again(log):
    async with door(log, "smtp", max_connections=2) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for reader, _ in held:
            assert (await reader.readline()).startswith(b"220")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert (await reader.readline()).startswith(b"421")
        for _, each in [*held, (reader, writer)]:
            each.close()
            await each.wait_closed()
        await asyncio.sleep(0.05)
        await sent(port)
    assert len(log.leads) == 1


async def test_lmtp_answers_for_each_recipient(log):
    async with door(log, "lmtp") as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"LHLO mx\r\nMAIL FROM:<a@b.example>\r\n")
        writer.write(f"RCPT TO:<{SALES}>\r\nRCPT TO:<{SUPPORT}>\r\nDATA\r\n".encode())
        await reader.readuntil(b"354")
        await reader.readline()
        writer.write(MAIL + b".\r\n")
        answers = [await reader.readline(), await reader.readline()]
        writer.close()
    assert [answer[:4] for answer in answers] == [b"250 ", b"250 "]
    assert {lead["account"] for lead in log.leads} == {"sales", "support"}


async def test_a_real_lmtp_client_is_served(log):
    def deliver(port):
        with smtplib.LMTP("127.0.0.1", port, timeout=30) as client:
            return client.sendmail("ira@example.ru", [SALES], MAIL)

    async with door(log, "lmtp") as port:
        assert await asyncio.to_thread(deliver, port) == {}
    assert len(log.leads) == 1
