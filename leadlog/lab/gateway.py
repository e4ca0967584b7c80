"""The door of the lab: deliveries go through the real gateway, onto a log in memory."""

import asyncio
from typing import Any

import msgspec

from channels.sdk.adapter import PollingAdapter, WebhookAdapter
from channels.sdk.delivery import OK, Delivery, PollItem, Reply
from channels.sdk.intake import examine_item
from channels.sdk.lead import LeadEvent
from channels.sdk.testing.doors import Answer, AnyAdapter, Stored, broken
from channels.sdk.times import Timestamp
from ingest.gateway.app import Gateway
from ingest.log.port import LeadLogWriter, Record, RecordType
from ingest.log.records import IgnoredDelivery, QuarantinedDelivery, records_of
from leadlog.lab.client import exchange
from leadlog.lab.log import LabLog
from leadlog.lab.virtual_time import VirtualTimeLoop

_lead = msgspec.json.Decoder(LeadEvent).decode
_ignored = msgspec.json.Decoder(IgnoredDelivery).decode
_quarantined = msgspec.json.Decoder(QuarantinedDelivery).decode


class GatewayDoor:
    """Implements `channels.sdk.testing.doors.Door`. Close it when done."""

    def __init__(self) -> None:
        self._loop = VirtualTimeLoop()

    def close(self) -> None:
        self._loop.close()

    def send(self, adapter: AnyAdapter, source: Delivery | PollItem) -> Answer:
        try:
            if isinstance(source, PollItem):
                return _polled(adapter, source)
            return self._loop.run_until_complete(_requested(adapter, source))
        except Exception as error:  # noqa: BLE001 - what gets out is what the lab is after
            return broken(error)


def gateway_of(adapter: AnyAdapter, log: LeadLogWriter, received_at: Timestamp) -> Gateway:
    """A gateway with this one account, at the time of a recording."""
    if not isinstance(adapter, WebhookAdapter):
        raise TypeError("the adapter takes no requests")
    return Gateway({adapter.settings.name: adapter}, log, clock=lambda: received_at)


def stored_of(records: list[Record]) -> tuple[Stored, ...]:
    """What stands on the log, read back."""
    return tuple(map(_stored, records))


async def _requested(adapter: AnyAdapter, delivery: Delivery) -> Answer:
    log = LabLog()
    asked = exchange(delivery, adapter.settings.name)
    await asyncio.wait_for(asked.run(gateway_of(adapter, log, delivery.received_at)), 60)
    reply = asked.reply
    if reply is None:
        return Answer(Reply(500), fault="the gateway says nothing")
    handshake = not log.taken and reply.status < 400 and _is_handshake(adapter, delivery)
    return Answer(reply, stored_of(log.taken), handshake=handshake)


def _is_handshake(adapter: AnyAdapter, delivery: Delivery) -> bool:
    return isinstance(adapter, WebhookAdapter) and adapter.handshake(delivery) is not None


def _polled(adapter: AnyAdapter, item: PollItem) -> Answer:
    if not isinstance(adapter, PollingAdapter):
        raise TypeError("the adapter does not poll")
    records = records_of(examine_item(adapter, item).outcomes, item, adapter)
    return Answer(OK, stored_of(records))


def _stored(record: Record) -> Stored:
    told: Any
    match record.type:
        case RecordType.LEAD:
            return Stored("accepted", lead=_lead(record.value), record=record.value)
        case RecordType.IGNORED:
            told = _ignored(record.value)
        case RecordType.QUARANTINED:
            told = _quarantined(record.value)
    detail = getattr(told, "detail", "")
    return Stored(record.type.value, told.reason, record=record.value, detail=detail)
