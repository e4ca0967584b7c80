"""Avito messenger (docs/providers.md, 6.5).

Avito sends a signature of which neither algorithm nor key is documented: it is not looked at, the
address carries a `secret_path` instead. What the account's owner writes names no customer, so it
is an echo. A call that Avito notes in the chat is a call of its author.
"""

from collections.abc import Sequence
from typing import Any

from channels.messengers.avito_content import attachments_of, fields_of, text_of
from channels.messengers.avito_sender import AvitoSender
from channels.sdk import identities
from channels.sdk.adapter import WebhookAdapter
from channels.sdk.batch import each_item
from channels.sdk.delivery import Delivery
from channels.sdk.errors import Unreadable
from channels.sdk.lead import Call, LeadEvent
from channels.sdk.outcome import Accepted, Ignored, IgnoreReason, Outcome, QuarantineReason
from channels.sdk.read import as_dict, as_int, as_text, read_json_object
from channels.sdk.sending import Sender
from channels.sdk.settings import AccountSettings, Secret
from channels.sdk.times import epoch_or_none
from channels.sdk.urls import check_url

_SYSTEM_AUTHORS = (0, 1)
_SERVICE_TYPES = frozenset({"system", "deleted"})


class AvitoSettings(AccountSettings, frozen=True, kw_only=True):
    """One Avito account."""

    user_id: int | str = ""
    """The account's own number; deliveries name it too."""
    client_id: str = ""
    client_secret: Secret = ""
    """With `client_id` and `user_id`, to answer: of the account's settings for developers."""
    api_url: str = "https://api.avito.ru"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_url("api_url", self.api_url)
        given = [bool(part) for part in (self.client_id, self.client_secret)]
        if any(given) and not (all(given) and self.user_id):
            raise ValueError("to answer, client_id, client_secret and user_id are needed together")


class AvitoAdapter(WebhookAdapter[AvitoSettings]):
    """One message a delivery."""

    account_type = "avito"
    channel = "avito"
    Settings = AvitoSettings

    def sender(self) -> Sender | None:
        ours = self.settings
        if not ours.client_id:
            return None
        client = (ours.client_id, ours.client_secret)
        return AvitoSender(ours.name, str(ours.user_id), client, ours.api_url)

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        body = read_json_object(delivery.body)
        return each_item([body], lambda one: self._outcome(delivery, one))

    def _outcome(self, delivery: Delivery, body: dict[str, Any]) -> Outcome:
        payload = as_dict(body.get("payload"))
        if payload.get("type") != "message":
            return Ignored(IgnoreReason.UNKNOWN_KIND, as_text(body.get("id")))
        message = payload.get("value")
        if not isinstance(message, dict):
            raise Unreadable(QuarantineReason.WRONG_TYPE, "payload.value must be an object")
        author = as_int(message.get("author_id"))
        if as_text(message.get("type")) in _SERVICE_TYPES or author in _SYSTEM_AUTHORS:
            return Ignored(IgnoreReason.SERVICE, as_text(message.get("id")))
        if author is not None and author in self._own_ids(message):
            return Ignored(IgnoreReason.ECHO, as_text(message.get("id")))
        return Accepted(self._lead(delivery, body, message, author))

    def _own_ids(self, message: dict[str, Any]) -> tuple[int | None, ...]:
        return as_int(message.get("user_id")), as_int(self.settings.user_id)

    def _lead(
        self,
        delivery: Delivery,
        body: dict[str, Any],
        message: dict[str, Any],
        author: int | None,
    ) -> LeadEvent:
        parts = [as_text(message.get(name)) for name in ("user_id", "chat_id", "id")]
        writer = identities.account("avito", author) if author is not None else None
        if writer is None or not parts[-1]:
            raise Unreadable(QuarantineReason.MISSING_FIELD, "payload.value: author_id and id")
        call = _call_of(message)
        return self.lead(
            delivery,
            kind="call" if call else "message",
            lead_key="/".join(parts),
            occurred_at=epoch_or_none(message.get("created") or body.get("timestamp")),
            identities=(writer,),
            text=text_of(message),
            attachments=attachments_of(message),
            call=call,
            fields=fields_of(message),
            thread=as_text(message.get("chat_id")),
        )


def _call_of(message: dict[str, Any]) -> Call | None:
    if message.get("type") != "call":
        return None
    status = as_text(as_dict(as_dict(message.get("content")).get("call")).get("status"))
    return Call(id=as_text(message.get("id")), state="missed" if status == "missed" else None)
