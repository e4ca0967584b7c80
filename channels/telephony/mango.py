"""Mango Office VPBX: signed notifications about calls (docs/providers.md, 5.1).

The account's URL is Mango's base address; Mango appends `/events/call`, `/events/summary`,
`/events/recording`, `/events/dtmf`, `/events/sms` (the fate of an SMS of ours: a status), and
`/result/…` for answers to commands. One customer call is one lead, by `entry_id`, through all
transfers. Decided here, as the reference is silent: a recording is known by its id once it is
completed and was kept (codes 1xxx, or none told); a menu choice (`dtmf`) amends its call as a
field, and whoever pressed the keys is the customer. A recording names no parties: that of an
internal call, whose other deliveries are ignored, cannot be told from others.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from channels.sdk.adapter import WebhookAdapter
from channels.sdk.delivery import Delivery
from channels.sdk.errors import NotAuthentic
from channels.sdk.lead import Call
from channels.sdk.outcome import Ignored, IgnoreReason, Outcome
from channels.sdk.read import as_seq, read_json_object
from channels.sdk.settings import AccountSettings, Secret
from channels.sdk.signature import same, sha256_hex
from channels.telephony.calls import MAX_BODY, CallNews, call_lead, required
from channels.telephony.forms import exact_form, segments, signed_form
from channels.telephony.mango_call import (
    Leg,
    kind_of,
    leg_of,
    leg_state,
    line_of,
    moment,
    recording_of,
    summary_call,
)
from channels.telephony.values import calling_number, other_fields, plain, same_number, whole

_USED = frozenset(
    {
        *("entry_id", "call_id", "recording_id", "timestamp", "seq"),
        *("call_state", "recording_state", "call_direction", "extension"),
        *("create_time", "talk_time", "end_time"),
        *("line_number", "from.line_number", "to.line_number", "from.extension", "to.extension"),
    }
)
_IGNORED = {
    "sms": IgnoreReason.STATUS,
    "result": IgnoreReason.SERVICE,
}


class MangoSettings(AccountSettings, frozen=True, kw_only=True):
    """The two values that Mango's personal account shows in its API connector."""

    key: Secret
    salt: Secret

    def __post_init__(self) -> None:
        AccountSettings.__post_init__(self)
        if not self.key or not self.salt:
            raise ValueError("key and salt are both needed: see the API connector in Mango")


class MangoAdapter(WebhookAdapter[MangoSettings]):
    """`sign` is hex(sha256(key + json + salt)) over the exact decoded form value."""

    account_type = "mango"
    channel = "mango"
    Settings = MangoSettings
    max_body = MAX_BODY

    def verify(self, delivery: Delivery) -> None:
        self.verify_secret_path(delivery)
        form = signed_form(delivery)
        key, sign = form.get("vpbx_api_key", b""), form.get("sign", b"")
        if not key or not sign:
            raise NotAuthentic("vpbx_api_key or sign is missing", status=401)
        settings = self.settings
        signed = settings.key.encode() + form.get("json", b"") + settings.salt.encode()
        right_key = same(key.decode("utf-8", "surrogateescape"), settings.key)
        right_sign = same(sign.decode("latin-1").lower(), sha256_hex(signed))
        if not (right_key and right_sign):
            raise NotAuthentic("vpbx_api_key or sign is wrong", status=403)

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        payload = read_json_object(exact_form(delivery).get("json", b""))
        match kind_of(payload, segments(delivery)):
            case "call":
                return (self._leg(delivery, payload),)
            case "summary":
                return (self._summary(delivery, payload),)
            case "recording":
                return (self._recording(delivery, payload),)
            case "dtmf":
                return (self._keys_pressed(delivery, payload),)
            case other:
                return (Ignored(_IGNORED.get(other, IgnoreReason.UNKNOWN_KIND)),)

    def _leg(self, delivery: Delivery, payload: dict[str, Any]) -> Outcome:
        entry = _entry(payload)
        seq, state = whole(payload.get("seq")), plain(payload.get("call_state"))
        call_id = plain(payload.get("call_id")) or entry
        leg = leg_of(payload, self.settings.country)
        at = moment(payload, "timestamp", delivery.received_at)
        news = CallNews(
            key=entry,
            delivery_key=f"{call_id}/{state if seq is None else seq}",
            call=leg_state(payload, Call(id=entry, line=leg.line, extension=leg.extension), at),
            at=at,
            seq=as_seq(seq),
            first=state == "Appeared" and not leg.taken_over,
        )
        return self._with_parties(delivery, payload, leg, news)

    def _summary(self, delivery: Delivery, payload: dict[str, Any]) -> Outcome:
        entry = _entry(payload)
        leg = leg_of(payload, self.settings.country)
        call = summary_call(payload, entry, leg, delivery.received_at)
        at = call.ended_at or moment(payload, "create_time", delivery.received_at)
        news = CallNews(key=entry, delivery_key=entry, call=call, at=at)
        return self._with_parties(delivery, payload, leg, news)

    def _recording(self, delivery: Delivery, payload: dict[str, Any]) -> Outcome:
        entry = _entry(payload)
        recording = required(plain(payload.get("recording_id")), "recording_id")
        seq = whole(payload.get("seq"))
        named = plain(payload.get("recording_state")) or "/".join(segments(delivery)[-1:])
        news = CallNews(
            key=entry,
            delivery_key=f"{recording}/{named if seq is None else seq}",
            call=Call(
                id=entry,
                extension=plain(payload.get("extension")),
                recording=recording_of(payload),
            ),
            at=moment(payload, "timestamp", delivery.received_at),
            seq=as_seq(seq),
            fields=other_fields(payload, _USED),
        )
        return call_lead(self, delivery, news)

    def _keys_pressed(self, delivery: Delivery, payload: dict[str, Any]) -> Outcome:
        entry = _entry(payload)
        seq = whole(payload.get("seq"))
        pressed_by = plain(payload.get("initiator")) or plain(payload.get("from_number"))
        line = line_of(payload)
        ours = same_number(pressed_by, line, self.settings.country)
        news = CallNews(
            key=entry,
            delivery_key=f"dtmf/{plain(payload.get('call_id')) or entry}/{seq or 0}",
            call=Call(id=entry, line=line),
            at=moment(payload, "timestamp", delivery.received_at),
            seq=as_seq(seq),
            identities=() if ours else (calling_number(pressed_by, self.settings.country),),
            fields=other_fields(payload, _USED),
        )
        return call_lead(self, delivery, news)

    def _with_parties(
        self, delivery: Delivery, payload: dict[str, Any], leg: Leg, news: CallNews
    ) -> Outcome:
        if leg.direction is None:
            return Ignored(IgnoreReason.INTERNAL, news.delivery_key)
        customer = calling_number(leg.customer, self.settings.country)
        used = {*_USED, leg.customer_field} if customer else _USED
        news = replace(news, direction=leg.direction)
        return call_lead(self, delivery, news.about(customer, other_fields(payload, used)))


def _entry(payload: dict[str, Any]) -> str:
    return required(plain(payload.get("entry_id")), "entry_id")
