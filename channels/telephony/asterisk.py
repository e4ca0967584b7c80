"""Asterisk: an AMI stream as text, or ARI events as JSON (docs/providers.md, 5.8).

The call is `Linkedid` (AMI) or the id of the channel that came in (ARI): both name the same call.
Decided here, as the reference is silent:

* `inbound_contexts` (default `from-trunk`, `from-pstn`, and what begins so: `from-trunk-1`) make a
  call incoming. In any other context a call of an extension to a real number is outgoing, and
  everything else is internal: extensions, feature codes, the legs that ring colleagues.
* AMI tells no time unless `timestampevents` is on: then events happen when they come. A Cdr tells
  its call from the start: that is its time, in the account's zone.
* A recording names its channel and no parties: an internal call's cannot be told from others.
* Answered is a successful dial, a bridge entered, or (ARI) a channel that is up; a channel that is
  gone without having been up was missed.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
from msgspec import structs

from channels.sdk.adapter import PollingAdapter
from channels.sdk.batch import each_item
from channels.sdk.delivery import Delivery, PollItem
from channels.sdk.errors import Unreadable
from channels.sdk.lead import Call, Raw
from channels.sdk.outcome import Ignored, IgnoreReason, Outcome, QuarantineReason
from channels.sdk.poller import Poller
from channels.sdk.read import read_item, read_json
from channels.sdk.settings import AccountSettings, Secret
from channels.sdk.times import Timestamp, epoch_or_none
from channels.sdk.urls import check_url, host_of
from channels.telephony import asterisk_ami as ami
from channels.telephony import asterisk_ari as ari
from channels.telephony.asterisk_calls import Parties
from channels.telephony.calls import CallNews, call_lead, required
from channels.telephony.values import other_fields, plain, sane, wall_clock

_AMI_USED = {
    *("event", "privilege", "uniqueid", "linkedid", "context", "destinationcontext", "exten"),
    *("calleridnum", "source", "destination", "calleridname", "callerid", "connectedlinenum"),
    *("starttime", "answertime", "endtime", "duration", "billableseconds", "timestamp"),
    *("channelstate", "channelstatedesc", "priority", "systemname", "connectedlinename"),
}


class AsteriskSettings(AccountSettings, frozen=True, kw_only=True):
    inbound_contexts: tuple[str, ...] = ("from-trunk", "from-pstn")
    """The contexts in which trunks' calls arrive, or the beginnings of their names."""

    ami_host: str = ""
    """Where AMI is listened to; leave it out for ARI."""
    ami_port: int = 5038
    ami_user: str = ""
    ami_secret: Secret = ""
    ami_tls: bool = False

    ari_url: str = ""
    """Such as http://127.0.0.1:8088; leave it out for AMI."""
    ari_user: str = ""
    ari_password: Secret = ""
    ari_app: str = "leadlog"
    """The application's name in ARI: two programs must not share one."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.ami_host and self.ari_url:
            raise ValueError("ami_host and ari_url are both given: one of them is enough")
        if self.ari_url:
            check_url("ari_url", self.ari_url, schemes=("http", "https"))


class AsteriskAdapter(PollingAdapter[AsteriskSettings]):
    """Fed by the telephony poller, which keeps the connection; here is only reading."""

    account_type = "asterisk"
    channel = "asterisk"
    Settings = AsteriskSettings

    def raw(self, source: Delivery | PollItem) -> Raw:
        """AMI is text, ARI JSON."""
        text = isinstance(source, PollItem) and isinstance(source.item, str)
        kept = super().raw(source)
        return structs.replace(kept, content_type="text/plain") if text else kept

    def fetched_from(self) -> str:
        ours = self.settings
        if ours.ami_host:
            return f"{ours.ami_host}:{ours.ami_port}"
        return host_of(ours.ari_url)

    def poller(self, *, clock: Callable[[], Timestamp]) -> Poller:
        ours = self.settings
        if ours.ari_url:
            from channels.telephony.ari_socket import AriPoller

            return AriPoller(
                url=ours.ari_url,
                user=ours.ari_user,
                password=ours.ari_password,
                app=ours.ari_app,
                clock=clock,
            )
        from channels.telephony.ami_stream import AmiPoller

        return AmiPoller(
            host=ours.ami_host,
            port=ours.ami_port,
            user=ours.ami_user,
            secret=ours.ami_secret,
            tls=ours.ami_tls,
            clock=clock,
        )

    def parse_item(self, item: PollItem) -> Sequence[Outcome]:
        content = item.item
        if isinstance(content, bytes):
            content = content.decode("utf-8", "replace")
        if isinstance(content, str) and not content.lstrip().startswith(("{", "[")):
            stream = content.encode("utf-8", "replace").decode()
            read = partial(self._record, item.received_at)
            return each_item(ami.records(stream), read, write=lambda record: record.text.encode())
        text = content.encode("utf-8", "replace") if isinstance(content, str) else None
        events = read_item(content) if text is None else read_json(text)
        events = events if isinstance(events, list) else [events]
        return each_item(events, partial(self._event, item.received_at))

    def _record(self, received_at: Timestamp, record: ami.Record) -> Outcome:
        if record.event in ami.SERVICE or "response" in record.fields or not record.fields:
            return Ignored(IgnoreReason.SERVICE)
        if not record.event:
            raise Unreadable(QuarantineReason.MISSING_FIELD, "Event: expected an AMI record")
        if record.event not in ami.EVENTS:
            return Ignored(IgnoreReason.UNKNOWN_KIND)
        source = PollItem(item=record.text, body=record.text.encode(), received_at=received_at)
        told = sane(epoch_or_none(record.get("timestamp")), received_at)
        own = record.get("uniqueid")
        news = CallNews(
            key=required(record.call_id, "Linkedid"),
            delivery_key=record.delivery_key,
            call=ami.call_of(record, told, self.settings.timezone),
            at=wall_clock(record.get("starttime"), self.settings.timezone) or told,
            first=record.event == "newchannel" and own == (record.get("linkedid") or own),
            fields=other_fields(record.fields, _AMI_USED),
        )
        return self._between(source, record.parties, news)

    def _event(self, received_at: Timestamp, event: Any) -> Outcome:
        if not isinstance(event, dict):
            raise Unreadable(QuarantineReason.WRONG_TYPE, "expected an ARI event as an object")
        source = PollItem(item=event, body=msgspec.json.encode(event), received_at=received_at)
        kind = plain(event.get("type"))
        when = plain(event.get("timestamp"))
        at = sane(wall_clock(when, self.settings.timezone), received_at)
        if kind == "RecordingFinished":
            return self._recording(source, event, at)
        if kind not in ari.EVENTS:
            service = kind in ari.SERVICE
            return Ignored(IgnoreReason.SERVICE if service else IgnoreReason.UNKNOWN_KIND)
        call = ari.call_of(event, at)
        key = required(call.id, "channel.id")
        news = CallNews(
            key=key,
            delivery_key=f"{key}/{kind}/{when}",
            call=call,
            at=at,
            first=kind in ari.FIRST,
            fields=other_fields(_telling(event)),
        )
        return self._between(source, ari.parties_of(event), news)

    def _recording(self, source: PollItem, event: dict[str, Any], at: Timestamp | None) -> Outcome:
        channel = ari.recorded_channel(event)
        if not channel:
            return Ignored(IgnoreReason.SERVICE)
        name = plain(event["recording"].get("name"))
        news = CallNews(
            key=channel,
            delivery_key=f"{channel}/RecordingFinished/{name}",
            call=Call(id=channel, recording=name),
            at=at,
        )
        return call_lead(self, source, news)

    def _between(self, source: PollItem, parties: Parties, news: CallNews) -> Outcome:
        country = self.settings.country
        direction = parties.direction(self.settings.inbound_contexts, country)
        if direction is None:
            return Ignored(IgnoreReason.INTERNAL, news.delivery_key)
        call = structs.replace(
            news.call, line=parties.line(direction), extension=parties.extension(direction)
        )
        told = replace(
            news,
            call=call,
            direction=direction,
            identities=(parties.customer(direction, country),),
            profile=parties.profile(direction),
        )
        return call_lead(self, source, told)


def _telling(event: dict[str, Any]) -> dict[str, Any]:
    """What an event tells beside its channel and its time."""
    return {name: event[name] for name in ("cause", "cause_txt", "dialstatus") if name in event}
