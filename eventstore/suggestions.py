"""Items of the review queue as people read them: sides, score and reasons (SEMANTICS 2.3).

Two persons are in it because a lead brought both and no rule links them, because one browser was
used by both, because a veto holds a link off, or because what they say is alike (`lookalikes`). An
identity is in it that crossed its limit. Accepting is a merge, or `unshare`; refusing a veto, or
`share`: decisions like any other, and what a veto stands on is never suggested again.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from eventstore.crossings import MOST_LOOKED_AT, Crossing, crossing
from eventstore.domain.events import Id
from eventstore.queries import Cards
from eventstore.reviewing import names_agree
from eventstore.rows import Review
from eventstore.said import Said, said
from eventstore.told import Json, text_id
from eventstore.work import Work

if TYPE_CHECKING:
    from eventstore.lookalikes import Lookalike

_MOST_NAMED = 20

REASONS = {
    "rule": said("one lead brought both identities, and no rule links them"),
    "device": said("one browser was used by both"),
    "stopped": said("a rule links them, and a veto stands between them"),
}


class Item(NamedTuple):
    """One item of the queue."""

    row: Review
    """`why` may be `alike` here (similar, not equal)."""
    likeness: "Lookalike | None" = None
    """Where what they say is alike."""
    crossing: Crossing | None = None
    """Where an identity crossed its limit."""

    @property
    def leaves(self) -> list[Id]:
        """The leaf cards that are shown."""
        return [self.row.a, *self.others]

    @property
    def others(self) -> list[Id]:
        if self.crossing:
            return sorted(self.crossing.parted.values())[:_MOST_NAMED]
        return [self.row.b]


def crossed(work: Work, row: Review) -> Item | None:
    """The item of an identity over its limit, while it parts anybody."""
    found = crossing(work, row.a)
    return Item(row, crossing=found) if found else None


def shown(cards: Cards, work: Work, items: Iterable[Item]) -> list[Json]:
    """These items as they are shown, in this order."""
    items = list(items)
    leaves = {leaf for item in items for leaf in item.leaves}
    work.load_cards(leaves)
    persons = {leaf: work.known_card(leaf).person for leaf in leaves}
    names, values = cards.names_of(set(persons.values())), cards.names(leaves)
    sides = {
        leaf: {"person": text_id(person), "name": names[person], "identity": values[leaf]}
        for leaf, person in persons.items()
    }
    return [
        _crossing_shown(i, i.crossing, sides) if i.crossing else _shown(i, sides) for i in items
    ]


def _shown(item: Item, sides: dict[Id, Json]) -> Json:
    row, a, b = item.row, sides[item.row.a], sides[item.row.b]
    return {
        "kind": row.why,
        "id": row.name.hex()[:8],
        "why": row.why,
        "score": row.score / 1000,
        "reasons": _reasons(item, a["name"], b["name"]),
        "a": a,
        "b": b,
    }


def _reasons(item: Item, name: str, other: str) -> list[str]:
    because = [REASONS[item.row.why]] if item.row.why in REASONS else []
    if item.likeness:
        return [*because, *item.likeness.reasons]
    alike = names_agree(name, other)
    return [
        *because,
        *([said("their names are alike (%(by)s)", by=f"{alike:.2f}")] if alike else []),
    ]


def _crossing_shown(item: Item, one: Crossing, sides: dict[Id, Json]) -> Json:
    split = [sides[leaf] for leaf in item.others]
    came = said(
        "it came with %(count)s different identities of kind %(kind)s, the limit is %(limit)s",
        count=str(one.partners),
        kind=one.of_kind,
        limit=str(one.limit),
    )
    return {
        "kind": "limit",
        "id": item.row.name.hex()[:8],
        "why": "limit",
        "score": item.row.score / 1000,
        "reasons": [came, _parted(one)],
        "a": sides[one.leaf],
        "b": split[0],
        "split": split,
        "split_count": len(one.parted),
        "accept": {"command": "card unshare", "id": text_id(one.leaf)},
        "refuse": {"command": "card share", "id": text_id(one.leaf)},
    }


def _parted(one: Crossing) -> Said:
    if one.more:
        return said(
            "so it links nobody any more; that parted more than %(count)s persons from it",
            count=str(MOST_LOOKED_AT),
        )
    return said(
        "so it links nobody any more; that parted %(count)s persons from it",
        count=str(len(one.parted)),
    )
