"""WhatsApp Cloud API (docs/providers.md, 6.2).

Decided where the reference is silent:

- A sender whose number WhatsApp shows is proven by it as account and as phone; the business-scoped
  `user_id`, which stays when the number is hidden, is one more proven account.
- Messages that were written in the WhatsApp Business app (`smb_message_echoes`) go out.
- Reactions, changed numbers and revoked messages are service messages; a message of a kind that
  nobody here knows is still a message of its sender.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from channels.messengers.meta import (
    GRAPH_API,
    UNKNOWN,
    Draft,
    Item,
    MetaAdapter,
    MetaSettings,
    items_of,
    moment,
)
from channels.messengers.meta_refusals import reason_of
from channels.messengers.whatsapp_content import content_of
from channels.messengers.whatsapp_sender import WhatsAppSender
from channels.sdk import identities
from channels.sdk.errors import Unreadable
from channels.sdk.lead import Identity, Profile
from channels.sdk.outcome import Ignored, IgnoreReason, QuarantineReason
from channels.sdk.read import as_dict, as_int, as_list, as_text
from channels.sdk.sending import Progress, Receipt, Sender
from channels.sdk.settings import Secret
from channels.sdk.urls import check_url

_LISTS = ("messages", "message_echoes", "statuses")
_SERVICE_FIELDS = ("account", "phone_number", "message_template", "business", "security", "user")
_SERVICE_TYPES = frozenset({"reaction", "system", "revoke", "request_welcome"})


class WhatsAppSettings(MetaSettings, frozen=True, kw_only=True):
    """One number; with the last three it can write."""

    access_token: Secret = ""
    phone_number_id: int | str = ""
    """Not the number itself: Meta's id of it."""
    api_url: str = GRAPH_API

    def __post_init__(self) -> None:
        super().__post_init__()
        check_url("api_url", self.api_url)
        if bool(self.access_token) != bool(self.phone_number_id):
            raise ValueError("to write, access_token and phone_number_id are needed together")


class WhatsAppAdapter(MetaAdapter):
    """Messages and echoes are leads; delivery states are counted, and told of what we wrote."""

    account_type = "whatsapp"
    channel = "whatsapp"
    Settings = WhatsAppSettings
    objects = MetaAdapter.objects | {"messages", "smb_message_echoes"}

    def sender(self) -> Sender | None:
        ours = self.settings
        if not isinstance(ours, WhatsAppSettings) or not ours.access_token:
            return None
        number = str(ours.phone_number_id)
        return WhatsAppSender(ours.name, ours.access_token, number, ours.api_url)

    def items(self, body: dict[str, Any]) -> Iterable[Item]:
        return (part for item in items_of(body) for part in _split(item))

    def read(self, item: Item) -> Draft | Ignored:
        value = item.value
        if message := _only(value, "messages"):
            return self._message(value, message)
        if message := _only(value, "message_echoes"):
            return self._echo(value, message)
        if status := _only(value, "statuses"):
            key = f"{as_text(status.get('id'))}/{as_text(status.get('status'))}"
            return Ignored(IgnoreReason.STATUS, key, receipts=_receipts(status))
        if wrong := [name for name in _LISTS if value.get(name)]:
            raise Unreadable(QuarantineReason.WRONG_TYPE, f"{wrong[0]} must hold objects")
        if value.get("errors") or item.field.startswith(_SERVICE_FIELDS):
            return Ignored(IgnoreReason.SERVICE)
        return UNKNOWN

    def _message(self, value: dict[str, Any], message: dict[str, Any]) -> Draft | Ignored:
        if as_text(message.get("type")) in _SERVICE_TYPES:
            return Ignored(IgnoreReason.SERVICE, as_text(message.get("id")))
        contact = as_dict(next(iter(as_list(value.get("contacts"))), None))
        number = as_text(message.get("from")) or as_text(contact.get("wa_id"))
        scoped = _scoped_id(message) or as_text(contact.get("user_id"))
        known = identities.present(*_proven(number), *_proven(scoped))
        if not known:
            raise Unreadable(QuarantineReason.MISSING_FIELD, "messages[].from or user_id")
        return self._draft(value, message, known) | {
            "profile": _profile(contact),
            "thread": known[0].value,
        }

    def _echo(self, value: dict[str, Any], message: dict[str, Any]) -> Draft | Ignored:
        known = identities.present(*_proven(as_text(message.get("to"))))
        if not known:
            return Ignored(IgnoreReason.ECHO)
        draft = self._draft(value, message, known)
        return draft | {"direction": "out", "thread": known[0].value}

    def _draft(
        self, value: dict[str, Any], message: dict[str, Any], known: tuple[Identity, ...]
    ) -> Draft:
        number = as_dict(value.get("metadata"))
        wamid = as_text(message.get("id"))
        if not wamid:
            raise Unreadable(QuarantineReason.MISSING_FIELD, "messages[].id")
        content = content_of(message, country=self.settings.country, besides=known)
        if line := as_text(number.get("display_phone_number")):
            content["fields"]["display_phone_number"] = line
        return {
            "lead_key": f"{as_text(number.get('phone_number_id'))}/{wamid}",
            "occurred_at": moment(message.get("timestamp")),
            "identities": known,
            **content,
        }


def _receipts(status: dict[str, Any]) -> tuple[Receipt, ...]:
    wamid, told = as_text(status.get("id")), as_text(status.get("status"))
    if not wamid or told not in set(Progress):
        return ()
    progress = Progress(told)
    if progress is not Progress.FAILED:
        return (Receipt(id=wamid, progress=progress),)
    error = as_dict(next(iter(as_list(status.get("errors"))), None))
    reason = reason_of(as_int(error.get("code")))
    return (Receipt(id=wamid, progress=progress, reason=reason),)


def _split(item: Item) -> Iterator[Item]:
    """One item for each message, echo and status, with the contact that is its sender."""
    value = as_dict(item.value)
    contacts = _by_id([as_dict(one) for one in as_list(value.get("contacts"))])
    shared = {name: value[name] for name in ("messaging_product", "metadata") if name in value}
    parts = [(name, one) for name in _LISTS for one in as_list(value.get(name))]
    for name, one in parts:
        contact = _contact_of(as_dict(one), contacts)
        own = {"contacts": [contact]} if contact else {}
        yield replace(item, value={**shared, **own, name: [one]})
    if not parts:
        yield item


def _by_id(contacts: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    named = ((contact, name) for contact in contacts for name in ("wa_id", "user_id"))
    found = {as_text(contact[name]): contact for contact, name in named if contact.get(name)}
    if len(contacts) == 1:
        found[""] = contacts[0]  # a message that names no sender has the only one
    return found


def _contact_of(
    message: dict[str, Any], contacts: dict[str, dict[str, Any]]
) -> dict[str, Any] | None:
    named = [name for name in (as_text(message.get("from")), _scoped_id(message)) if name]
    return next((contacts[name] for name in named or [""] if name in contacts), None)


def _scoped_id(message: dict[str, Any]) -> str:
    return as_text(message.get("user_id")) or as_text(message.get("from_user_id"))


def _only(value: dict[str, Any], name: str) -> dict[str, Any]:
    return as_dict(next(iter(as_list(value.get(name))), None))


def _proven(sender: str) -> tuple[Identity | None, ...]:
    """A number is account and phone; a business-scoped id is an account."""
    bare = sender.strip().removeprefix("+")
    account = identities.account("whatsapp", bare)
    if not bare.isdecimal():
        return (account,)
    return account, identities.phone(bare, proof="attested", international=True)


def _profile(contact: dict[str, Any]) -> Profile | None:
    profile = as_dict(contact.get("profile"))
    name, username = as_text(profile.get("name")), as_text(profile.get("username"))
    return Profile(name=name, username=username) if name or username else None
