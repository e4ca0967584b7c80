"""The team's review queue: who may be one person, with a score and its reasons (SEMANTICS 2.3).

Two persons are in it because a lead brought both and no rule links them, because one browser was
used by both, because a veto holds a link off, or because what they say is alike (`lookalikes`).

Made from what is stored at the moment of asking. Accepting is a merge, refusing a veto; both are
decisions like any other, and what a veto stands on is never suggested again.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from eventstore.domain.events import Id
from eventstore.likeness.alike_names import names_alike
from eventstore.likeness.names import parts
from eventstore.lookalikes_kept import LookalikesOf, similar_persons
from eventstore.queries import Cards
from eventstore.regroup import by_hand
from eventstore.rows import Card, Pair
from eventstore.told import text_id
from eventstore.work import Work

if TYPE_CHECKING:
    from eventstore.lookalikes import Lookalike

Json = dict[str, Any]
Pairing = tuple[Id, Id]

_PAGE = 2000
_BASE = {"rule": 0.5, "device": 0.4, "stopped": 0.3}
_NAME_WEIGHT = 0.5
_NAMES_ALIKE = 0.85
_NAMED = 500


class Suggestion(NamedTuple):
    """Two leaf cards of two persons, and why somebody should look."""

    a: Id
    b: Id
    why: str
    """`rule` (a lead brings both), `device` (one browser), `stopped` (a veto holds a link off),
    `alike` (similar, not equal)."""
    likeness: "Lookalike | None" = None
    """Where what they say is alike."""

    @property
    def id(self) -> str:
        """Short and stable: the same as long as the two cards are."""
        return bytes(x ^ y for x, y in zip(self.a, self.b, strict=True)).hex()[:8]


class Suggestions:
    """Reads the whole store at each call; for queues, not for hot paths."""

    def __init__(self, cards: Cards, *, similar: LookalikesOf | None = None) -> None:
        """`similar` gives who is alike where that is kept somewhere; else the store is asked."""
        self._cards = cards
        self._base = cards.base
        self._similar = similar or similar_persons(cards.base.recorder)

    def all(self) -> list[Json]:
        """The queue, best score first, numbered from 1."""
        return [{"n": number, **item} for number, (_, item) in enumerate(self.items(), 1)]

    def pick(self, name: str) -> Pairing | None:
        """The two leaf cards of a suggestion, by its number or its id."""
        for number, (one, _) in enumerate(self.items(), 1):
            if name in (str(number), one.id):
                return one.a, one.b
        return None

    def items(self) -> list[tuple[Suggestion, Json]]:
        """The queue, best score first, each as it is shown."""
        work = self._base.work()
        found = list(self._found(work))
        leaves = {leaf for one in found for leaf in (one.a, one.b)}
        persons = {leaf: work.known_card(leaf).person for leaf in leaves}
        names = self._names(set(persons.values()))
        values = self._cards.names(leaves)
        shown = [(one, _shown(one, persons, names, values)) for one in found]
        return sorted(shown, key=lambda pair: (-pair[1]["score"], pair[0].id))

    def _found(self, work: Work) -> Iterator[Suggestion]:
        alike = {}
        for one in self._of_likeness(work):
            alike[self._persons(work, one)] = one
        seen: set[frozenset[Id]] = set()
        for one in [*self._of_pairs(work), *alike.values()]:
            persons = self._persons(work, one)
            if len(persons) == 2 and persons not in seen:
                seen.add(persons)
                if not (_reviewed(work, one) if one.why == "stopped" else _vetoed(work, persons)):
                    too = alike.get(persons)
                    yield one._replace(likeness=too.likeness) if too else one

    def _persons(self, work: Work, one: Suggestion) -> frozenset[Id]:
        return frozenset((work.known_card(one.a).person, work.known_card(one.b).person))

    def _of_likeness(self, work: Work) -> Iterator[Suggestion]:
        found = self._similar()
        work.load_cards({leaf for one in found for leaf in (one.a, one.b)})
        for one in found:
            yield Suggestion(one.a, one.b, "alike", one)

    def _of_pairs(self, work: Work) -> Iterator[Suggestion]:
        """What leads brought together: read once, page by page."""
        met: dict[Id, dict[Id, Id]] = defaultdict(dict)
        for (a, b), pair in self._pairs(work):
            ours, theirs = work.known_card(a), work.known_card(b)
            if "visitor" in (ours.kind, theirs.kind):
                _note_met(met, (a, ours), (b, theirs))
            elif not (ours.shared or theirs.shared) and (pair.suggested or pair.key):
                yield Suggestion(a, b, "stopped" if pair.key else "rule")
        for visitor in met:
            card = work.known_card(visitor)
            if card.person != visitor or card.leaves > 1:  # it met its own person, too
                for a, b in work.pairs_of([visitor]):
                    _note_met(met, (a, work.known_card(a)), (b, work.known_card(b)))
        yield from _of_devices(met)

    def _pairs(self, work: Work) -> Iterator[tuple[Pairing, Pair]]:
        after: Pairing = (b"", b"")
        while page := self._base.recorder.pairs_apart(after, _PAGE):
            after = page[-1][0]
            work.load_cards({leaf for key, _ in page for leaf in key})
            yield from page

    def _names(self, persons: set[Id]) -> dict[str, str]:
        """Person, as it is shown → name."""
        every = sorted(persons)
        return {
            card["id"]: card["name"]
            for start in range(0, len(every), _NAMED)
            for card in self._cards.of(every[start : start + _NAMED])
        }


def _note_met(met: dict[Id, dict[Id, Id]], one: tuple[Id, Card], other: tuple[Id, Card]) -> None:
    """Visitor → each person whom it came with, and by which other identity."""
    for (visitor, card), (leaf, met_card) in ((one, other), (other, one)):
        if card.kind == "visitor" and met_card.kind != "visitor" and not met_card.shared:
            met[visitor].setdefault(met_card.person, leaf)


def _of_devices(met: dict[Id, dict[Id, Id]]) -> Iterator[Suggestion]:
    """One visitor who met two persons who each have another identity: these two."""
    for persons in met.values():
        if len(persons) == 2:
            a, b = sorted(persons.values())
            yield Suggestion(a, b, "device")


def _shown(
    one: Suggestion, persons: dict[Id, Id], names: dict[str, str], values: dict[Id, str]
) -> Json:
    sides = {}
    for side, leaf in (("a", one.a), ("b", one.b)):
        person = text_id(persons[leaf])
        sides[side] = {"person": person, "name": names[person], "identity": values[leaf]}
    score, reasons = _judged(one, sides["a"]["name"], sides["b"]["name"])
    return {"id": one.id, "why": one.why, "score": round(score, 3), "reasons": reasons, **sides}


def _judged(one: Suggestion, name: str, other: str) -> tuple[float, list[str]]:
    likeness = one.likeness
    if likeness and one.why == "alike":
        return likeness.probability, likeness.reasons
    reasons = [_REASONS[one.why]]
    score = _BASE[one.why]
    alike = names_alike(parts(name), parts(other))
    if alike >= _NAMES_ALIKE:
        score += _NAME_WEIGHT * alike
    if likeness:
        return max(score, likeness.probability), [*reasons, *likeness.reasons]
    if alike >= _NAMES_ALIKE:
        reasons.append(f"their names are alike ({alike:.2f})")
    return score, reasons


_REASONS = {
    "rule": "one lead brought both identities, and no rule links them",
    "device": "one browser was used by both",
    "stopped": "a rule links them, and a veto stands between them",
}


def _reviewed(work: Work, one: Suggestion) -> bool:
    """Whether somebody looked at this link that a veto stops, and said that it is rightly so."""
    vetoes = [h for h in work.hands([one.a]) if h.kind == "veto" and {h.a, h.b} == {one.a, one.b}]
    streams = work.source.streams([veto.decision for veto in vetoes], personal=False)
    return any(getattr(events[0].event, "reviewed", False) for events in streams.values())


def _vetoed(work: Work, persons: frozenset[Id]) -> bool:
    """Whether a veto stands between the two; asked of the store only where each has one."""
    if not all(work.known_card(person).vetoed for person in persons):
        return False
    # `work.members` would look through every card of the queue, for each that was refused.
    one, other = (work.source.members({person}) for person in persons)
    work.load_cards({**one, **other})
    _, vetoes = by_hand(work.hands({**one, **other}))
    return any((veto.a in one) != (veto.b in one) for veto in vetoes)
