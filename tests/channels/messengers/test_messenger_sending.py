"""What WhatsApp, Instagram, MAX and Avito are asked to send, over a real socket."""

import msgspec
import pytest
from servers.provider import Cuts, Provider, Says
from support.came import KEY, came

from channels.messengers.avito import AvitoAdapter, AvitoSettings
from channels.messengers.instagram import InstagramAdapter, InstagramSettings
from channels.messengers.max import MaxAdapter, MaxSettings
from channels.messengers.whatsapp import WhatsAppAdapter, WhatsAppSettings
from channels.sdk.delivery import Delivery
from channels.sdk.errors import RateLimited, RetryLater, StopAdapter, Undeliverable
from channels.sdk.lead import Attachment
from channels.sdk.outcome import IgnoreReason
from channels.sdk.sending import NotSent, Progress, Receipt

SECRET = "example-token-of-an-account"


class Kind:
    """A channel as these tests need it."""

    def __init__(self, adapter, settings, lead, usual):
        self.adapter, self.settings, self.lead, self.usual = adapter, settings, lead, usual

    def sender(self, url):
        return self.adapter(msgspec.structs.replace(self.settings, api_url=url)).sender()


KINDS = {
    "whatsapp": Kind(
        WhatsAppAdapter,
        WhatsAppSettings(name="own", access_token=SECRET, phone_number_id=555),
        came("whatsapp", "own", "whatsapp:79210000014", thread="79210000014"),
        {"messaging_product": "whatsapp", "messages": [{"id": "wamid.OUT1"}]},
    ),
    "instagram": Kind(
        InstagramAdapter,
        InstagramSettings(name="own", access_token=SECRET, account_id="178"),
        came("instagram", "own", "instagram:IGSID1", thread="IGSID1"),
        {"recipient_id": "IGSID1", "message_id": "mid.OUT1"},
    ),
    "max": Kind(
        MaxAdapter,
        MaxSettings(name="own", bot_token=SECRET),
        came("max", "own", "max:77", thread="88"),
        {"message": {"body": {"mid": "mid.out1"}}},
    ),
    "avito": Kind(
        AvitoAdapter,
        AvitoSettings(name="own", user_id=100, client_id="client", client_secret=SECRET),
        came("avito", "own", "avito:200", thread="u2i-ex"),
        {"id": "m2", "created": 1735690901},
    ),
}
META = ["whatsapp", "instagram"]


@pytest.fixture(params=KINDS)
def kind(request):
    return KINDS[request.param]


@pytest.fixture
def provider(kind):
    def usually(asked):
        if asked.path == "/token":
            return Says({"access_token": "of-today", "expires_in": 86400})
        return Says(kind.usual)

    with Provider(usually) as provider:
        yield provider


@pytest.fixture
async def sender(kind, provider):
    sender = kind.sender(provider.url)
    yield sender
    await sender.close()


def said(provider):
    """What was asked but for tokens."""
    return [asked for asked in provider.asked if asked.path != "/token"]


def composed(kind, sender, text="Да", files=()):
    return msgspec.structs.replace(sender.compose(kind.lead, text, files), key=KEY)


ASKED = {
    "whatsapp": (
        "/555/messages",
        {},
        {
            "messaging_product": "whatsapp", "recipient_type": "individual", "to": "79210000014",
            "biz_opaque_callback_data": KEY, "type": "text",
            "text": {"body": "Да", "preview_url": False},
        },
    ),
    "instagram": (
        "/178/messages", {}, {"recipient": {"id": "IGSID1"}, "message": {"text": "Да"}},
    ),
    "max": ("/messages", {"chat_id": "88"}, {"text": "Да", "attachments": None}),
    "avito": (
        "/messenger/v1/accounts/100/chats/u2i-ex/messages",
        {},
        {"type": "text", "message": {"text": "Да"}},
    ),
}  # fmt: skip
TOLD = {
    "whatsapp": ("wamid.OUT1", "555/wamid.OUT1"),
    "instagram": ("mid.OUT1", "178/mid.OUT1"),
    "max": ("mid.out1", "mid.out1"),
    "avito": ("m2", "100/u2i-ex/m2"),
}
BEARERS = {
    "whatsapp": f"Bearer {SECRET}",
    "instagram": f"Bearer {SECRET}",
    "max": SECRET,
    "avito": "Bearer of-today",
}


async def test_a_reply_is_asked_for_as_the_provider_documents_it(kind, provider, sender):
    sent = await sender.send(composed(kind, sender))
    (asked,) = said(provider)
    channel = kind.adapter.channel
    assert (asked.path, asked.query, asked.body) == ASKED[channel]
    assert asked.headers["Authorization"] == BEARERS[channel]
    assert (sent.id, sent.echo) == TOLD[channel]


@pytest.mark.parametrize("act", [Cuts(), Says("<html>"), Says({}), Says({}, 503)])
async def test_an_answer_that_was_lost_leaves_open_whether_it_was_sent(kind, provider, sender, act):
    await sender.send(composed(kind, sender))  # has its token, where it needs one
    provider.script = [act]
    with pytest.raises(RetryLater) as told:
        await sender.send(composed(kind, sender))
    assert told.value.unsure
    assert SECRET not in str(told.value)


async def test_429_pauses_the_account_for_as_long_as_the_provider_says(kind, provider, sender):
    provider.script = [Says({}, 429, {"Retry-After": "17"})]
    with pytest.raises(RateLimited) as told:
        await sender.send(composed(kind, sender))
    assert told.value.after_s == 17


async def test_a_token_that_is_not_known_stops_the_account(kind, provider, sender):
    provider.usually = lambda _: Says({}, 401)
    with pytest.raises(StopAdapter) as told:
        await sender.send(composed(kind, sender))
    assert SECRET not in str(told.value)


async def test_what_never_reached_the_provider_was_surely_not_sent(kind):
    sender = kind.sender("http://127.0.0.1:9")
    with pytest.raises(RetryLater) as told:
        await sender.send(composed(kind, sender))
    assert not told.value.unsure
    await sender.close()


async def test_what_is_too_long_or_empty_is_refused_while_its_author_waits(kind, sender):
    for text, reason in (("а" * 5000, NotSent.TOO_LONG), (" ", NotSent.EMPTY)):
        with pytest.raises(Undeliverable) as told:
            sender.compose(kind.lead, text)
        assert told.value.reason is reason


async def test_a_lead_that_names_nobody_here_has_no_address(kind, sender):
    with pytest.raises(Undeliverable) as told:
        sender.compose(came("webform", "site", "email:a@x.ru"), "Да")
    assert told.value.reason is NotSent.NO_ADDRESS


def test_an_account_without_its_token_sends_nothing(kind):
    empty = {"access_token": "", "phone_number_id": "", "bot_token": "", "client_id": "",
             "client_secret": ""}  # fmt: skip
    ours = {name: "" for name in empty if hasattr(kind.settings, name)}
    assert kind.adapter(msgspec.structs.replace(kind.settings, **ours)).sender() is None


META_FAULTS = [
    (131047, None, Undeliverable, NotSent.WINDOW_CLOSED),
    (10, 2534022, Undeliverable, NotSent.WINDOW_CLOSED),
    (131026, None, Undeliverable, NotSent.BAD_RECIPIENT),
    (551, None, Undeliverable, NotSent.BLOCKED),
    (999999, None, Undeliverable, NotSent.REFUSED),
    (190, None, StopAdapter, None),
    (130429, None, RateLimited, None),
    (131056, None, RetryLater, None),
]


@pytest.mark.parametrize("kind", META, indirect=False)
@pytest.mark.parametrize(("code", "subcode", "error", "reason"), META_FAULTS)
async def test_metas_errors_have_names(kind, code, subcode, error, reason):
    body = {"error": {"code": code, "error_subcode": subcode, "message": "of Meta"}}
    with Provider(lambda _: Says(body, 400)) as provider:
        sender = KINDS[kind].sender(provider.url)
        with pytest.raises(error) as told:
            await sender.send(composed(KINDS[kind], sender))
        await sender.close()
    assert getattr(told.value, "reason", None) is reason


MAX_FAULTS = [
    (403, "chat.denied", NotSent.BLOCKED),
    (403, "error.dialog.suspended", NotSent.BLOCKED),
    (404, "chat.not.found", NotSent.BAD_RECIPIENT),
    (400, "proto.payload", NotSent.REFUSED),
]


@pytest.mark.parametrize(("status", "code", "reason"), MAX_FAULTS)
async def test_max_errors_have_names(status, code, reason):
    with Provider(lambda _: Says({"code": code, "message": "of MAX"}, status)) as provider:
        sender = KINDS["max"].sender(provider.url)
        with pytest.raises(Undeliverable) as told:
            await sender.send(composed(KINDS["max"], sender))
        await sender.close()
    assert told.value.reason is reason


async def test_a_user_of_max_without_a_chat_is_written_to_by_their_id():
    kind = KINDS["max"]
    with Provider(lambda _: Says(kind.usual)) as provider:
        sender = kind.sender(provider.url)
        lead = came("max", "own", "max:77", thread="77")
        await sender.send(sender.compose(lead, "Да"))
        await sender.close()
    assert provider.asked[0].query == {"user_id": "77"}


async def test_avitos_token_is_asked_for_once_and_again_when_it_is_not_taken():
    kind, tokens = KINDS["avito"], []

    def usually(asked):
        if asked.path == "/token":
            tokens.append(asked.fields)
            return Says({"access_token": f"token-{len(tokens)}", "expires_in": 86400})
        good = asked.headers["Authorization"] == "Bearer token-2"
        return Says(kind.usual) if good or len(provider.asked) < 4 else Says({}, 401)

    with Provider(usually) as provider:
        sender = kind.sender(provider.url)
        for _ in range(3):
            await sender.send(composed(kind, sender))
        await sender.close()
    assert len(tokens) == 2
    assert tokens[0]["grant_type"] == "client_credentials"
    assert provider.asked[-1].headers["Authorization"] == "Bearer token-2"


async def test_whatsapp_sends_a_file_by_its_handle():
    kind = KINDS["whatsapp"]
    with Provider(lambda _: Says(kind.usual)) as provider:
        sender = kind.sender(provider.url)
        await sender.send(composed(kind, sender, "Смета", [Attachment(kind="document", ref="9")]))
        await sender.close()
    assert provider.asked[0].body["document"] == {"id": "9", "caption": "Смета"}


def whatsapp_status(**status):
    value = {"metadata": {"phone_number_id": "555"}, "statuses": [status]}
    body = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
    }
    return parsed(WhatsAppAdapter(WhatsAppSettings(name="own")), body)


def parsed(adapter, body):
    delivery = Delivery(
        method="POST", url="/in/own", headers={}, body=msgspec.json.encode(body),
        remote_ip="127.0.0.1", received_at="2026-01-01T00:00:00.000Z",
    )  # fmt: skip
    (outcome,) = adapter.parse(delivery)
    return outcome


@pytest.mark.parametrize("told", ["sent", "delivered", "read"])
def test_whatsapps_statuses_tell_of_the_message(told):
    outcome = whatsapp_status(id="wamid.OUT1", status=told)
    assert outcome.reason is IgnoreReason.STATUS
    assert outcome.receipts == (Receipt(id="wamid.OUT1", progress=Progress(told)),)


def test_a_failed_status_tells_why():
    outcome = whatsapp_status(id="wamid.OUT1", status="failed", errors=[{"code": 131047}])
    failed = Receipt(id="wamid.OUT1", progress=Progress.FAILED, reason=NotSent.WINDOW_CLOSED)
    assert outcome.receipts == (failed,)


@pytest.mark.parametrize("status", [{}, {"id": 7, "status": []}, {"id": "x", "status": "new"}])
def test_a_status_that_nobody_knows_is_only_counted(status):
    assert getattr(whatsapp_status(**status, x=1), "receipts", ()) == ()


def test_instagram_tells_what_was_seen():
    event = {"sender": {"id": "IGSID1"}, "recipient": {"id": "178"}, "read": {"mid": "mid.OUT1"}}
    body = {"object": "instagram", "entry": [{"id": "178", "messaging": [event]}]}
    outcome = parsed(InstagramAdapter(InstagramSettings(name="own")), body)
    assert outcome.receipts == (Receipt(id="mid.OUT1", progress=Progress.READ),)
