"""The review queue's rows, made anew for those about whom something changed (SEMANTICS 2.3).

A lead or a decision only notes whose part of the queue may be another now (`Work.stir`). What that
part is, is worked out here, a page of persons at a time, from the rows and names as they stand: by
whoever reads the queue, and beside the processor, so that readers find little to do (ADR 0028).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Final

from eventstore.crossings import links_stopped
from eventstore.customer_base import CustomerBase
from eventstore.domain.events import Id
from eventstore.keyring import derived
from eventstore.likeness.alike_names import names_alike
from eventstore.likeness.marks import marks_differ
from eventstore.likeness.names import parts
from eventstore.queries import Cards
from eventstore.regroup import by_hand
from eventstore.rows import Pair, Review
from eventstore.work import Beat, Work

STREAM: Final[Id] = derived(b"review")
"""What this is called among the work that goes on in pieces."""
_ROUND: Final = "review"
"""Rounds are counted as offsets are, so that no two at once write what they read apart."""
_AT_ONCE: Final = 200
_SOME: Final = 20

BASE: Final = {"rule": 0.5, "device": 0.4, "stopped": 0.3}
_NAMES_ALIKE: Final = 0.85
_NAME_WEIGHT: Final = 0.5
CROSSED: Final = 0.9
"""The score of an identity over its limit: it has parted persons who stood together before."""

Persons = frozenset[Id]
NamesOf = Callable[[Collection[Id]], dict[Id, str]]


class _Overtaken(Exception):
    """Somebody else has made a round meanwhile."""


def bring_up_to_date(base: CustomerBase, *, beat: Beat = lambda: None) -> None:
    """Make every part of the queue anew about which something changed."""
    names = Cards(base).names_of
    while base.recorder.stirred(most=1):
        beat()
        try:
            _round(base, names)
        except _Overtaken:
            continue


def _round(base: CustomerBase, names: NamesOf) -> None:
    """One page, unless somebody else makes a round after this one has looked where it stands."""
    here = _rounds(base)

    def once(work: Work) -> None:
        if _rounds(base) != here:
            raise _Overtaken
        work.changes.positions[_ROUND] = (here, here + 1)
        settle(work, names)

    base.attempt(once)


def _rounds(base: CustomerBase) -> int:
    """How many were made, less one."""
    made = base.recorder.max_tracking_id(_ROUND)
    return -1 if made is None else made


def settle(work: Work, names: NamesOf) -> None:
    """One page of what was stirred, into the working set."""
    work.changes.settled = work.source.stirred(most=_AT_ONCE)
    work.load_cards(work.changes.settled)
    around = _Around(work)
    around.look({work.known_card(leaf).person for leaf in work.changes.settled if work.card(leaf)})
    rows = {(row.a, row.b): row for row in (*around.two(names), *around.over_limit())}
    for row in around.stored:
        if (row.a, row.b) not in rows:
            work.changes.reviews[row.a, row.b] = None
    for key, row in rows.items():
        if row not in around.stored:
            work.changes.reviews[key] = row
    _note_shown(work, around.persons, rows.values())


def _note_shown(work: Work, persons: Collection[Id], rows: Iterable[Review]) -> None:
    """Whether each of these persons is in the queue; of others, that they came into it."""
    shown = {work.known_card(leaf).person for row in rows for leaf in (row.a, row.b)}
    for person in sorted(shown | set(persons)):
        if work.known_card(person).in_review != (person in shown):
            work.changing(person).in_review = person in shown


class _Around:
    """Some persons, with whatever can stand in the queue about them."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.persons: set[Id] = set()
        self.stored: set[Review] = set()
        """What stands there now, and is kept or goes."""
        self._found: dict[Persons, list[Review]] = defaultdict(list)
        self._visitors: set[Id] = set()

    def look(self, persons: set[Id]) -> None:
        """At these, and at those whom one visitor makes two with others than these."""
        while persons:
            self.persons |= persons
            members = self._work.members(persons)
            self.stored |= set(self._work.source.reviews_of(members))
            visitors = {leaf for leaf, card in members.items() if card.kind == "visitor"}
            visitors |= self._pairs({leaf for leaf, card in members.items() if not card.shared})
            visitors -= self._visitors
            self._visitors |= visitors
            by_them = self._work.source.reviews_of(visitors)
            self.stored |= set(by_them)
            self._work.load_cards({row.a for row in by_them})
            beyond = {self._work.known_card(row.a).person for row in by_them}
            beyond |= {min(two) for two in map(self._device, sorted(visitors)) if two}
            persons = beyond - self.persons

    def _pairs(self, leaves: set[Id]) -> set[Id]:
        """Note what pairs of these identities say; gives the visitors among them."""
        work, visitors = self._work, set[Id]()
        pairs = work.pairs_of(leaves)
        work.load_cards({leaf for key in pairs for leaf in key})
        for (a, b), pair in sorted(pairs.items()):
            ours, theirs = work.known_card(a), work.known_card(b)
            if "visitor" in (ours.kind, theirs.kind):
                visitors |= {x for x in (a, b) if work.known_card(x).kind == "visitor"}
            elif ours.person != theirs.person and not (ours.shared or theirs.shared):
                self._note(a, b, pair)
        return visitors

    def _note(self, a: Id, b: Id, pair: Pair) -> None:
        if pair.key or pair.suggested:
            why = "stopped" if pair.key else "rule"
            self._found[self._of(a, b)].append(Review(a, b, why, b"", 0))

    def _device(self, visitor: Id) -> Persons:
        """Note the two persons whom a visitor met, if there are just two; gives them."""
        met = _met(self._work, self._work.source.some_pairs(visitor, most=_SOME), visitor)
        if len(met) <= 2:
            met = _met(self._work, self._work.pairs_of([visitor]), visitor)
        if len(met) != 2:
            return frozenset()
        a, b = sorted(met.values())
        self._found[frozenset(met)].append(Review(a, b, "device", visitor, 0))
        return frozenset(met) if self.persons.isdisjoint(met) else frozenset()

    def two(self, names: NamesOf) -> list[Review]:
        """A row for each two persons that are in the queue, with its score."""
        rows = [row for two, found in self._found.items() if (row := self._first(two, found))]
        named = names({person for row in rows for person in self._of(row.a, row.b)})
        return [row._replace(score=self._score(row, named)) for row in rows]

    def _first(self, two: Persons, found: list[Review]) -> Review | None:
        """What a lead says of them counts before a browser; a veto takes both away."""
        row = min(found, key=lambda one: (one.why == "device", one.a, one.b, one.via))
        left_out = _reviewed(self._work, row) if row.why == "stopped" else vetoed(self._work, two)
        return None if left_out or self.persons.isdisjoint(two) else row

    def _score(self, row: Review, names: dict[Id, str]) -> int:
        one, other = (names[person] for person in self._of(row.a, row.b))
        return round(1000 * (BASE[row.why] + _NAME_WEIGHT * names_agree(one, other)))

    def over_limit(self) -> list[Review]:
        """A row for each of their identities over its limit, by which that stops a link."""
        work, members = self._work, self._work.members(self.persons)
        return [
            Review(leaf, leaf, "limit", b"", round(1000 * CROSSED))
            for leaf in members
            if links_stopped(work, leaf, most=_SOME) or links_stopped(work, leaf)
        ]

    def _of(self, a: Id, b: Id) -> Persons:
        return frozenset((self._work.known_card(a).person, self._work.known_card(b).person))


def names_agree(one: str, other: str) -> float:
    """How alike two names are, from 0 to 1; 0 where that is too little to speak for anything."""
    if marks_differ(one, other):
        return 0.0
    alike = names_alike(parts(one), parts(other))
    return alike if alike >= _NAMES_ALIKE else 0.0


def _met(work: Work, pairs: Iterable[tuple[Id, Id]], visitor: Id) -> dict[Id, Id]:
    """Each person whom a visitor came with, and by which other identity."""
    others = sorted(leaf for key in pairs for leaf in key if leaf != visitor)
    work.load_cards(others)
    met: dict[Id, Id] = {}
    for leaf in others:
        card = work.known_card(leaf)
        if card.kind != "visitor" and not card.shared:
            met.setdefault(card.person, leaf)
    return met


def _reviewed(work: Work, one: Review) -> bool:
    """Whether somebody looked at this link that a veto stops, and said that it is rightly so."""
    vetoes = [h for h in work.hands([one.a]) if h.kind == "veto" and {h.a, h.b} == {one.a, one.b}]
    first = work.source.first_events([veto.decision for veto in vetoes], personal=False)
    return any(getattr(found.event, "reviewed", False) for found in first.values())


def vetoed(work: Work, persons: Persons) -> bool:
    """Whether a veto stands between the two; asked of the store only where each has one."""
    if not all(work.known_card(person).vetoed for person in persons):
        return False
    # `work.members` would look through every card of the working set.
    one, other = (work.source.members({person}) for person in persons)
    work.load_cards({**one, **other})
    _, vetoes = by_hand(work.hands({**one, **other}))
    return any((v.a in one and v.b in other) or (v.b in one and v.a in other) for v in vetoes)
