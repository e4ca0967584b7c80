"""Writes docs/asyncapi.yaml, the topics on Kafka as the code has them: make docs."""

import sys
import tomllib
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import yaml

from channels.sdk.lead import LeadEvent
from eventstore.domain.events import AnyEvent, Event
from ingest.log.kafka_records import TYPE_PREFIX as RECORD_TYPE_PREFIX
from ingest.log.kafka_topic import KafkaTopic, of_lead_log
from ingest.log.port import RecordType
from ingest.log.records import IgnoredDelivery, QuarantinedDelivery
from ingest.outbox.events_topic import NAME, kept_for_ever
from ingest.outbox.published import SOURCE, TIMES, TYPE_PREFIX, fields_of

PAGE: Final = Path(__file__).parents[1] / "docs" / "asyncapi.yaml"
_PROJECT: Final = Path(__file__).parents[1] / "pyproject.toml"
_VALUES: Final = {
    RecordType.LEAD: LeadEvent,
    RecordType.IGNORED: IgnoredDelivery,
    RecordType.QUARANTINED: QuarantinedDelivery,
}
_KINDS: Final[tuple[type[Event], ...]] = get_args(AnyEvent)
_UUID: Final = {"type": "string", "format": "uuid"}
_TIME: Final = {"type": "string", "format": "date-time"}
_REPLICAS: Final = 3
"""What the settings are shown for."""

Schema = dict[str, Any]


def page() -> str:
    head = "# Written by `make docs` from the code; a test holds it to it.\n"
    return head + yaml.dump(
        document(), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100
    )


class _Plain(yaml.SafeDumper):
    """Writes what is used twice twice: a reader of the page follows no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True


def document() -> Schema:
    version = tomllib.loads(_PROJECT.read_text("utf-8"))["project"]["version"]
    (_, components) = msgspec.json.schema_components(
        _VALUES.values(), ref_template="#/components/schemas/{name}"
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "leadlog",
            "version": version,
            "license": {"name": "MIT"},
            "description": (
                "The topics of leadlog on Kafka. `leads` is its own lead log: who writes there"
                " writes as an adapter does. `leadlog.events` is for others to read. Headers are"
                " CloudEvents 1.0 in binary mode."
            ),
        },
        "defaultContentType": "application/json",
        "channels": {
            "leads": _channel(
                KafkaTopic(servers=(), name="leads"),
                of_lead_log(KafkaTopic(servers=(), name="leads"), _REPLICAS),
                [_record_name(type_) for type_ in RecordType],
                "What came, in the order of one identity. Personal data; kept for the topic's"
                " retention only. The topic's name is that of the setting `stores.log`.",
            ),
            "events": _channel(
                KafkaTopic(servers=(), name=NAME),
                kept_for_ever(KafkaTopic(servers=(), name=NAME), _REPLICAS),
                [kind.__name__ for kind in _KINDS],
                "What was decided, in the order of each stream: a lead, a card or a deal. No"
                " personal data; kept for ever. Read it with isolation.level=read_committed and"
                " each event is there exactly once. Its id, its position in the event store,"
                " rises within each partition.",
            ),
        },
        "operations": {
            "takeLeads": {"action": "receive", "channel": {"$ref": "#/channels/leads"}},
            "publishEvents": {"action": "send", "channel": {"$ref": "#/channels/events"}},
        },
        "components": {
            "messages": {
                **{_record_name(type_): _record_message(type_) for type_ in RecordType},
                **{kind.__name__: _event_message(kind) for kind in _KINDS},
            },
            "schemas": components,
        },
    }


def _channel(
    topic: KafkaTopic, settings: dict[str, str], messages: list[str], description: str
) -> Schema:
    known = {
        "cleanup.policy": [settings["cleanup.policy"]],
        "retention.ms": int(settings["retention.ms"]),
        "retention.bytes": int(settings["retention.bytes"]),
        "max.message.bytes": int(settings["max.message.bytes"]),
    }
    return {
        "address": topic.name,
        "description": description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "replicas": _REPLICAS,
                "topicConfiguration": known,
                "bindingVersion": "0.5.0",
            }
        },
    }


def _record_name(type_: RecordType) -> str:
    return _VALUES[type_].__name__


def _record_message(type_: RecordType) -> Schema:
    kind = _VALUES[type_]
    return {
        "name": f"{RECORD_TYPE_PREFIX}{type_.value}",
        "summary": _summary(kind),
        "contentType": "application/json",
        "headers": _headers(
            f"{RECORD_TYPE_PREFIX}{type_.value}",
            id_={"type": "string", "description": "The event's id, or the delivery's."},
            source={"type": "string", "description": "channel/account"},
            optional=("ce_time",),
        ),
        "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
        "bindings": _key("16 bytes, an HMAC of the identity whose order is kept; or none"),
    }


def _event_message(kind: type[Event]) -> Schema:
    hints = get_type_hints(kind)
    data = {name: _field(name, hints[name]) for name in fields_of(kind)}
    properties = {
        "position": {"type": "integer", "minimum": 1},
        "recorded_at": _TIME,
        "type": {"type": "string", "const": kind.__name__},
        "stream": _UUID,
        "version": {"type": "integer"},
        "data": {
            "type": "object",
            "properties": data,
            "description": "Empty fields are left out.",
        },
    }
    return {
        "name": f"{TYPE_PREFIX}{kind.__name__}",
        "summary": _summary(kind),
        "contentType": "application/json",
        "headers": _headers(
            f"{TYPE_PREFIX}{kind.__name__}",
            id_={"type": "string", "pattern": "^[0-9]+$", "description": "The position."},
            source={"type": "string", "const": SOURCE},
            more={"ce_subject": {**_UUID, "description": "The stream."}},
        ),
        "payload": {"type": "object", "properties": properties, "required": list(properties)},
        "bindings": _key("the stream's id as text"),
    }


def _headers(
    type_: str,
    *,
    id_: Schema,
    source: Schema,
    more: Schema | None = None,
    optional: tuple[str, ...] = (),
) -> Schema:
    properties = {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": id_,
        "ce_type": {"type": "string", "const": type_},
        "ce_source": source,
        **(more or {}),
        "ce_time": _TIME,
        "content-type": {"type": "string", "const": "application/json"},
    }
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _key(description: str) -> Schema:
    schema = {"type": "string", "description": description}
    return {"kafka": {"key": schema, "bindingVersion": "0.5.0"}}


def _field(name: str, hint: Any) -> Schema:
    return dict(_TIME) if name in TIMES else _of(hint)


def _of(hint: Any) -> Schema:
    """The schema of a value as `ingest.outbox.published` writes it."""
    arguments = get_args(hint)
    if get_origin(hint) is Literal:
        return {"type": "string", "enum": list(arguments)}
    if get_origin(hint) in (Union, UnionType):
        (inner,) = (argument for argument in arguments if argument is not NoneType)
        return _of(inner)
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _of(arguments[0])}
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        hints = get_type_hints(hint)
        fields = {name: _of(hints[name]) for name in hint.__struct_fields__}
        return {"type": "object", "properties": fields}
    return {
        bytes: dict(_UUID),
        str: {"type": "string"},
        int: {"type": "integer"},
        bool: {"type": "boolean"},
    }[hint]


def _summary(kind: type) -> str:
    return (kind.__doc__ or kind.__name__).strip().partition("\n")[0]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
