"""UIS, CoMagic, CallGear and Novofon 2.0: notifications by the owner's template (channels.md, 5.3).

The owner writes what is sent, so nothing is certain but the names of the variables: each is looked
for by its name at any depth, in JSON, a form or the address. Nothing is signed: give the account a
`secret_path`. Decided here, as the reference is silent:

* A variable that was left unexpanded (`{{utm_term}}`), `null` or `undefined` counts as absent.
* What happened is told by `is_lost`, the words of `notification_mnemonic` (else of the event's
  name), then by the fields that came: what has a duration or a reason of its end is over, and
  without a second of talk it was missed.
* `visitor_id`, `ua_client_id` and `ym_client_id` are the visitor's claimed identities.
* Communications that are no calls (chats, goals) are of a kind unknown here.
"""

from collections.abc import Sequence
from typing import Any

from channels.sdk.adapter import WebhookAdapter
from channels.sdk.campaigns import LABELS, campaign
from channels.sdk.delivery import Delivery
from channels.sdk.identities import visitor
from channels.sdk.ids import content_key
from channels.sdk.lead import Call, Profile
from channels.sdk.outcome import Ignored, IgnoreReason, Outcome
from channels.sdk.read import read_json_object
from channels.sdk.settings import AccountSettings
from channels.sdk.times import Timestamp
from channels.telephony.calls import MAX_BODY, CallNews, call_lead, required
from channels.telephony.forms import parameters
from channels.telephony.uis_variables import (
    direction_of,
    first_of,
    flag,
    is_first,
    state_of,
    variables,
)
from channels.telephony.values import (
    after,
    calling_number,
    epoch,
    is_credential,
    is_internal,
    recording_link,
    sane,
    seconds,
    wall_clock,
)

_CUSTOMER = {
    "in": ("contact_phone_number", "calling_phone_number", "numa", "caller"),
    "out": ("contact_phone_number", "called_phone_number", "numb", "called"),
}
_VISITOR = ("ym_client_id", "ua_client_id", "visitor_id")
_RECORDING = ("full_record_file_link", "record_file_link", "file_link", "record_link")
_USED = {
    *("call_session_id", "notification_mnemonic", "notification_time", "notification_timestamp"),
    *("direction", "is_lost", "is_internal", "start_time", "talk_time_duration"),
    *("wait_time_duration", "virtual_phone_number", "employee_full_name"),
    *("extension_phone_number", "contact_full_name", *_VISITOR, *_RECORDING, *LABELS),
}


class UisAdapter(WebhookAdapter[AccountSettings]):
    """One notification, one lead event of the call that `call_session_id` names."""

    account_type = "uis"
    channel = "uis"
    methods = frozenset({"GET", "POST", "PUT"})
    max_body = MAX_BODY

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        told = variables(_payload(delivery))
        if told.get("communication_type", "call").lower() not in {"call", "звонок"}:
            return (Ignored(IgnoreReason.UNKNOWN_KIND),)
        call_id = required(first_of(told, "call_session_id", "communication_id"), "call_session_id")
        mnemonic = first_of(told, "notification_mnemonic", "event", "notification_name")
        content = content_key(delivery.body or delivery.query.encode(), delivery.received_at)
        delivery_key = f"{call_id}/{mnemonic or content}"
        direction = direction_of(told)
        customer = first_of(told, *_CUSTOMER[direction])
        if flag(told, "is_internal") or is_internal(customer):
            return (Ignored(IgnoreReason.INTERNAL, delivery_key),)
        identity = calling_number(customer, self.settings.country)
        at = self._time(told, "notification_timestamp", "notification_time", delivery)
        name = told.get("contact_full_name", "")
        news = CallNews(
            key=call_id,
            delivery_key=delivery_key,
            call=self._call(call_id, told, at, delivery),
            direction=direction,
            at=at or self._time(told, "start_time", "start_time", delivery),
            first=is_first(told),
            identities=(identity, *(visitor(told.get(name, "")) for name in _VISITOR)),
            profile=Profile(name=name) if name else None,
            campaign=campaign(told, referrer=told.get("referrer", "")),
            fields=_others(told, customer if identity else ""),
        )
        return (call_lead(self, delivery, news),)

    def _call(
        self, call_id: str, told: dict[str, str], at: Timestamp | None, delivery: Delivery
    ) -> Call:
        state = state_of(told)
        started = self._time(told, "start_time", "start_time", delivery)
        waited = seconds(told.get("wait_time_duration"))
        talked = 0 if state == "missed" else seconds(told.get("talk_time_duration"))
        answered = after(started, waited) if talked else None
        return Call(
            id=call_id,
            line=told.get("virtual_phone_number", ""),
            extension=told.get("extension_phone_number", ""),
            state=state,
            answered_at=at if state == "answered" else answered,
            ended_at=at if state in {"ended", "missed"} else None,
            wait_s=waited,
            talk_s=talked,
            recording=recording_link(first_of(told, *_RECORDING)),
            operator=told.get("employee_full_name", ""),
        )

    def _time(
        self, told: dict[str, str], exact: str, local: str, delivery: Delivery
    ) -> Timestamp | None:
        read = epoch(told.get(exact)) or wall_clock(told.get(local, ""), self.settings.timezone)
        return sane(read, delivery.received_at)


def _payload(delivery: Delivery) -> dict[str, Any]:
    """What the template made: JSON in the body, else a form, else the address."""
    body = delivery.body.lstrip()
    if body.startswith((b"{", b"[")) or "json" in delivery.content_type:
        return {**parameters(_without_body(delivery)), **read_json_object(body)}
    return dict(parameters(delivery))


def _without_body(delivery: Delivery) -> Delivery:
    return Delivery(url=delivery.url, received_at=delivery.received_at)


def _others(told: dict[str, str], customer: str) -> dict[str, str]:
    numbers = {*_CUSTOMER["in"], *_CUSTOMER["out"]}
    return {
        name[:100] or "?": text
        for name, text in told.items()
        if name not in _USED
        and not is_credential(name)
        and not (name in numbers and text == customer)
    }
