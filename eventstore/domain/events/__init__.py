"""Domain events: what happened, in the past tense, never refused. Plain values.

Three kinds of stream, each named by a UUID:

- a lead's stream (its lead id): `LeadRecorded` once for each of its deliveries, then
  `TouchPlaced` whenever a re-decision moves it to another deal;
- a leaf card's stream (its leaf id): decisions about it and the persons that it heads, whether
  their deals are awaited, and what we wrote to it;
- a deal's stream (its deal id).

Fields and tags are stored for ever: `tests/unit/test_stored_names.py` freezes them. What
identifies a person is only in the field `personal` and in texts that people type, which the mapper
seals (eventstore.sealing says with which keys); everything else may be read by anybody who may
read numbers.

A file for each subject; everybody else imports from here.
"""

from eventstore.domain.events.base import Decision, Event, Id
from eventstore.domain.events.cards import (
    CardMarked,
    CardsMerged,
    CardsVetoed,
    DealsAwaited,
    DealsFollowed,
    DecisionUndone,
    EvidenceWithdrawn,
    MatchingAdopted,
    MatchingApplied,
    PersonFormed,
    SharedChanged,
)
from eventstore.domain.events.deals import (
    AmountSet,
    DealClosed,
    DealCommand,
    DealJoined,
    DealOpened,
    DealReopened,
    DealRestored,
    DealSeparated,
    DealsJoined,
    DealsParted,
    DealWithdrawn,
    NoteAdded,
    OwnerSet,
    RepeatChanged,
    ReturnsLeft,
    StageEntered,
    TouchParted,
)
from eventstore.domain.events.leads import (
    Campaign,
    LeadIdentity,
    LeadRecorded,
    Routed,
    RoutingAdopted,
    TouchPlaced,
)
from eventstore.domain.events.replies import ReplyProgressed, ReplySent, ReplyWritten

__all__ = [
    "AmountSet",
    "AnyEvent",
    "Campaign",
    "CardMarked",
    "CardsMerged",
    "CardsVetoed",
    "DealClosed",
    "DealCommand",
    "DealJoined",
    "DealOpened",
    "DealReopened",
    "DealRestored",
    "DealSeparated",
    "DealWithdrawn",
    "DealsAwaited",
    "DealsFollowed",
    "DealsJoined",
    "DealsParted",
    "Decision",
    "DecisionUndone",
    "Event",
    "EvidenceWithdrawn",
    "Id",
    "LeadIdentity",
    "LeadRecorded",
    "MatchingAdopted",
    "MatchingApplied",
    "NoteAdded",
    "OwnerSet",
    "PersonFormed",
    "RepeatChanged",
    "ReplyProgressed",
    "ReplySent",
    "ReplyWritten",
    "ReturnsLeft",
    "Routed",
    "RoutingAdopted",
    "SharedChanged",
    "StageEntered",
    "TouchParted",
    "TouchPlaced",
]

AnyEvent = (
    LeadRecorded
    | TouchPlaced
    | PersonFormed
    | SharedChanged
    | DealsAwaited
    | DealsFollowed
    | CardsMerged
    | CardsVetoed
    | CardMarked
    | EvidenceWithdrawn
    | DecisionUndone
    | DealsJoined
    | DealsParted
    | TouchParted
    | ReturnsLeft
    | DealOpened
    | StageEntered
    | DealClosed
    | DealReopened
    | AmountSet
    | OwnerSet
    | NoteAdded
    | DealJoined
    | DealSeparated
    | RepeatChanged
    | DealWithdrawn
    | DealRestored
    | MatchingAdopted
    | MatchingApplied
    | RoutingAdopted
    | ReplyWritten
    | ReplySent
    | ReplyProgressed
)
