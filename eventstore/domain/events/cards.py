"""Who is one person: what became of leaf cards, what people decided about them, by which rules."""

from typing import Literal

import msgspec

from eventstore.domain.events.base import Decision, Event, Id


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
    """These leaf cards now belong to the person of this stream; they belonged to others before.

    None are named where leaf cards of the person went to others, and that is all.
    """

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


class DealsAwaited(
    Event,
    frozen=True,
    kw_only=True,
    tag="da",
    rename={"touches": "n", "because": "b", "at": "o"},
):
    """The deals of this person follow in pieces what changed who is whom (SEMANTICS 2.3.8).

    Until `DealsFollowed` a touch that comes has no deal yet.
    """

    touches: int
    """How many are concerned, as far as it was known."""
    because: Id = b""
    """The lead or the decision that caused it."""
    at: int
    """When that happened, milliseconds."""


class DealsFollowed(Event, frozen=True, kw_only=True, tag="df", rename={"because": "b"}):
    """The deals of this person are those of one run over all of its touches again."""

    because: Id = b""


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
    """Leads that no longer count for a pair.

    A large withdrawal is several events, and once it is carried out one more, without items.
    """

    items: tuple[tuple[Id, Id, Id], ...] = msgspec.field(name="i")
    """(leaf card, leaf card, lead)."""


class DecisionUndone(Decision, frozen=True, kw_only=True, tag="U"):
    """Another decision taken back; if that was an undo, what it undid is in force again."""

    undone: Id = msgspec.field(name="c")


class MatchingAdopted(Event, frozen=True, kw_only=True, tag="X"):
    """A version of the matching configuration came into force for new leads, on its own stream."""

    number: int = msgspec.field(name="v")
    content: bytes = msgspec.field(name="c")
    """The whole `Matching`, which later configurations may not know any more; sealed, for it lists
    identities (eventstore.versions says how, and how it was stored before that)."""
    at: int = msgspec.field(name="o")


class MatchingApplied(Decision, frozen=True, kw_only=True, tag="Y"):
    """A version was applied to the past (`card rematch`): its limits, lists and rules.

    Recorded once more when that is carried out, with what it changed.
    """

    number: int = msgspec.field(name="v")
    command: Id = msgspec.field(default=b"", name="j")
