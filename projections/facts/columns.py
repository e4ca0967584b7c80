"""Which field of which event goes into which column of `facts`. One table, read by rows.py.

No entry leads into a `personal` part, and none to a text that somebody typed: notes and
the reasons of decisions about cards stay in the event store. A deal's reason comes from its
pipeline's list.
"""

from typing import Final, Literal

import pyarrow as pa

from eventstore.domain import events as ev

Kind = Literal["id", "ids", "ms", "text", "flag", "count", "money"]

COLUMNS: Final[dict[str, Kind]] = {
    "position": "count",
    "recorded_at": "ms",
    "topic": "text",
    "stream": "id",
    "version": "count",
    "lead": "id",
    "deal": "id",
    "leaf": "id",
    "leaves": "ids",
    "other": "id",
    "event": "id",
    "decision": "id",
    "because": "id",
    "channel": "text",
    "account": "text",
    "kind": "text",
    "direction": "text",
    "amends": "flag",
    "occurred_at": "ms",
    "received_at": "ms",
    "opened": "flag",
    "utm_source": "text",
    "utm_medium": "text",
    "utm_campaign": "text",
    "utm_term": "text",
    "utm_content": "text",
    "start": "text",
    "ref": "text",
    "paid": "flag",
    "call_state": "text",
    "pipeline": "text",
    "stage": "text",
    "status": "text",
    "reason": "text",
    "amount": "money",
    "currency": "text",
    "actor": "text",
    "owner": "text",
    "shared": "flag",
}
"""Every column of the table (migrations/0001_facts.sql), in its order."""

ARROW: Final[dict[Kind, pa.DataType]] = {
    "id": pa.binary(16),
    "ids": pa.list_(pa.binary(16)),
    "ms": pa.timestamp("ms", "UTC"),
    "text": pa.string(),
    "flag": pa.bool_(),
    "count": pa.uint64(),
    "money": pa.decimal128(38, 4),
}

SCHEMA: Final = pa.schema([(name, ARROW[kind]) for name, kind in COLUMNS.items()])

STREAM_IS: Final = "stream"
"""In place of a field's name: the stream's own id."""

_LABELS: Final = {
    "utm_source": "campaign.source",
    "utm_medium": "campaign.medium",
    "utm_campaign": "campaign.campaign",
    "utm_term": "campaign.term",
    "utm_content": "campaign.content",
    "start": "campaign.start",
    "ref": "campaign.ref",
    "paid": "campaign.paid",
}
_TOUCH: Final = {name: name for name in ("channel", "account", "kind", "amount", "currency")}
_DECISION: Final = {"decision": STREAM_IS, "actor": "actor", "occurred_at": "at"}
_COMMAND: Final = {"decision": "command", "actor": "actor", "occurred_at": "at"}
_REPLY: Final = {"leaf": STREAM_IS, "decision": "reply", "occurred_at": "at"}
_REDECIDED: Final = {"because": "because", "occurred_at": "at"}

FIELDS: Final[dict[type[ev.Event], dict[str, str]]] = {
    ev.LeadRecorded: {
        "lead": STREAM_IS,
        **_TOUCH,
        **_LABELS,
        **{name: name for name in ("direction", "amends", "occurred_at", "received_at", "opened")},
        **{name: name for name in ("deal", "leaf", "call_state", "pipeline")},
        "leaves": "identities",
        "event": "event_id",
    },
    ev.TouchPlaced: {"lead": STREAM_IS, "deal": "deal", "leaf": "leaf", "because": "because"},
    ev.PersonFormed: {"leaf": STREAM_IS, "leaves": "leaves", "because": "because"},
    ev.SharedChanged: {
        "leaf": STREAM_IS,
        "shared": "shared",
        "status": "by",
        "because": "because",
    },
    ev.DealsAwaited: {"leaf": STREAM_IS, **_REDECIDED},
    ev.DealsFollowed: {"leaf": STREAM_IS, "because": "because"},
    ev.CardsMerged: {"leaf": "one", "other": "other", **_DECISION},
    ev.CardsVetoed: {"leaf": "one", "other": "other", **_DECISION},
    ev.CardMarked: {"leaf": "leaf", "shared": "shared", **_DECISION},
    ev.EvidenceWithdrawn: {**_DECISION},
    ev.DecisionUndone: {"other": "undone", **_DECISION},
    ev.DealsJoined: {"deal": "deal", "other": "into", **_DECISION},
    ev.DealsParted: {"deal": "deal", "other": "into", **_DECISION},
    ev.TouchParted: {"lead": "lead", "deal": "deal", **_DECISION},
    ev.ReturnsLeft: {**_DECISION},
    ev.DealOpened: {
        "deal": STREAM_IS,
        **_TOUCH,
        **_LABELS,
        "lead": "lead",
        "leaf": "leaf",
        "pipeline": "pipeline",
        "occurred_at": "opened_at",
        "other": "repeat_of",
    },
    ev.StageEntered: {"deal": STREAM_IS, "stage": "stage", **_COMMAND},
    ev.DealClosed: {
        "deal": STREAM_IS,
        **{name: name for name in ("status", "reason", "amount", "currency")},
        **_COMMAND,
    },
    ev.DealReopened: {"deal": STREAM_IS, "stage": "stage", **_COMMAND},
    ev.AmountSet: {"deal": STREAM_IS, "amount": "amount", "currency": "currency", **_COMMAND},
    ev.OwnerSet: {"deal": STREAM_IS, "owner": "owner", **_COMMAND},
    ev.NoteAdded: {"deal": STREAM_IS, **_COMMAND},
    ev.DealJoined: {
        "deal": STREAM_IS,
        "other": "into",
        "actor": "by",
        "decision": "command",
        "occurred_at": "at",
    },
    ev.DealSeparated: {"deal": STREAM_IS, **_REDECIDED},
    ev.RepeatChanged: {"deal": STREAM_IS, "other": "repeat_of", "because": "because"},
    ev.DealWithdrawn: {"deal": STREAM_IS, **_REDECIDED},
    ev.DealRestored: {"deal": STREAM_IS, **_REDECIDED},
    ev.MatchingAdopted: {"occurred_at": "at"},
    ev.MatchingApplied: {"actor": "actor", "occurred_at": "at"},
    ev.RoutingAdopted: {"occurred_at": "at"},
    ev.ReplyWritten: {
        **{name: name for name in ("lead", "channel", "account", "actor")},
        **_REPLY,
    },
    ev.ReplySent: {"other": "echo", **_REPLY},
    ev.ReplyProgressed: {"status": "state", "reason": "reason", "actor": "actor", **_REPLY},
}
"""A new kind of event needs an entry; a test compares with `AnyEvent`."""
