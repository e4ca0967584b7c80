"""Zadarma and Novofon (API 1.0): notifications of the cloud exchange (channels.md, 5.2).

The signature covers who called whom and when, not the event: keep the address secret as well.
Decided here, as the reference is silent:

* Every notification carries the call's start as its only time. So that the fold can order them,
  `seq` is the event's place in a call's life.
* NOTIFY_INTERNAL is an incoming call that rings an extension, not a call between colleagues; such
  a one is known by its parties: an extension on both sides.
* `pbx_call_id` tells the direction (`in_`, `out_`) where the event does not.
* Repeats of NOTIFY_IVR and of NOTIFY_RECORD in one call differ by their keys pressed and recording.
* An incoming SMS is a message of its sender; it has no id.
"""

import base64
from collections.abc import Sequence

from channels.sdk.adapter import WebhookAdapter
from channels.sdk.delivery import Delivery, Reply, json_reply
from channels.sdk.errors import NotAuthentic
from channels.sdk.identities import present
from channels.sdk.ids import content_key
from channels.sdk.outcome import Accepted, Ignored, IgnoreReason, Outcome
from channels.sdk.read import first_values, read_json_object, read_pairs
from channels.sdk.settings import AccountSettings, Secret
from channels.sdk.signature import hmac_hex, same
from channels.telephony.calls import MAX_BODY, CallNews, call_lead, required
from channels.telephony.forms import parameters, signed_form
from channels.telephony.values import (
    calling_number,
    is_internal,
    other_fields,
    plain,
    sane,
    wall_clock,
)
from channels.telephony.zadarma_call import STATES, call_of, direction_of, distinction, parties

_SIGNED = {
    "NOTIFY_START": ("caller_id", "called_did", "call_start"),
    "NOTIFY_INTERNAL": ("caller_id", "called_did", "call_start"),
    "NOTIFY_END": ("caller_id", "called_did", "call_start"),
    "NOTIFY_IVR": ("caller_id", "called_did", "call_start"),
    "NOTIFY_ANSWER": ("caller_id", "destination", "call_start"),
    "NOTIFY_OUT_START": ("internal", "destination", "call_start"),
    "NOTIFY_OUT_END": ("internal", "destination", "call_start"),
    "NOTIFY_RECORD": ("pbx_call_id", "call_id_with_rec"),
}
"""Event → the fields that its signature covers; every other event signs `result`."""

_USED = {
    *("event", "pbx_call_id", "call_start", "called_did", "internal", "duration"),
    *("call_id_with_rec", "is_recorded"),
}
_OTHERS = {"NUMBER_LOOKUP": IgnoreReason.SERVICE, "SPEECH_RECOGNITION": IgnoreReason.SERVICE}


class ZadarmaSettings(AccountSettings, frozen=True, kw_only=True):
    """`timezone` must be that of the exchange's account: its times carry none."""

    secret: Secret
    """The API secret, from Settings → API."""

    def __post_init__(self) -> None:
        AccountSettings.__post_init__(self)
        if not self.secret:
            raise ValueError("secret is needed: the API secret from the personal account")


class ZadarmaAdapter(WebhookAdapter[ZadarmaSettings]):
    """Calls and SMS of one exchange; the check of the address is answered with its echo."""

    account_type = "zadarma"
    channel = "zadarma"
    Settings = ZadarmaSettings
    methods = frozenset({"GET", "POST"})
    max_body = MAX_BODY

    def handshake(self, delivery: Delivery) -> Reply | None:
        asked = first_values(read_pairs(delivery.query))
        if delivery.method != "GET" or "zd_echo" not in asked:
            return None
        self.verify_secret_path(delivery)
        return Reply(body=asked["zd_echo"].encode())

    def verify(self, delivery: Delivery) -> None:
        self.verify_secret_path(delivery)
        given = delivery.headers.get("signature", "").strip()
        if not given:
            raise NotAuthentic("the Signature header is missing", status=401)
        form = signed_form(delivery)
        event = form.get("event", b"").decode("latin-1")
        signed = b"".join(form.get(name, b"") for name in _SIGNED.get(event, ("result",)))
        expected = hmac_hex(self.settings.secret, signed, "sha1")
        as_hex = base64.b64encode(expected.encode()).decode()
        as_bytes = base64.b64encode(bytes.fromhex(expected)).decode()
        if not (same(given, as_hex) | same(given, as_bytes)):
            raise NotAuthentic("the Signature header is wrong", status=403)

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        told = parameters(delivery)
        event = told.get("event", "")
        if event == "SMS":
            return (self._sms(delivery, told),)
        if event not in STATES:
            return (Ignored(_OTHERS.get(event, IgnoreReason.UNKNOWN_KIND)),)
        return (self._call(delivery, event, {name: plain(told[name]) for name in told}),)

    def reply(self, delivery: Delivery, outcomes: Sequence[Outcome]) -> Reply:
        """No commands: the call goes on as the exchange is set up."""
        del delivery, outcomes
        return json_reply(b"{}")

    def _call(self, delivery: Delivery, event: str, told: dict[str, str]) -> Outcome:
        call_id = required(told.get("pbx_call_id", ""), "pbx_call_id")
        delivery_key = "/".join(filter(None, (call_id, event, distinction(event, told))))
        direction = direction_of(event, call_id)
        theirs, ours = parties(event, direction, told)
        if is_internal(theirs):
            return Ignored(IgnoreReason.INTERNAL, delivery_key)
        customer = calling_number(theirs, self.settings.country)
        where = "destination" if theirs == told.get("destination") else "caller_id"
        at = wall_clock(told.get("call_start", ""), self.settings.timezone)
        news = CallNews(
            key=call_id,
            delivery_key=delivery_key,
            call=call_of(event, call_id, told, line=ours),
            direction=direction,
            at=sane(at, delivery.received_at),
            first=event in {"NOTIFY_START", "NOTIFY_OUT_START"},
            seq=STATES[event][0],
            identities=(customer,),
            fields=other_fields(told, {*_USED, where} if customer else _USED),
        )
        return call_lead(self, delivery, news)

    def _sms(self, delivery: Delivery, told: dict[str, str]) -> Outcome:
        sms = read_json_object(told.get("result", "").encode())
        text = plain(sms.get("text"))
        if not text:
            return Ignored(IgnoreReason.EMPTY)
        sender = calling_number(plain(sms.get("caller_id")), self.settings.country)
        key = content_key(delivery.body, delivery.received_at)
        lead = self.lead(
            delivery,
            kind="message",
            lead_key=key,
            identities=present(sender),
            text=text,
            fields=other_fields(sms, {"text", "caller_id"} if sender else {"text"}),
            thread=plain(sms.get("caller_id")),
        )
        return Accepted(lead)


class NovofonAdapter(ZadarmaAdapter):
    """Novofon's API 1.0 speaks Zadarma's protocol; its platform 2.0 is an account of type `uis`."""

    account_type = "novofon"
    channel = "novofon"
