"""The chain of links between two leaf cards, and the facts that it hangs on (SEMANTICS 2.4.12)."""

from collections import defaultdict, deque
from collections.abc import Collection
from itertools import combinations
from typing import NamedTuple

from eventstore.domain.events import Id

_MOST_FOR_FEWEST = 12
"""With so many facts concerned the smallest set is found by trying; else one least by inclusion."""


class Link(NamedTuple):
    """A statement that two leaf cards are one person, with what it stands on."""

    a: Id
    b: Id
    rule: str
    version: int
    by: str
    facts: tuple[Id, ...]
    """Leads that are its evidence, oldest first; of a merge by hand, the decision."""


def chain(links: list[Link], a: Id, b: Id) -> list[Link]:
    """The shortest chain of links from one leaf card to another."""
    neighbours: dict[Id, list[tuple[Id, Link]]] = defaultdict(list)
    for link in links:
        neighbours[link.a].append((link.b, link))
        neighbours[link.b].append((link.a, link))
    came: dict[Id, tuple[Id, Link]] = {}
    queue = deque([a])
    seen = {a}
    while queue:
        here = queue.popleft()
        for other, link in neighbours[here]:
            if other not in seen:
                seen.add(other)
                came[other] = (here, link)
                queue.append(other)
    path: list[Link] = []
    while b in came:
        b, link = came[b]
        path.append(link)
    return path[::-1]


def apart_without(links: list[Link], a: Id, b: Id) -> list[Id]:
    """A smallest set of facts without which no chain joins the two leaf cards."""
    if a == b:
        return []
    facts = sorted({fact for link in links for fact in link.facts})
    if len(facts) <= _MOST_FOR_FEWEST:
        for size in range(len(facts) + 1):
            for chosen in combinations(facts, size):
                if not _joined(links, a, b, set(chosen)):
                    return list(chosen)
    return least(links, a, b, min((_facts_at(links, leaf) for leaf in (a, b)), key=len))


def least(links: Collection[Link], a: Id, b: Id, facts: Collection[Id]) -> list[Id]:
    """Of these facts, without which the two are apart, those of which none can be spared.

    One after the other is given back, and stays given back unless the two are joined by that.
    """
    groups, of_fact = _Groups(), defaultdict[Id, list[Link]](list)
    for link in links:
        held = [fact for fact in link.facts if fact in facts]
        for fact in held:
            of_fact[fact].append(link)
        if len(held) < len(link.facts):
            groups.join(link.a, link.b)
    kept = []
    for fact in sorted(facts):
        ends = [(groups.of(link.a), groups.of(link.b)) for link in of_fact[fact]]
        if _reaches(ends, groups.of(a), groups.of(b)):
            kept.append(fact)
            continue
        for link in of_fact[fact]:
            groups.join(link.a, link.b)
    return kept


class _Groups:
    """Leaf cards that are joined one by one, each group by one of them."""

    def __init__(self) -> None:
        self._above: dict[Id, Id] = {}

    def of(self, leaf: Id) -> Id:
        while (above := self._above.get(leaf, leaf)) != leaf:
            self._above[leaf] = self._above.get(above, above)
            leaf = above
        return leaf

    def join(self, a: Id, b: Id) -> None:
        self._above[self.of(a)] = self.of(b)


def _reaches(ends: Collection[tuple[Id, Id]], a: Id, b: Id) -> bool:
    groups = _Groups()
    for one, other in ends:
        groups.join(one, other)
    return groups.of(a) == groups.of(b)


def _facts_at(links: list[Link], leaf: Id) -> set[Id]:
    return {fact for link in links if leaf in (link.a, link.b) for fact in link.facts}


def _joined(links: list[Link], a: Id, b: Id, without: set[Id]) -> bool:
    left = [link for link in links if any(fact not in without for fact in link.facts)]
    return bool(chain(left, a, b))
