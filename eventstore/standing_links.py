"""The links in force between leaf cards, with what they stand on (SEMANTICS 2.4.12)."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Final

from eventstore.chains import Link
from eventstore.domain.events import CardsMerged, Id
from eventstore.judging import judged
from eventstore.mailboxes import bringing
from eventstore.regroup import by_hand
from eventstore.rows import Card, Hand, Pairing
from eventstore.work import Work

_ALL: Final = 2**31


def standing_links(work: Work, members: dict[Id, Card], *, brief: bool = False) -> list[Link]:
    """Every link in force between leaf cards of one person: by rules, then by hand."""
    unshared = {leaf for leaf, card in members.items() if not card.shared}
    first = {
        key: pair.key[1]
        for key, pair in work.pairs_of(unshared).items()
        if pair.key and key[0] in unshared and key[1] in unshared
    }
    hands = work.hands(members)
    merges, _ = by_hand(hands)
    evidence = set(first.values()) if brief else _together(work, first)
    return _judged_links(work, first, evidence) + [
        _merge_link(work, merge, hands)
        for merge in merges
        if merge.a in members and merge.b in members
    ]


def links_of(work: Work, keys: Collection[Pairing]) -> list[Link]:
    """The automatic links on these pairs, with all evidence that is not withdrawn."""
    return _judged_links(work, keys, _together(work, keys))


def _together(work: Work, keys: Iterable[Pairing]) -> set[Id]:
    """The leads that brought both identities of one of these pairs."""
    ever = (-1, b"")
    brought = {bringing(work, key) for key in keys}
    return {lead for a, b in brought
            for _, lead in work.source.together(a, b, after=ever, most=_ALL)}  # fmt: skip


def _judged_links(work: Work, keys: Collection[Pairing], together: Collection[Id]) -> list[Link]:
    """The same, of these leads only."""
    work.load_leads(together)
    withdrawn = work.withdrawn({leaf for key in keys for leaf in key})
    evidence: dict[Pairing, list[tuple[int, Id, str, int]]] = defaultdict(list)
    wanted = set(keys)
    for lead in together:
        state = work.leads[lead]
        for one in judged(work, state):
            held = not one.links or (*one.pair, lead) in withdrawn
            if not held and one.pair in wanted:
                entry = (state.newest.occurred_at, lead, one.rule, one.version)
                evidence[one.pair].append(entry)
    links = []
    for (a, b), entries in sorted(evidence.items()):
        entries.sort()
        _, _, rule, version = entries[0]
        links.append(Link(a, b, rule, version, "rule", tuple(lead for _, lead, _, _ in entries)))
    return links


def _merge_link(work: Work, merge: Hand, hands: Iterable[Hand]) -> Link:
    """The link by hand, with every merge on these two cards that would stand without the first."""
    actor = ""
    for events in work.source.streams([merge.decision], personal=False).values():
        if isinstance(events[0].event, CardsMerged):
            actor = events[0].event.actor
    pair = {merge.a, merge.b}
    again = (
        hand.decision
        for hand in hands
        if hand.kind == "merge" and {hand.a, hand.b} == pair and hand.order >= merge.order
    )
    return Link(merge.a, merge.b, "merge", 0, actor or "hand", tuple(again))


class Cuts:
    """Which links a decision would cut that is tried out in a working set (SEMANTICS 2.3.9).

    Made before it is decided; of each rule's evidence only the first lead is told.
    """

    def __init__(self, work: Work, leaves: Iterable[Id]) -> None:
        self._work = work
        self._standing = [
            link
            for person in sorted({work.known_card(leaf).person for leaf in leaves})
            for link in standing_links(work, work.members({person}), brief=True)
        ]

    def found(self) -> tuple[Link, ...]:
        """Those that stood between leaf cards of one person, which are two persons' now."""
        person = {
            leaf: self._work.known_card(leaf).person
            for link in self._standing
            for leaf in (link.a, link.b)
        }
        return tuple(link for link in self._standing if person[link.a] != person[link.b])
