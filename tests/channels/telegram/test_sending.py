"""What the bot sends, and what it makes of Telegram's answers, over a real socket."""

import pytest
from servers.provider import Cuts, Provider, Says

from channels.sdk.errors import RateLimited, RetryLater, StopAdapter, Undeliverable
from channels.sdk.lead import Attachment, Identity, LeadContent
from channels.sdk.sending import NotSent
from channels.telegram.adapter import TelegramAdapter, TelegramSettings

TOKEN = "700000001:AAexample-token-of-a-bot-0123456789"


def took(asked):
    chat = int(asked.fields["chat_id"])
    message = {"message_id": 93, "date": 1735689700, "chat": {"id": chat, "type": "private"}}
    return Says({"ok": True, "result": message})


def fault(status, description, **parameters):
    body = {"ok": False, "error_code": status, "description": description}
    return Says(body | ({"parameters": parameters} if parameters else {}), status)


@pytest.fixture
def telegram():
    with Provider(took) as provider:
        yield provider


@pytest.fixture
async def sender(telegram):
    settings = TelegramSettings(name="bot", token=TOKEN, api_url=telegram.url)
    sender = TelegramAdapter(settings).sender()
    yield sender
    await sender.close()


def lead(**content):
    given = {"channel": "telegram", "account": "bot", "thread": "5550000042", **content}
    who = Identity(kind="telegram", value="5550000042", proof="attested")
    return LeadContent(
        lead_id="00000000-0000-4000-8000-000000000001",
        event_id="00000000-0000-4000-8000-000000000001",
        kind="message",
        direction="in",
        occurred_at="2026-01-01T00:00:00.000Z",
        received_at="2026-01-01T00:00:00.000Z",
        **{"identities": (who,), **given},
    )


async def test_a_reply_goes_to_the_chat_of_the_lead(telegram, sender):
    sent = await sender.send(sender.compose(lead(), "Добрый день"))
    (asked,) = telegram.asked
    assert asked.path == f"/bot{TOKEN}/sendMessage"
    assert (asked.fields["chat_id"], asked.fields["text"]) == ("5550000042", "Добрый день")
    assert (sent.id, sent.echo) == ("5550000042/93", "5550000042/93")


async def test_a_reply_to_a_business_message_goes_through_its_connection(telegram, sender):
    message = sender.compose(lead(fields={"business_connection_id": "bc_AbCd"}), "Да")
    sent = await sender.send(message)
    assert telegram.asked[0].fields["business_connection_id"] == "bc_AbCd"
    assert sent.echo == "bc_AbCd/5550000042/93"


async def test_a_lead_of_another_channel_is_written_to_by_its_telegram_identity(sender):
    message = sender.compose(lead(channel="webform", account="site", thread="x"), "Да")
    assert message.to == "5550000042"


async def test_a_lead_without_telegram_cannot_be_written_to(sender):
    with pytest.raises(Undeliverable) as told:
        sender.compose(lead(channel="webform", account="site", identities=()), "Да")
    assert told.value.reason is NotSent.NO_ADDRESS


async def test_a_file_is_sent_by_its_handle_with_the_text_as_caption(telegram, sender):
    file = Attachment(kind="photo", ref="AgACAgIAAxkBAAI")
    await sender.send(sender.compose(lead(), "Вот", (file,)))
    assert telegram.asked[0].path.endswith("/sendPhoto")
    assert telegram.asked[0].fields["photo"] == "AgACAgIAAxkBAAI"
    assert telegram.asked[0].fields["caption"] == "Вот"


@pytest.mark.parametrize(
    ("text", "files", "reason"),
    [
        ("а" * 4097, (), NotSent.TOO_LONG),
        ("а" * 1025, (Attachment(kind="photo", ref="x"),), NotSent.TOO_LONG),
        (" ", (), NotSent.EMPTY),
        ("да", (Attachment(kind="contact", ref="x"),), NotSent.BAD_ATTACHMENT),
        ("да", (Attachment(kind="photo", ref="x"),) * 2, NotSent.BAD_ATTACHMENT),
    ],
)
async def test_what_telegram_would_refuse_is_refused_while_its_author_waits(
    sender, text, files, reason
):
    with pytest.raises(Undeliverable) as told:
        sender.compose(lead(), text, files)
    assert told.value.reason is reason


async def test_429_pauses_the_account_for_as_long_as_telegram_says(telegram, sender):
    telegram.script = [fault(429, "Too Many Requests: retry after 17", retry_after=17)]
    with pytest.raises(RateLimited) as told:
        await sender.send(sender.compose(lead(), "Да"))
    assert told.value.after_s == 17


@pytest.mark.parametrize("act", [Cuts(), fault(502, "Bad Gateway"), Says("<html>", 200)])
async def test_an_answer_that_was_lost_leaves_open_whether_it_was_sent(telegram, sender, act):
    telegram.script = [act]
    with pytest.raises(RetryLater) as told:
        await sender.send(sender.compose(lead(), "Да"))
    assert told.value.unsure
    assert TOKEN not in str(told.value)


async def test_what_never_reached_telegram_was_surely_not_sent():
    settings = TelegramSettings(name="bot", token=TOKEN, api_url="http://127.0.0.1:9")
    sender = TelegramAdapter(settings).sender()
    try:
        with pytest.raises(RetryLater) as told:
            await sender.send(sender.compose(lead(), "Да"))
    finally:
        await sender.close()
    assert not told.value.unsure


async def test_an_answer_that_the_models_refuse_still_says_that_it_was_sent(telegram, sender):
    telegram.script = [Says({"ok": True, "result": {"message_id": 94}})]
    assert (await sender.send(sender.compose(lead(), "Да"))).id == "5550000042/94"


@pytest.mark.parametrize(
    ("status", "description", "reason"),
    [
        (403, "Forbidden: bot was blocked by the user", NotSent.BLOCKED),
        (400, "Bad Request: chat not found", NotSent.BAD_RECIPIENT),
        (400, "Bad Request: message is too long", NotSent.TOO_LONG),
        (400, "Bad Request: wrong file identifier/HTTP URL specified", NotSent.BAD_ATTACHMENT),
        (400, "Bad Request: something new", NotSent.REFUSED),
    ],
)
async def test_a_refusal_for_good_has_a_name(telegram, sender, status, description, reason):
    telegram.script = [fault(status, description)]
    with pytest.raises(Undeliverable) as told:
        await sender.send(sender.compose(lead(), "Да"))
    assert told.value.reason is reason


async def test_a_revoked_token_stops_the_account_and_is_not_repeated(telegram, sender):
    telegram.script = [fault(401, "Unauthorized")]
    with pytest.raises(StopAdapter) as told:
        await sender.send(sender.compose(lead(), "Да"))
    assert TOKEN not in str(told.value)


def test_a_bot_without_token_sends_nothing():
    assert TelegramAdapter(TelegramSettings(name="bot")).sender() is None
