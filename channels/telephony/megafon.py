"""Megafon VATS and other exchanges with ITooLabs' "CRM API" (docs/providers.md, 5.4).

One address, three commands: `event` (a state of a call), `history` (the call, once it is over) and
`contact` (who is this number: answered `{}`, for an adapter asks nobody). Decided here, as the
reference is silent:

* A wrong token is answered as the protocol documents, 401 `{"error":"Invalid token"}`.
* CANCELLED is missed: nobody, or somebody else of the group, answered; in the latter case another
  event of the call knows it.
* `history` tells the call's start: that is its time. Its `duration` is talk where the call
  succeeded, waiting where it did not.
* `rating`, the mark that the customer gives, amends the call.
"""

from collections.abc import Sequence
from typing import Any

from channels.sdk.adapter import WebhookAdapter
from channels.sdk.delivery import Delivery, Reply, json_reply
from channels.sdk.errors import NotAuthentic, Unreadable
from channels.sdk.lead import Call, CallState, Direction
from channels.sdk.outcome import Ignored, IgnoreReason, Outcome
from channels.sdk.read import read_json_object
from channels.sdk.settings import AccountSettings, Secret
from channels.sdk.signature import same
from channels.sdk.times import Timestamp
from channels.telephony.calls import MAX_BODY, CallNews, call_lead, required
from channels.telephony.forms import parameters
from channels.telephony.values import (
    calling_number,
    is_internal,
    other_fields,
    plain,
    recording_link,
    sane,
    seconds,
    wall_clock,
)

_STATES: dict[str, CallState] = {
    "INCOMING": "ringing",
    "OUTGOING": "ringing",
    "ACCEPTED": "answered",
    "TRANSFERRED": "answered",
    "COMPLETED": "ended",
    "CANCELLED": "missed",
}
_USED = {
    *("cmd", "crm_token", "callid", "user", "ext", "diversion", "start", "duration", "link"),
    *("direction", "type", "wait"),
}
_INVALID_TOKEN = json_reply(b'{"error":"Invalid token"}', status=401)


class MegafonSettings(AccountSettings, frozen=True, kw_only=True):
    crm_token: Secret
    """«Ключ для авторизации в вашей CRM»: the exchange sends it with every command."""

    def __post_init__(self) -> None:
        AccountSettings.__post_init__(self)
        if not self.crm_token:
            raise ValueError("crm_token is needed: the key that the exchange sends to the CRM")


class MegafonAdapter(WebhookAdapter[MegafonSettings]):
    """Commands as a form or, from newer accounts, as JSON."""

    account_type = "megafon"
    channel = "megafon"
    Settings = MegafonSettings
    max_body = MAX_BODY

    def verify(self, delivery: Delivery) -> None:
        self.verify_secret_path(delivery)
        try:
            given = plain(_command(delivery).get("crm_token"))
        except Unreadable:
            given = ""
        if not same(given, self.settings.crm_token):
            state = "wrong" if given else "missing"
            raise NotAuthentic(f"crm_token is {state}", status=401, reply=_INVALID_TOKEN)

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        told = {name: plain(value) for name, value in _command(delivery).items()}
        match told.get("cmd", "").lower():
            case "event":
                return (self._event(delivery, told),)
            case "history":
                return (self._history(delivery, told),)
            case "rating":
                return (self._rating(delivery, told),)
            case "contact":
                return (Ignored(IgnoreReason.SERVICE),)
            case _:
                return (Ignored(IgnoreReason.UNKNOWN_KIND),)

    def reply(self, delivery: Delivery, outcomes: Sequence[Outcome]) -> Reply:
        """`{}` also says that the contact is not known."""
        del delivery, outcomes
        return json_reply(b"{}")

    def _event(self, delivery: Delivery, told: dict[str, str]) -> Outcome:
        kind = told.get("type", "").upper()
        if kind not in _STATES:
            return Ignored(IgnoreReason.UNKNOWN_KIND)
        call_id = _call_id(told)
        outgoing = kind == "OUTGOING" or told.get("direction", "").lower() == "out"
        news = CallNews(
            key=call_id,
            delivery_key=f"{call_id}/{kind}/{told.get('user', '')}",
            call=_call(call_id, told, state=_STATES[kind]),
            direction="out" if outgoing else "in",
            first=kind in {"INCOMING", "OUTGOING"},
        )
        return self._of_customer(delivery, told, news)

    def _history(self, delivery: Delivery, told: dict[str, str]) -> Outcome:
        call_id = _call_id(told)
        direction: Direction = "out" if told.get("type", "").lower() == "out" else "in"
        spoke = told.get("status", "").lower() == "success"
        duration = seconds(told.get("duration"))
        call = _call(
            call_id,
            told,
            state="ended" if spoke else "missed",
            talk_s=duration if spoke else 0,
            wait_s=seconds(told.get("wait")) if spoke else duration or None,
            recording=recording_link(told.get("link", "")),
        )
        at = self._start(told, delivery)
        news = CallNews(key=call_id, delivery_key=call_id, call=call, direction=direction, at=at)
        return self._of_customer(delivery, told, news)

    def _rating(self, delivery: Delivery, told: dict[str, str]) -> Outcome:
        call_id = _call_id(told)
        call = _call(call_id, told)
        news = CallNews(key=call_id, delivery_key=f"{call_id}/rating", call=call)
        return self._of_customer(delivery, told, news)

    def _of_customer(self, delivery: Delivery, told: dict[str, str], news: CallNews) -> Outcome:
        number = told.get("phone", "")
        if is_internal(number):
            return Ignored(IgnoreReason.INTERNAL, news.delivery_key)
        customer = calling_number(number, self.settings.country)
        used = {*_USED, "phone"} if customer else _USED
        return call_lead(self, delivery, news.about(customer, other_fields(told, used)))

    def _start(self, told: dict[str, str], delivery: Delivery) -> Timestamp | None:
        return sane(wall_clock(told.get("start", ""), "UTC"), delivery.received_at)


def _command(delivery: Delivery) -> dict[str, Any]:
    if "json" in delivery.content_type or delivery.body.lstrip().startswith(b"{"):
        return read_json_object(delivery.body)
    return dict(parameters(delivery))


def _call_id(told: dict[str, str]) -> str:
    return required(told.get("callid", ""), "callid")


def _call(call_id: str, told: dict[str, str], **more: Any) -> Call:
    return Call(
        id=call_id,
        line=told.get("diversion", ""),
        extension=told.get("ext", ""),
        operator=told.get("user", ""),
        **more,
    )
