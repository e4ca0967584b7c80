"""The oracle: who is whom, as a pure function of the facts (SEMANTICS 2.4).

Slow and small on purpose. The incremental code (`regroup.py`) shares only `join` with it and must
always give the same persons; a property test holds them together.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from types import MappingProxyType
from typing import NamedTuple

from eventstore.domain.events import Id, LeadIdentity
from eventstore.domain.matching import BY_FOLD, Action, Matching


class Lead(NamedTuple):
    """A lead folded from its events; `identities` strongest first."""

    id: Id
    occurred_at: int
    identities: Sequence[LeadIdentity]
    version: int
    own: Id
    """Its own leaf card, where it stands while it has no identity."""


class Edge(NamedTuple):
    """A reason to join two leaf cards; edges are joined in the order of `key`."""

    key: tuple[int, ...] | tuple[int, Id, int, int, int]
    a: Id
    b: Id


class Facts(NamedTuple):
    """Everything that decides who is whom."""

    leads: Sequence[Lead]
    rules: Mapping[int, Matching]
    """The matching configuration by its version."""
    current: Matching
    """Whose limits and lists are in force."""
    values: Mapping[Id, tuple[str, str]]
    """Every leaf card that was opened → kind and value of its identity.

    Also of one that every lead turned out to bring beyond the number that counts: a leaf card is
    for ever."""
    marks: Mapping[Id, bool]
    """The latest mark by hand that is not undone."""
    merges: Sequence[tuple[Id, Id]]
    """In recorded order."""
    vetoes: Iterable[tuple[Id, Id]]
    withdrawn: frozenset[tuple[Id, Id, Id]]
    """(leaf card, leaf card, lead): the lead no longer counts for that pair."""
    mailboxes: Mapping[Id, Id] = MappingProxyType({})
    """Leaf card of an address → that of its mailbox, where the folds in force name one."""


def partition(facts: Facts) -> tuple[dict[Id, Id], dict[Id, bool], dict[Id, Id]]:
    """(leaf card → a representative of its person, leaf card → shared, lead → where it stands)."""
    shared = shared_identities(facts)
    anchors = {lead.id: anchor(lead, shared) for lead in facts.leads}
    edges = [Edge((number,), a, b) for number, (a, b) in enumerate(facts.merges)]
    links: dict[tuple[Id, Id], Edge] = {}
    for lead in facts.leads:
        for edge in evidence(lead, facts.rules[lead.version], facts.mailboxes):
            pair = (edge.a, edge.b)
            if shared[edge.a] or shared[edge.b] or (*pair, lead.id) in facts.withdrawn:
                continue
            links[pair] = min(edge, links.get(pair, edge))
    leaves = {*shared, *(leaf for pair in facts.merges for leaf in pair), *anchors.values()}
    person, _ = join(leaves, [*edges, *sorted(links.values())], facts.vetoes)
    return person, shared, anchors


def shared_identities(facts: Facts) -> dict[Id, bool]:
    """Mark by hand, else list, else limit (SEMANTICS 2.3.8); addresses of one mailbox are one."""
    partners: dict[Id, dict[str, set[Id]]] = {leaf: defaultdict(set) for leaf in facts.values}
    for lead in facts.leads:
        for identity in lead.identities:
            mailbox = facts.mailboxes.get(identity.leaf, identity.leaf)
            for other in lead.identities:
                partner = facts.mailboxes.get(other.leaf, other.leaf)
                if partner != mailbox and other.kind != "visitor":
                    for leaf in (identity.leaf, mailbox):
                        partners[leaf][other.kind].add(partner)
    return {
        leaf: is_shared(
            facts.current,
            facts.values[leaf],
            mark=facts.marks.get(leaf),
            degrees={kind: len(found) for kind, found in by_kind.items()},
        )
        for leaf, by_kind in partners.items()
    }


def is_shared(
    matching: Matching,
    identity: tuple[str, str],
    *,
    mark: bool | None,
    degrees: Mapping[str, int],
) -> bool:
    listed, limit = matching.is_listed(*identity), matching.limit(identity[0])
    return shared_by(mark=mark, listed=listed, degrees=degrees, limit=limit)


def shared_by(*, mark: bool | None, listed: bool, degrees: Mapping[str, int], limit: int) -> bool:
    """The mark by hand, else the list, else the limit (SEMANTICS 2.3.8)."""
    if mark is not None:
        return mark
    return listed or any(count > limit for count in degrees.values())


def anchor(lead: Lead, shared: Mapping[Id, bool]) -> Id:
    """Where the lead stands: its strongest identity that is not shared, else its strongest."""
    for identity in lead.identities:
        if not shared[identity.leaf]:
            return identity.leaf
    return lead.identities[0].leaf if lead.identities else lead.own


def evidence(lead: Lead, matching: Matching, mailboxes: Mapping[Id, Id]) -> Iterable[Edge]:
    """The pairs that the lead links, with their keys: time, lead, rule, texts.

    Each of its addresses with its mailbox, after those of the rules; then by the address alone.
    """
    for a, b in combinations(sorted(lead.identities, key=lambda i: i.rank), 2):
        position, _, action = matching.judge(a, b)
        folded = mailboxes.get(a.leaf) == b.leaf or mailboxes.get(b.leaf) == a.leaf
        if action is Action.LINK and not folded:
            low, high = sorted((a.leaf, b.leaf))
            yield Edge((lead.occurred_at, lead.id, position, a.rank, b.rank), low, high)
    for one in lead.identities:
        if one.leaf in mailboxes:
            low, high = sorted((one.leaf, mailboxes[one.leaf]))
            yield Edge((lead.occurred_at, lead.id, BY_FOLD, one.rank, one.rank), low, high)


def join(
    leaves: Iterable[Id], edges: Iterable[Edge], vetoes: Iterable[tuple[Id, Id]]
) -> tuple[dict[Id, Id], list[Edge]]:
    """Join edge by edge, leaving out what would put a vetoed pair into one person.

    Gives each leaf card's representative, and the edges left out.
    """
    parent = {leaf: leaf for leaf in leaves}
    enemies: dict[Id, set[Id]] = defaultdict(set)
    for a, b in vetoes:
        if a in parent and b in parent:
            enemies[a].add(b)
            enemies[b].add(a)

    def find(leaf: Id) -> Id:
        while parent[leaf] != leaf:
            parent[leaf] = parent[parent[leaf]]
            leaf = parent[leaf]
        return leaf

    left_out = []
    for edge in edges:
        a, b = find(edge.a), find(edge.b)
        if a == b:
            continue
        if any(find(enemy) == b for enemy in enemies[a]):
            left_out.append(edge)
            continue
        parent[b] = a
        enemies[a] |= enemies.pop(b, set())
    return {leaf: find(leaf) for leaf in parent}, left_out
