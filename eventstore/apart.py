"""What keeps two persons apart: a veto, a shared identity, or a rule (SEMANTICS 2.4.12).

Looked for on the shortest way of evidence from one to the other, which may lead through others:
two who typed one office number meet there, and nowhere else.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from eventstore.domain.events import Id
from eventstore.judging import judged
from eventstore.regroup import by_hand
from eventstore.rows import Card, Hand, Pair, Pairing
from eventstore.work import Work

Ways = dict[Id, tuple[Pairing, ...]]
"""Person → the pairs that lead there."""

_MOST_STEPS = 4
"""So many persons away from either side is looked."""
_MOST_PARTNERS = 500
"""Beyond an identity that met more others than this nobody is looked for."""


class Apart(NamedTuple):
    """Why two persons are not one. What is empty plays no part."""

    because: str
    pairs: tuple[Pairing, ...] = ()
    """The way from one to the other, by evidence that is not withdrawn."""
    vetoes: tuple[Hand, ...] = ()
    shared: frozenset[Id] = frozenset()
    rules: tuple[str, ...] = ()
    """Which rules judged a pair of the way, and said something other than `link`."""


def kept_apart(work: Work, one: Id, other: Id) -> Apart:
    """Why these two persons, named by their heads, are not one."""
    linked = _way(work, one, other, linking=True)
    vetoes = _vetoes(work, [one, other, *_persons(work, linked)])
    direct = tuple(v for v in vetoes if {_person(work, v.a), _person(work, v.b)} == {one, other})
    if direct:
        return Apart("veto", linked, direct, _shared(work, linked))
    on_the_way = {frozenset((_person(work, a), _person(work, b))) for a, b in linked}
    stopping = tuple(
        v for v in vetoes if frozenset((_person(work, v.a), _person(work, v.b))) in on_the_way
    )
    if linked:
        because = "veto" if stopping else "shared"
        return Apart(because, linked, stopping, _shared(work, linked))
    met = _way(work, one, other, linking=False)
    rules = _rules(work, met)
    if rules:
        return Apart("rule", met, shared=_shared(work, met), rules=rules)
    return Apart("no evidence")


def _way(work: Work, one: Id, other: Id, *, linking: bool) -> tuple[Pairing, ...]:
    """The fewest pairs from one person to the other, looked for from both sides; () for none.

    With `linking`, of those of which some evidence says `link`.
    """
    ways: tuple[Ways, Ways] = ({one: ()}, {other: ()})
    edges = [{one}, {other}]
    for _ in range(_MOST_STEPS):
        for side, known in enumerate(ways):
            edges[side] = _step(work, known, edges[side], linking)
            if met := ways[0].keys() & ways[1].keys():
                person = min(met, key=lambda p: (len(ways[0][p]) + len(ways[1][p]), p))
                return (*ways[0][person], *reversed(ways[1][person]))
    return ()


def _step(work: Work, ways: Ways, edge: Collection[Id], linking: bool) -> set[Id]:
    """Add the persons that are one pair beyond `edge`; gives them."""
    leaves = {leaf for leaf, card in work.members(edge).items() if _is_passed(card, ways)}
    pairs = {key: pair for key, pair in work.pairs_of(leaves).items() if pair.key or not linking}
    work.load_cards({leaf for key in pairs for leaf in key})
    if not linking:
        pairs = _with_evidence(work, pairs)
    found: set[Id] = set()
    for key in sorted(pairs):
        a, b = (_person(work, leaf) for leaf in key)
        for here, there in ((a, b), (b, a)):
            if here in edge and there not in ways:
                ways[there] = (*ways[here], key)
                found.add(there)
    return found


def _is_passed(card: Card, ways: Ways) -> bool:
    return len(ways) == 1 or sum(card.degrees.values()) <= _MOST_PARTNERS


def _with_evidence(work: Work, pairs: dict[Pairing, Pair]) -> dict[Pairing, Pair]:
    """Without those of which every lead was withdrawn."""
    silent = [key for key, pair in pairs.items() if not (pair.key or pair.suggested)]
    left = {key for key, _ in _said(work, silent)}
    return {key: pair for key, pair in pairs.items() if key not in silent or key in left}


def _said(work: Work, pairs: Collection[Pairing]) -> list[tuple[Pairing, str]]:
    """Each pair with the rules that judged its leads, but for withdrawn ones, and did not link."""
    leaves = {leaf for key in pairs for leaf in key}
    brought: dict[Id, int] = defaultdict(int)
    for _, lead in work.appearances(leaves) if leaves else ():
        brought[lead] += 1
    leads = sorted(lead for lead, count in brought.items() if count > 1)
    work.load_leads(leads)
    withdrawn = work.withdrawn(leaves)
    return [
        (one.pair, one.rule)
        for lead in leads
        for one in judged(work, work.leads[lead])
        if one.pair in pairs and not one.links and (*one.pair, lead) not in withdrawn
    ]


def _rules(work: Work, pairs: Collection[Pairing]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(rule for _, rule in _said(work, pairs)))


def _vetoes(work: Work, persons: Collection[Id]) -> list[Hand]:
    """Vetoes that count, between different ones of these persons."""
    members = work.members(persons)
    _, vetoes = by_hand(work.hands(members))
    return [
        v
        for v in vetoes
        if v.a in members and v.b in members and members[v.a].person != members[v.b].person
    ]


def _shared(work: Work, pairs: Collection[Pairing]) -> frozenset[Id]:
    return frozenset(leaf for key in pairs for leaf in key if work.known_card(leaf).shared)


def _persons(work: Work, pairs: Collection[Pairing]) -> set[Id]:
    return {_person(work, leaf) for key in pairs for leaf in key}


def _person(work: Work, leaf: Id) -> Id:
    return work.known_card(leaf).person
