"""The one queue of the team: who may be one person, and which identities crossed the limit.

Each item has `kind`, `score` and `reasons`, and two sides `a` and `b`. What is decided about one
is a decision like any other, remembered for everybody and undone by its id.
"""

from typing import Any, NamedTuple

from eventstore.card_commands import CardCommands
from eventstore.crossings import Crossing, crossings
from eventstore.deciding import Decided, answered
from eventstore.lookalikes_kept import LookalikesOf
from eventstore.orders import NotThere, Orders
from eventstore.queries import Cards
from eventstore.said import said
from eventstore.suggestions import Suggestions
from eventstore.told import Json, text_id

_CROSSED = 0.9
"""The score of an identity over its limit: it has parted persons who stood together before."""
_MOST_NAMED = 20


class _Item(NamedTuple):
    shown: Json
    what: tuple[bytes, bytes] | Crossing


class ReviewQueue:
    """Reads the whole store at each call."""

    def __init__(self, cards: Cards, *, similar: LookalikesOf | None = None) -> None:
        """`similar`: see Suggestions."""
        self._cards = cards
        self._similar = similar

    def all(self) -> list[Json]:
        """The queue, best score first, numbered from 1; with the version for deciding."""
        version = self._cards.version
        items = enumerate(self._items(), 1)
        return [{"n": number, **item.shown, "version": version} for number, item in items]

    def accept(self, name: str, by: Orders, *, reason: str = "", dry_run: bool = False) -> Decided:
        """They are one person (a merge); an identity over its limit is one person's (`unshare`).

        `name` is an item's number or id; NotThere where there is none.
        """
        return self._decide(name, by, True, {"reason": reason, "dry_run": dry_run})

    def refuse(self, name: str, by: Orders, *, reason: str = "", dry_run: bool = False) -> Decided:
        """They are not the same (a veto); an identity over its limit is shared indeed."""
        return self._decide(name, by, False, {"reason": reason, "dry_run": dry_run})

    def _decide(self, name: str, by: Orders, same: bool, how: dict[str, Any]) -> Decided:
        asked = ("suggestion", name, same, how["reason"])
        if earlier := answered(self._cards.base.work(), by, asked):
            return earlier  # the item it named then is gone, or another one has its number
        commands, what = CardCommands(self._cards.base), self._pick(name)
        if isinstance(what, Crossing):
            return commands.mark(what.leaf, not same, by, asked=asked, **how)
        if same:
            return commands.merge(*what, by, asked=asked, **how)
        return commands.veto(*what, by, asked=asked, reviewed=True, **how)

    def _pick(self, name: str) -> tuple[bytes, bytes] | Crossing:
        for number, item in enumerate(self._items(), 1):
            if name in (str(number), item.shown["id"]):
                return item.what
        raise NotThere(said("no suggestion '%(name)s'; see `leadlog card suggestions`", name=name))

    def _items(self) -> list[_Item]:
        items = [
            _Item({"kind": shown["why"], **shown}, (one.a, one.b))
            for one, shown in Suggestions(self._cards, similar=self._similar).items()
        ]
        found = crossings(self._cards.base)
        sides = self._sides(found)
        items += [_Item(_shown(one, sides), one) for one in found]
        return sorted(items, key=lambda item: (-item.shown["score"], item.shown["id"]))

    def _sides(self, found: list[Crossing]) -> dict[bytes, Json]:
        """Leaf card → how a side of an item shows it."""
        leaves = {leaf for one in found for leaf in (one.leaf, *_named(one))}
        persons, values = self._cards.persons_of(leaves), self._cards.names(leaves)
        names = self._cards.names_of(set(persons.values()))
        return {
            leaf: {
                "person": text_id(persons[leaf]),
                "name": names.get(persons[leaf], ""),
                "identity": values[leaf],
            }
            for leaf in leaves
        }


def _named(one: Crossing) -> list[bytes]:
    return sorted(one.parted.values())[:_MOST_NAMED]


def _shown(one: Crossing, sides: dict[bytes, Json]) -> Json:
    split = [sides[leaf] for leaf in _named(one)]
    came = f"it came with {one.partners} different identities of kind {one.of_kind}"
    parted = f"so it links nobody any more; that parted {len(one.parted)} persons from it"
    return {
        "kind": "limit",
        "id": one.id,
        "why": "limit",
        "score": _CROSSED,
        "reasons": [f"{came}, the limit is {one.limit}", parted],
        "a": sides[one.leaf],
        "b": split[0],
        "split": split,
        "split_count": len(one.parted),
        "accept": {"command": "card unshare", "id": text_id(one.leaf)},
        "refuse": {"command": "card share", "id": text_id(one.leaf)},
    }
