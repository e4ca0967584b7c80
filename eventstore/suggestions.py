"""The team's review queue: who may be one person, with a score and its reasons (SEMANTICS 2.3).

Made from what is stored at the moment of asking. Accepting is a merge, refusing a veto; both are
decisions like any other, and what a veto stands on is never suggested again.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from rapidfuzz.distance import JaroWinkler

from eventstore.domain.events import Id
from eventstore.queries import Cards
from eventstore.regroup import by_hand
from eventstore.rows import Card, Pair
from eventstore.told import text_id
from eventstore.work import Work

Json = dict[str, Any]
Pairing = tuple[Id, Id]

_PAGE = 2000
_BASE = {"rule": 0.5, "device": 0.4, "stopped": 0.3}
_NAME_WEIGHT = 0.5
_NAMES_ALIKE = 0.85


class Suggestion(NamedTuple):
    """Two leaf cards of two persons, and why somebody should look."""

    a: Id
    b: Id
    why: str
    """`rule` (a lead brings both), `device` (one browser), `stopped` (a veto holds a link off)."""

    @property
    def id(self) -> str:
        """Short and stable: the same as long as the two cards are."""
        return bytes(x ^ y for x, y in zip(self.a, self.b, strict=True)).hex()[:8]


class Suggestions:
    """Reads the whole store at each call; for queues, not for hot paths."""

    def __init__(self, cards: Cards) -> None:
        self._cards = cards
        self._base = cards.base

    def all(self) -> list[Json]:
        """The queue, best score first, numbered from 1."""
        work = self._base.work()
        found = list(self._found(work))
        names = self._names(work, found)
        values = self._cards.names({leaf for one in found for leaf in (one.a, one.b)})
        shown = [self._shown(work, one, names, values) for one in found]
        shown.sort(key=lambda item: (-item["score"], item["id"]))
        return [{"n": number, **item} for number, item in enumerate(shown, 1)]

    def pick(self, name: str) -> Pairing | None:
        """The two leaf cards of a suggestion, by its number or its id."""
        for item in self.all():
            if name in (str(item["n"]), item["id"]):
                leaves = [self._cards.leaf_of(item[side]["identity"]) for side in ("a", "b")]
                return (leaves[0], leaves[1]) if leaves[0] and leaves[1] else None
        return None

    def _found(self, work: Work) -> Iterator[Suggestion]:
        seen: set[frozenset[Id]] = set()
        for one in [*self._of_pairs(work), *self._of_devices(work)]:
            persons = frozenset((work.known_card(one.a).person, work.known_card(one.b).person))
            if len(persons) == 2 and persons not in seen:
                seen.add(persons)
                if one.why == "stopped" or not _vetoed(work, persons):
                    yield one

    def _of_pairs(self, work: Work) -> Iterator[Suggestion]:
        for (a, b), pair in self._pairs():
            ours, theirs = self._two(work, a, b)
            if "visitor" in (ours.kind, theirs.kind) or ours.shared or theirs.shared:
                continue
            if ours.person != theirs.person and (pair.suggested or pair.key):
                yield Suggestion(a, b, "stopped" if pair.key else "rule")

    def _of_devices(self, work: Work) -> Iterator[Suggestion]:
        """One visitor who met two persons who each have another identity: these two."""
        met: dict[Id, dict[Id, Id]] = defaultdict(dict)
        for (a, b), _ in self._pairs():
            for visitor, other in ((a, b), (b, a)):
                card = work.known_card(visitor)
                met_card = work.known_card(other)
                if card.kind == "visitor" and met_card.kind != "visitor" and not met_card.shared:
                    met[visitor].setdefault(met_card.person, other)
        for persons in met.values():
            if len(persons) == 2:
                a, b = sorted(persons.values())
                yield Suggestion(a, b, "device")

    def _pairs(self) -> Iterator[tuple[Pairing, Pair]]:
        after: Pairing = (b"", b"")
        while page := self._base.recorder.pairs_after(after, _PAGE):
            after = page[-1][0]
            yield from page

    def _two(self, work: Work, a: Id, b: Id) -> tuple[Card, Card]:
        work.load_cards([a, b])
        return work.known_card(a), work.known_card(b)

    def _names(self, work: Work, found: Iterable[Suggestion]) -> dict[Id, str]:
        """Person → name."""
        persons = {work.known_card(leaf).person for one in found for leaf in (one.a, one.b)}
        return {person: self._cards.name_of(person) for person in persons}

    def _shown(
        self, work: Work, one: Suggestion, names: dict[Id, str], values: dict[Id, str]
    ) -> Json:
        sides = {}
        for side, leaf in (("a", one.a), ("b", one.b)):
            person = work.known_card(leaf).person
            sides[side] = {
                "person": text_id(person),
                "name": names[person],
                "identity": values[leaf],
            }
        reasons = [_REASONS[one.why]]
        score = _BASE[one.why]
        alike = JaroWinkler.similarity(sides["a"]["name"].casefold(), sides["b"]["name"].casefold())
        if sides["a"]["name"] and alike >= _NAMES_ALIKE:
            score += _NAME_WEIGHT * alike
            reasons.append(f"their names are alike ({alike:.2f})")
        return {"id": one.id, "why": one.why, "score": round(score, 3), "reasons": reasons, **sides}


_REASONS = {
    "rule": "one lead brought both identities, and no rule links them",
    "device": "one browser was used by both",
    "stopped": "a rule links them, and a veto stands between them",
}


def _vetoed(work: Work, persons: frozenset[Id]) -> bool:
    one, other = (work.members({person}) for person in persons)
    _, vetoes = by_hand(work.hands({**one, **other}))
    return any((veto.a in one) != (veto.b in one) for veto in vetoes)
