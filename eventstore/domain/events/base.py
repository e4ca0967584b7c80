"""What every event is, and what a person's decision is."""

import msgspec

Id = bytes
"""16 bytes of a UUID: lead, leaf card, person or deal."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False, tag_field="t"):
    """The root. `stream` and `version` say where it stands and are not in the stored state.

    Plain values, in no cycle ever: the garbage collector need not look through a page of them.
    """


class Decision(Event, frozen=True, kw_only=True):
    """What a person decided about cards, on a stream of its own: the decision's id.

    The same command twice is one effect, since a stream begins once.
    """

    actor: str = msgspec.field(name="a")
    at: int = msgspec.field(name="o")
    reason: str = msgspec.field(default="", name="z")
    """Typed by a person; sealed (see eventstore.sealing)."""
    changed: tuple[int, ...] = msgspec.field(default=(), name="h")
    """Persons, deals and leads that it changed so far, then how much followed in pieces (that is
    not in the oldest events): what the same command is answered again."""
    about: tuple[Id, ...] = msgspec.field(default=(), name="g")
    """Leaf cards whose keys seal the reason, of decisions that name none themselves."""
