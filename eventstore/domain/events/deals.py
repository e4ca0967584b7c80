"""A deal from its opening to its end, and what people decided about deals and their touches."""

from typing import Literal

import msgspec

from eventstore.domain.events.base import Decision, Event, Id
from eventstore.domain.events.leads import Campaign, Routed


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
    anew: bool = msgspec.field(default=False, name="n")
    """It had come after its deal was won or lost; what came to that deal since goes with it."""


class ReturnsLeft(Decision, frozen=True, kw_only=True, tag="r"):
    """A person left with these deals what had come after they were won or lost (SEMANTICS 3.3)."""

    deals: tuple[Id, ...] = msgspec.field(name="d")


class DealOpened(
    Event,
    frozen=True,
    kw_only=True,
    tag="O",
    rename={
        "lead": "e",
        "leaf": "l",
        "pipeline": "p",
        "routed": "j",
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
    routed: Routed | None = None
    """Why that one: as the touch has it."""
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
    text: str = msgspec.field(default="", name="x")
    """Typed by a person; sealed (see eventstore.sealing)."""
    leaf: Id = msgspec.field(default=b"", name="l")
    """The leaf card whose key seals it: where the deal stood then."""


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
