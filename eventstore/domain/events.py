"""Domain events: what happened, in the past tense, never refused. Plain values.

Three kinds of stream, each named by a UUID:

- a lead's stream (its lead id): `LeadRecorded` once for each of its deliveries, then
  `TouchPlaced` whenever a re-decision moves it to another deal;
- a leaf card's stream (its leaf id): decisions about it and the persons that it heads, and what
  we wrote to it;
- a deal's stream (its deal id).

Fields and tags are stored for ever: `tests/unit/test_stored_names.py` freezes them. What
identifies a person is only in the `personal` part of `SEALED` events, which the mapper seals;
everything else may be read by anybody who may read numbers.
"""

from typing import Literal

import msgspec

from channels.sdk.lead import LeadContent
from channels.sdk.sending import Message

Id = bytes
"""16 bytes of a UUID: lead, leaf card, person or deal."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, tag_field="t"):
    """The root. `stream` and `version` say where it stands and are not in the stored state.

    Plain values, in no cycle ever: the garbage collector need not look through a page of them.
    """


class Campaign(
    msgspec.Struct,
    frozen=True,
    gc=False,
    omit_defaults=True,
    rename={
        "source": "s",
        "medium": "m",
        "campaign": "c",
        "term": "t",
        "content": "n",
        "start": "d",
        "ref": "r",
        "paid": "p",
    },
):
    """The labels that numbers are grouped by; addresses of pages stay in the personal part."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    term: str = ""
    content: str = ""
    start: str = ""
    ref: str = ""
    paid: bool = False
    """A click id of an advertising system was there."""


class LeadIdentity(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One identity of a lead, without its value."""

    leaf: Id
    kind: str
    attested: bool
    rank: int
    """Its place among the lead's identities by `kind:value` text: the order of last resort."""


class LeadRecorded(
    Event,
    frozen=True,
    kw_only=True,
    tag="L",
    rename={
        "event_id": "e",
        "channel": "c",
        "account": "a",
        "kind": "k",
        "direction": "d",
        "amends": "m",
        "seq": "q",
        "revision": "r",
        "occurred_at": "o",
        "received_at": "g",
        "identities": "i",
        "rules": "v",
        "thread": "h",
        "campaign": "u",
        "call_state": "s",
        "amount": "w",
        "currency": "y",
        "pipeline": "f",
        "deal": "x",
        "opened": "n",
        "leaf": "l",
        "personal": "p",
    },
):
    """One delivery about a lead, on the lead's stream, with the lead as it was then known.

    `event_id`, `amends`, `seq`, `revision`, `received_at` and `personal` are this delivery's; all
    other fields are the fold of every delivery recorded so far (SEMANTICS 1.5), so the newest
    `LeadRecorded` of a stream is the lead.
    """

    event_id: Id
    channel: str
    account: str
    kind: str
    direction: str
    amends: bool = False
    seq: int = 0
    revision: int = 0
    occurred_at: int
    """Milliseconds since 1970, UTC."""
    received_at: int
    identities: tuple[LeadIdentity, ...] = ()
    """Strongest first (SEMANTICS 2.2.5, before shared ones are passed over)."""
    rules: int
    """The version of the matching rules in force."""
    thread: Id = b""
    """Digest of channel, account and thread; empty where the channel has none."""
    campaign: Campaign = Campaign()
    call_state: str = ""
    amount: str = ""
    currency: str = ""
    pipeline: str = ""
    """The pipeline that routing chose; empty where the touch neither joins nor opens a deal."""
    deal: Id = b""
    """The deal where the touch is now; empty for none."""
    opened: bool = False
    """This delivery opened that deal."""
    leaf: Id
    """The leaf card where the lead stood once this was recorded."""
    personal: LeadContent | None = msgspec.field(default=None, name="p")
    """The whole delivery less its raw bytes; None where it was not read, or once forgotten."""


class TouchPlaced(
    Event,
    frozen=True,
    kw_only=True,
    tag="P",
    rename={
        "deal": "x",
        "leaf": "l",
        "because": "b",
    },
):
    """A re-decision moved the lead to another deal (SEMANTICS 3.5), on the lead's stream."""

    deal: Id = b""
    leaf: Id = b""
    because: Id = b""
    """The decision or lead that caused it."""


class PersonFormed(
    Event,
    frozen=True,
    kw_only=True,
    tag="F",
    rename={
        "leaves": "l",
        "because": "b",
    },
):
    """These leaf cards now belong to the person of this stream; they belonged to others before."""

    leaves: tuple[Id, ...]
    because: Id = b""
    """The lead or the decision that caused it."""


class SharedChanged(
    Event,
    frozen=True,
    kw_only=True,
    tag="S",
    rename={
        "shared": "s",
        "by": "y",
        "because": "b",
    },
):
    """The identity of this leaf card began or ceased to count as shared (SEMANTICS 2.3.8)."""

    shared: bool
    by: Literal["mark", "list", "limit"]
    because: Id = b""


class Decision(Event, frozen=True, kw_only=True):
    """What a person decided about cards, on a stream of its own: the decision's id.

    The same command twice is one effect, since a stream begins once.
    """

    actor: str = msgspec.field(name="a")
    at: int = msgspec.field(name="o")
    reason: str = msgspec.field(default="", name="z")


class CardsMerged(Decision, frozen=True, kw_only=True, tag="M"):
    """A link by hand between two leaf cards (SEMANTICS 2.3.9)."""

    one: Id = msgspec.field(name="b")
    other: Id = msgspec.field(name="c")


class CardsVetoed(Decision, frozen=True, kw_only=True, tag="V"):
    """Two leaf cards are never one person."""

    one: Id = msgspec.field(name="b")
    other: Id = msgspec.field(name="c")
    reviewed: bool = msgspec.field(default=False, name="q")
    """Said in the review queue: a link between the two that is stopped need not be shown again."""


class CardMarked(Decision, frozen=True, kw_only=True, tag="K"):
    """A mark by hand: the identity is shared, or is not."""

    leaf: Id = msgspec.field(name="l")
    shared: bool = msgspec.field(name="s")


class EvidenceWithdrawn(Decision, frozen=True, kw_only=True, tag="W"):
    """Leads that no longer count for a pair; a large withdrawal is several events."""

    items: tuple[tuple[Id, Id, Id], ...] = msgspec.field(name="i")
    """(leaf card, leaf card, lead)."""


class DecisionUndone(Decision, frozen=True, kw_only=True, tag="U"):
    """Another decision taken back; if that was an undo, what it undid is in force again."""

    undone: Id = msgspec.field(name="c")


class DealsJoined(Decision, frozen=True, kw_only=True, tag="I"):
    """A person joined a deal into an earlier one (SEMANTICS 3.4)."""

    deal: Id = msgspec.field(name="d")
    into: Id = msgspec.field(name="i")


class DealsParted(Decision, frozen=True, kw_only=True, tag="E"):
    """A person said of two deals that they are not to be joined, whoever joined them before."""

    deal: Id = msgspec.field(name="d")
    into: Id = msgspec.field(name="i")


class TouchParted(Decision, frozen=True, kw_only=True, tag="Z"):
    """A person put a touch to a deal of its own, which it had not opened (SEMANTICS 3.3)."""

    lead: Id = msgspec.field(name="l")
    deal: Id = msgspec.field(name="d")
    """The deal of its own."""


class DealOpened(
    Event,
    frozen=True,
    kw_only=True,
    tag="O",
    rename={
        "lead": "e",
        "leaf": "l",
        "pipeline": "p",
        "opened_at": "o",
        "repeat_of": "r",
        "channel": "c",
        "account": "a",
        "kind": "k",
        "campaign": "u",
        "amount": "w",
        "currency": "y",
    },
):
    """A touch opened a deal, which is unsorted now. The labels are those of that touch."""

    lead: Id
    leaf: Id
    pipeline: str
    opened_at: int
    repeat_of: Id = b""
    channel: str
    account: str
    kind: str
    campaign: Campaign = Campaign()
    amount: str = ""
    currency: str = ""


class DealCommand(Event, frozen=True, kw_only=True):
    """What a person did to a deal. `command` is the command's id."""

    command: Id = msgspec.field(name="j")
    actor: str = msgspec.field(name="a")
    at: int = msgspec.field(name="o")


class StageEntered(DealCommand, frozen=True, kw_only=True, tag="G"):
    """The deal stands at another stage of its pipeline (accepting an unsorted one, too)."""

    stage: str = msgspec.field(name="s")


class DealClosed(DealCommand, frozen=True, kw_only=True, tag="C"):
    """Won, lost or declined (out of unsorted), with a reason from the pipeline's list."""

    status: Literal["won", "lost", "declined"] = msgspec.field(name="s")
    reason: str = msgspec.field(default="", name="z")
    amount: str = msgspec.field(default="", name="w")
    currency: str = msgspec.field(default="", name="y")


class DealReopened(DealCommand, frozen=True, kw_only=True, tag="R"):
    """A closed deal goes on at the stage where it stood."""

    stage: str = msgspec.field(name="s")


class AmountSet(DealCommand, frozen=True, kw_only=True, tag="A"):
    amount: str = msgspec.field(name="w")
    currency: str = msgspec.field(default="", name="y")


class OwnerSet(DealCommand, frozen=True, kw_only=True, tag="H"):
    owner: str = msgspec.field(name="w")


class NoteAdded(DealCommand, frozen=True, kw_only=True, tag="N"):
    text: str = msgspec.field(name="x")


class DealJoined(
    Event,
    frozen=True,
    kw_only=True,
    tag="J",
    rename={
        "into": "i",
        "by": "y",
        "command": "j",
        "at": "o",
    },
):
    """The deal was joined into an earlier one; its touches count there (SEMANTICS 3.4)."""

    into: Id
    by: str
    """The rule's name or the actor."""
    command: Id = b""
    at: int


class DealSeparated(Event, frozen=True, kw_only=True, tag="D", rename={"because": "b", "at": "o"}):
    """A join is suspended or undone: the deal stands for itself again."""

    because: Id = b""
    at: int


class RepeatChanged(
    Event,
    frozen=True,
    kw_only=True,
    tag="T",
    rename={
        "repeat_of": "r",
        "because": "b",
    },
):
    """A re-decision found another deal, or none, of which this one is the repeat."""

    repeat_of: Id = b""
    because: Id = b""


class DealWithdrawn(Event, frozen=True, kw_only=True, tag="Q", rename={"because": "b", "at": "o"}):
    """A re-decision left the deal without touches: in no funnel (SEMANTICS 3.5)."""

    because: Id = b""
    at: int


class DealRestored(Event, frozen=True, kw_only=True, tag="B", rename={"because": "b", "at": "o"}):
    """A re-decision gave a withdrawn deal its touches back."""

    because: Id = b""
    at: int


class MatchingAdopted(Event, frozen=True, kw_only=True, tag="X"):
    """A version of the matching configuration came into force for new leads, on its own stream."""

    number: int = msgspec.field(name="v")
    content: bytes = msgspec.field(name="c")
    """The whole `Matching` as JSON: later configurations may not know it any more."""
    at: int = msgspec.field(name="o")


class MatchingApplied(Decision, frozen=True, kw_only=True, tag="Y"):
    """A version was applied to the past (`card rematch`): its limits, lists and rules."""

    number: int = msgspec.field(name="v")


class ReplyWritten(
    Event,
    frozen=True,
    kw_only=True,
    tag="rw",
    rename={
        "reply": "j",
        "lead": "e",
        "channel": "c",
        "account": "a",
        "actor": "y",
        "at": "o",
        "leaf": "l",
        "personal": "p",
    },
):
    """A message to a person, to be sent; on the leaf card where the answered lead stood then."""

    reply: Id
    """Its own id, which is the command's: the idempotency key of its sending."""
    lead: Id
    """The lead that is answered."""
    channel: str
    account: str
    """By which it goes."""
    actor: str = ""
    at: int
    leaf: Id
    """The leaf card of this stream, whose key seals the personal part."""
    personal: Message | None = None


class ReplySent(
    Event,
    frozen=True,
    kw_only=True,
    tag="rs",
    rename={"reply": "j", "sent": "i", "echo": "e", "repeated": "r", "at": "o"},
):
    """The provider took the message; on the stream of its `ReplyWritten`."""

    reply: Id
    sent: Id
    """Digest of channel, account and the provider's id, which may hold a phone number."""
    echo: Id = b""
    """The lead id of the same message, should the provider deliver it to us."""
    repeated: bool = False
    """An earlier try may have been taken too: perhaps the person got it twice."""
    at: int


class ReplyProgressed(
    Event,
    frozen=True,
    kw_only=True,
    tag="rp",
    rename={"reply": "j", "state": "s", "reason": "b", "actor": "y", "at": "o"},
):
    """What became of the message; on the same stream.

    `queued`: somebody has it tried again. `set_aside`: not sent, and not tried any more.
    """

    reply: Id
    state: Literal["delivered", "read", "failed", "set_aside", "queued"]
    reason: str = ""
    """`channels.sdk.sending.NotSent`."""
    actor: str = ""
    at: int


SEALED = (LeadRecorded, ReplyWritten)
"""Events with a personal part, sealed with the key of the leaf card in their field `leaf`."""

AnyEvent = (
    LeadRecorded
    | TouchPlaced
    | PersonFormed
    | SharedChanged
    | CardsMerged
    | CardsVetoed
    | CardMarked
    | EvidenceWithdrawn
    | DecisionUndone
    | DealsJoined
    | DealsParted
    | TouchParted
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
    | ReplyWritten
    | ReplySent
    | ReplyProgressed
)
