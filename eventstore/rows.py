"""What a decision needs to know, one small row each, written in the events' own transaction.

Rows are an index of the events: nothing is in them that the events do not give. A person's part
stands in the row of the leaf card that the person is named after.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

import msgspec

from channels.sdk.lead import LeadContent
from channels.sdk.sending import Message
from eventstore.domain.deals import Deal
from eventstore.domain.events import Event, Id
from eventstore.reading import Recorded

Pairing = tuple[Id, Id]
"""Two leaf cards, the lower one first."""
LinkKey = tuple[int, Id, int, int, int]
"""When, by which lead, by which rule and with which texts two leaf cards were linked first."""


def pairing(a: Id, b: Id) -> Pairing:
    """Two leaf cards as a pair of them is kept."""
    return (a, b) if a < b else (b, a)


class Card(msgspec.Struct, array_like=True, gc=False):
    """One leaf card, and the person that it heads. Mutable while a batch is decided."""

    person: Id
    kind: str
    opened_by: Id
    """The stream of the event that recorded it first."""
    opened_version: int
    rank: int
    """Its place, strongest first, among the cards that this event opened."""
    events: int = 0
    """How many events its own stream has."""
    mark: bool | None = None
    listed: bool = False
    shared: bool = False
    degrees: dict[str, int] = {}
    """Partners that leads brought together with it, by their kind (visitors are not counted)."""
    moved_to: Id = b""
    """The leaf card where the lead of this card (kind `lead`) now stands."""
    aliases: list[Id] = []
    """Cards of leads that had no identity at first and stand, stood, or may stand on this card."""
    leaves: int = 1
    """Of the person: how many leaf cards it has."""
    vetoed: bool = False
    """Of the person: a veto touches one of its leaf cards."""
    deals: list[Deal] = []
    """Of the person: every deal that is neither joined into another nor withdrawn …"""
    many_deals: bool = False
    """… or, where they are many or awaited, none: they stand in rows of their own."""
    awaits: int = 0
    """Of the person: the place of its newest `DealsAwaited` in this stream; 0: nothing awaited."""
    has_shared: bool = False
    """Of the person: of its several leaf cards one is of a shared identity, merged by hand."""
    in_review: bool = False
    """Of the person: it is in the review queue, by a row of `Review`."""
    mailbox: Id = b""
    """Of an address that a fold reads otherwise: the leaf card of its mailbox."""
    is_mailbox: bool = False
    """Others are, or were, addresses of it."""
    unbrought: bool = False
    """No lead brings it: it stands for the mailbox of the address that `opened_by` brought."""


class Pending(msgspec.Struct, array_like=True, frozen=True):
    """Work that goes on in pieces: how far it is, in the transaction of the piece itself."""

    kind: Literal["deals", "evidence", "rematch"]
    """Of a person, its deals; of a decision, the evidence that it withdraws or gives back, or the
    leaf cards that are judged anew."""
    done: int
    of: int
    after: bytes = b""
    """Of `rematch`: the last leaf card that was judged, and up to which pair (rematch_pages)."""
    back: bool = False
    """Of `evidence`: it is given back, and what is done grows less."""
    changed: tuple[int, ...] = ()
    """What the pieces changed so far, as `Decision.changed` tells it."""
    since: int = 0
    """The newest position when it began: what its pieces count belongs to this run only."""

    @property
    def left(self) -> int:
        return self.done if self.back else self.of - self.done


class Pair(msgspec.Struct, array_like=True, gc=False):
    """Two leaf cards that came in one lead."""

    key: LinkKey | None = None
    """The least key over the evidence that says `link`; None where none does."""
    suggested: bool = False
    """Some evidence says `suggest`."""


Place = tuple[int, Id]
"""Where a touch stands among others: when it happened (milliseconds), and its lead."""
LAST: Place = (2**63 - 1, b"\xff" * 16)
"""After any touch."""


class Appearance(msgspec.Struct, frozen=True, gc=False):
    """A lead as one of its leaf cards has it."""

    at: int
    """When it happened; milliseconds."""
    attested: bool = False
    """How it proves the identity."""
    deal: Id | None = None
    """Where the lead stands on this leaf card: its deal, empty for none. Else None."""


class Ends(NamedTuple):
    """What the leads that brought one identity tell of it together."""

    first: Place
    last: Place
    attested: bool


class Hand(NamedTuple):
    """A decision by hand as the partition needs it."""

    decision: Id
    kind: str
    """`merge`, `veto`, `share`, `unshare`, `withdraw` or `undo`; of deals `join`, `part`, `own`,
    `anew`, `leave`.

    A withdrawal has a further row `evidence` for each two leaf cards whose evidence it withdrew.
    """
    a: Id
    """A leaf card; a deal, of `own` and `anew` a lead; of an undo, the decision that it takes back;
    of a withdrawal, itself."""
    b: Id
    position: int
    """Where it was recorded; below 0 for one of this batch: -1 less its place in the batch."""

    @property
    def order(self) -> tuple[int, int]:
        """Recorded order, comparable with `eventstore.lead_state.Order`."""
        return (0, self.position) if self.position >= 0 else (1, -1 - self.position)


ReviewPlace = tuple[int, bytes]
"""Where an item of the review queue stands among others, the first one first."""
BEFORE_REVIEWS: ReviewPlace = (-(2**31), b"")


class Review(NamedTuple):
    """Two leaf cards of two persons that somebody should look at (see eventstore.reviewing)."""

    a: Id
    """Of `limit`, both are the identity over its limit."""
    b: Id
    why: str
    """`rule`, `device`, `stopped` or `limit`."""
    via: Id
    """Of `device`, the visitor who met both; else empty."""
    score: int
    """In thousandths."""

    @property
    def name(self) -> bytes:
        """The same as long as the two cards are. It is called by the first 4 bytes."""
        if self.a == self.b:
            return self.a
        return bytes(x ^ y for x, y in zip(self.a, self.b, strict=True))

    @property
    def place(self) -> ReviewPlace:
        return -self.score, self.name


ReturnPlace = tuple[int, Id]
"""Where one stands among others: when its first touch happened (milliseconds), and the deal."""
BEFORE_RETURNS: ReturnPlace = (-1, b"")


class Return(NamedTuple):
    """A deal to which something came after it was won or lost (see eventstore.returned)."""

    deal: Id
    since: int
    """When the first such touch happened; milliseconds."""
    owner: str
    """Of the deal; empty for nobody."""
    because: Id | None = b""
    """The lead or decision by which it was decided again and came here; empty: a touch came. None
    when it is written: as it was before."""

    @property
    def place(self) -> ReturnPlace:
        return self.since, self.deal


class Quarantine(NamedTuple):
    """A delivery kept aside."""

    id: Id
    account: str
    reason: str
    received_at: int
    content: bytes
    """JSON: the delivery with its raw bytes in base64, and the detail."""


@dataclass(slots=True)
class Changes:
    """Everything that one transaction writes: all of it or nothing."""

    events: list[tuple[Id, int, Event, LeadContent | Message | None]] = field(default_factory=list)
    """(stream, version, event, personal part) in recorded order."""
    keys: dict[Id, Id] = field(default_factory=dict)
    """Event id → lead id, for deliveries whose id is not their lead's; of replies (see
    eventstore.reply_commands); of commands (see eventstore.asked); of threads (see
    eventstore.conversations)."""
    counted: set[tuple[Id, Id]] = field(default_factory=set)
    """(work in pieces, digest of what it changed), until that is carried out; see
    eventstore.counting."""
    uncounted: set[tuple[Id, Id]] = field(default_factory=set)
    """Those that are to be gone."""
    cards: dict[Id, tuple[int, Card]] = field(default_factory=dict)
    """Leaf card → (version that was read, 0 for a new one; the row)."""
    pairs: dict[tuple[Id, Id], Pair | None] = field(default_factory=dict)
    """None: the pair is gone, as no lead brings both any more."""
    appearances: dict[tuple[Id, Id], Appearance] = field(default_factory=dict)
    """(leaf card, lead) → how it appears there, for each identity of each lead."""
    vanished: dict[tuple[Id, Id], Appearance] = field(default_factory=dict)
    """The same as it was stored before, where `appearances` has it anew, or no more."""
    joins: dict[Id, Id] = field(default_factory=dict)
    """Deal → into which it is joined from now on; empty: it stands for itself again."""
    deals: dict[Id, tuple[Id, Deal] | None] = field(default_factory=dict)
    """Deals in rows of their own, with their person; None: it has no such row any more."""
    hands: list[tuple[Hand, bool]] = field(default_factory=list)
    """Decisions by hand and whether each is in force (not undone)."""
    withdrawn: dict[tuple[Id, Id, Id], int] = field(default_factory=dict)
    """(leaf card, leaf card, lead) → how many withdrawals hold it."""
    pending: dict[Id, tuple[int, Pending | None]] = field(default_factory=dict)
    """Person or decision → (version that was read, 0 for a new one; the row, None once done)."""
    stirred: set[Id] = field(default_factory=set)
    """Leaf cards whose persons' part of the review queue is to be made anew."""
    settled: dict[Id, int] = field(default_factory=dict)
    """Those of whom it was: leaf card → the mark that was read (`Source.stirred`)."""
    reviews: dict[tuple[Id, Id], Review | None] = field(default_factory=dict)
    """Rows of the review queue; None: there is none for these two any more."""
    returned: dict[Id, Return | None] = field(default_factory=dict)
    """Deals with touches that came after their end; None: it has none any more."""
    ledger: dict[tuple[str, int, str], int] = field(default_factory=dict)
    """(account, hour, outcome) → how many deliveries more."""
    quarantine: list[Quarantine] = field(default_factory=list)
    released: list[Id] = field(default_factory=list)
    """Quarantined deliveries that were read after all."""
    positions: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Log partition → (offset up to which it was processed when this was decided, -1 for nothing;
    offset up to which it is now). Likewise rounds of the review queue."""


class Source(Protocol):
    """What a batch reads before and while it decides. Every call is one query for any number.

    Reads see the last commit. Whatever was read and relied on is written with its version, so
    that another writer's commit in between makes the save fail with `IntegrityError`.
    """

    def cards(self, leaves: Collection[Id]) -> dict[Id, tuple[int, Card]]: ...

    def members(self, persons: Collection[Id]) -> dict[Id, tuple[int, Card]]:
        """The leaf cards of these persons, heads included."""

    def deals_of(self, persons: Collection[Id]) -> dict[Id, tuple[Id, Deal]]:
        """Deal → its person and row, for all deals of these persons with rows of their own."""

    def deal_rows(self, ids: Collection[Id]) -> dict[Id, tuple[Id, Deal]]:
        """The same for deals named by their ids."""

    def deals_in_threads(self, threads: Collection[Id]) -> dict[Id, tuple[Id, Deal]]:
        """The same for the deals that ever had one of these threads."""

    def leading_deals(self, person: Id, pipeline: str) -> dict[Id, tuple[Id, Deal]]:
        """The same for the deal with the latest activity, and the one of those that are open."""

    def ended_deal(self, person: Id, pipeline: str, since: int) -> dict[Id, tuple[Id, Deal]]:
        """The same for the one with the latest activity that ended then (ms) or later."""

    def pairs(self, keys: Collection[tuple[Id, Id]]) -> dict[tuple[Id, Id], Pair]: ...

    def pairs_of(self, leaves: Collection[Id]) -> dict[tuple[Id, Id], Pair]: ...

    def some_pairs(self, leaf: Id, *, most: int) -> dict[tuple[Id, Id], Pair]:
        """Some of the pairs of one leaf card, in no order."""

    def stirred(self, *, most: int) -> dict[Id, int]:
        """Leaf cards whose part of the review queue is to be made anew → a mark that each rises."""

    def reviews(self, *, after: ReviewPlace, most: int) -> list[Review]:
        """The review queue behind a place, in its order."""

    def reviews_of(self, leaves: Collection[Id]) -> list[Review]:
        """What stands in it about these leaf cards, or by them as the visitor."""

    def reviews_named(self, short: bytes) -> list[Review]:
        """What stands in it by a name that begins with these 4 bytes."""

    def returned(
        self, because: Id, owner: str | None, *, after: ReturnPlace, most: int
    ) -> list[Return]:
        """Deals with touches that came after their end, by one cause, behind a place, in order.

        `owner`: of this one only, empty for nobody.
        """

    def returned_causes(self, after: Id, owner: str | None, *, most: int) -> list[Id]:
        """By which causes above `after` such deals came there, in the order of their ids."""

    def returned_named(self, short: bytes) -> list[Return]:
        """Those of a deal, or of a cause, whose id begins with these 4 bytes."""

    def appearances(self, leaves: Collection[Id]) -> set[tuple[Id, Id]]:
        """(leaf card, lead) for every lead that brought one of these identities."""

    def appearance_counts(self, leaves: Collection[Id]) -> dict[Id, int]:
        """Leaf card → how many leads brought its identity; without those that none brought."""

    def counted(self, leaves: Collection[Id], *, most: int) -> dict[Id, int]:
        """The same, counted no further than to `most`."""

    def ends(self, leaves: Collection[Id]) -> dict[Id, Ends]:
        """The first and the last lead that brought each of these identities."""

    def touches(self, leaves: Collection[Id], *, before: Place, most: int) -> list[Place]:
        """The newest leads before a place that stand on these leaf cards, the newest first."""

    def together(self, a: Id, b: Id, *, after: Place, most: int) -> list[Place]:
        """The oldest leads after a place that brought both of these identities, the oldest first.

        Of a lead that brings one of them no more it may be told, as of those that do.
        """

    def deal_touches(
        self, deals: Collection[Id], leaves: Collection[Id], *, most: int
    ) -> dict[Id, list[Place]]:
        """The newest touches of each of these deals, the newest first.

        `leaves`: those on which they stand, which are leaf cards of the deals' persons.
        """

    def joined(self, deals: Collection[Id]) -> dict[Id, Id]:
        """Deal → into which it is joined; those that stand for themselves are left out."""

    def joined_into(self, deals: Collection[Id]) -> dict[Id, Id]:
        """Each deal that is joined into one of these → into which."""

    def latest_deals(self, person: Id, *, most: int) -> dict[Id, tuple[Id, Deal]]:
        """As `deals_of`, but of each pipeline only those with the latest activity."""

    def hands(self, leaves: Collection[Id]) -> list[Hand]:
        """Decisions in force that name one of these leaf cards, in recorded order."""

    def hands_ever(self, named: Collection[Id]) -> list[Hand]:
        """The same, also of those that were undone."""

    def decision(self, decision: Id) -> list[tuple[Hand, bool]]:
        """The rows of one decision, and whether they are in force."""

    def withdrawn(self, leaves: Collection[Id]) -> dict[tuple[Id, Id, Id], int]:
        """How many withdrawals hold each (leaf card, leaf card, lead), by the first card."""

    def pending(self, ids: Collection[Id] | None = None) -> dict[Id, tuple[int, Pending]]:
        """Work that goes on in pieces, with its version; all of it, or of those named."""

    def counts_of(self, work: Id, digests: Collection[Id]) -> set[Id]:
        """Those of these digests that the work in pieces has counted."""

    def some_counts(self, work: Id, *, most: int) -> list[Id]:
        """Some of the digests that it has counted."""

    def last_position(self) -> int:
        """The newest committed position, 0 in an empty store."""

    def seen(self, event_ids: Collection[Id]) -> set[Id]:
        """Those event ids that have a key of their own."""

    def keyed(self, keys: Collection[Id]) -> dict[Id, Id]:
        """What these keys stand for; those that are not there are left out."""

    def streams(self, ids: Collection[Id], *, personal: bool) -> Mapping[Id, Sequence[Recorded]]:
        """The events of each stream, oldest first; streams without any are left out."""

    def first_events(self, ids: Collection[Id], *, personal: bool) -> dict[Id, Recorded]:
        """The first event of each stream, however long it is."""

    def formed(self, leaves: Collection[Id], after: int) -> list[Recorded]:
        """What these leaf cards' streams tell of persons and shared flags since a position."""

    def positions(self, events: Collection[tuple[Id, int]]) -> dict[tuple[Id, int], int]:
        """Where these events, named by stream and version, stand in the one order."""
