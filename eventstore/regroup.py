"""Who is whom, decided again for the persons within reach of a change (SEMANTICS 2.4).

Reads the leaf cards that the change can concern, and runs the oracle's own `join` over their
edges. Bounded by the size of the persons concerned, not by the number of leads or cards.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Literal

from eventstore.domain.events import Id, PersonFormed, SharedChanged
from eventstore.domain.partition import Edge, join, shared_by
from eventstore.lead_state import Order
from eventstore.rows import Card, Hand, Pairing
from eventstore.touches import stand
from eventstore.work import Work


def regroup(work: Work, seeds: Iterable[Id], *, because: Id) -> set[Id]:
    """Bring shared flags and persons around `seeds` up to date.

    Gives every leaf card whose person or neighbours changed, the seeds included: what has to be
    decided again about deals.
    """
    seeds = set(seeds)
    work.load_cards(seeds)
    seeds = {leaf for leaf in seeds if work.card(leaf) is not None}
    flipped = {leaf for leaf in sorted(seeds) if _flip(work, leaf, because)}
    seeds |= {moved for leaf in flipped for moved in move_aliases(work, leaf)}
    members = _reach(work, seeds, flipped)
    merges, vetoes = by_hand(work.hands(members))
    links = [
        Edge(pair.key, *key)
        for key, pair in work.pairs_of(_unshared(members)).items()
        if pair.key and not (work.known_card(key[0]).shared or work.known_card(key[1]).shared)
    ]
    edges = [Edge(merge.order, merge.a, merge.b) for merge in merges]
    roots, _ = join(members, [*edges, *sorted(links)], [(veto.a, veto.b) for veto in vetoes])
    vetoed = {leaf for veto in vetoes for leaf in (veto.a, veto.b)}
    concerned = seeds | flipped | _form(work, members, roots, vetoed, because)
    work.stir(concerned)
    if flipped:  # whom a visitor met does not count where it is shared
        met = {leaf for key in work.pairs_of(flipped) for leaf in key}
        work.stir(leaf for leaf in met if work.known_card(leaf).kind == "visitor")
    return concerned


def by_hand(hands: Iterable[Hand]) -> tuple[list[Hand], list[Hand]]:
    """Merges and vetoes that count, in recorded order.

    Of a merge and a veto on the same two cards the later one counts; a merge repeated counts from
    the first time since the last veto on them. Where the two have become one leaf card, because a
    lead left its own card for the other, nothing is said.
    """
    standing: dict[Pairing, Hand] = {}
    for hand in hands:
        if hand.kind in {"merge", "veto"} and hand.a != hand.b:
            pair = (min(hand.a, hand.b), max(hand.a, hand.b))
            known = standing.get(pair)
            if known is None or known.kind != hand.kind:
                standing[pair] = hand
    found = sorted(standing.values(), key=lambda hand: hand.order)
    return [h for h in found if h.kind == "merge"], [h for h in found if h.kind == "veto"]


def counts_as_shared(work: Work, card: Card) -> bool:
    """Whether the identity of this leaf card is shared, by what is known of it now."""
    limit = work.policy.matching.limit(card.kind)
    return shared_by(mark=card.mark, listed=card.listed, degrees=card.degrees, limit=limit)


def _flip(work: Work, leaf: Id, because: Id) -> bool:
    """Bring the flag of the identity up to date; gives whether it changed."""
    card = work.known_card(leaf)
    shared = counts_as_shared(work, card)
    if shared == card.shared:
        return False
    work.changing(leaf).shared = shared
    by: Literal["mark", "list", "limit"] = "limit"
    if card.mark is not None:
        by = "mark"
    elif card.listed:
        by = "list"
    work.emit_card(leaf, SharedChanged(shared=shared, by=by, because=because))
    return True


def move_aliases(work: Work, leaf: Id) -> set[Id]:
    """Leads that had no identity at first may stand elsewhere now; gives where."""
    found: set[Id] = set()
    for own in work.known_card(leaf).aliases:
        lead = work.known_card(own).opened_by
        work.load_leads([lead])
        place = stand(work, work.leads[lead])
        before = work.known_card(own).moved_to
        if place != before:
            work.alias(own, place)
            found |= {before, place} - {b""}
    return found


def _reach(work: Work, seeds: set[Id], flipped: set[Id]) -> dict[Id, Card]:
    """Every leaf card that an edge, standing or left out, ties to the seeds' persons."""
    persons = {work.known_card(leaf).person for leaf in seeds}
    members = work.members(persons)
    fresh = set(members)
    while fresh:
        ends = {leaf for key in work.pairs_of(_unshared(members, fresh) | flipped) for leaf in key}
        merges, vetoes = by_hand(work.hands(fresh))
        ends |= {leaf for hand in (*merges, *vetoes) for leaf in (hand.a, hand.b)}
        work.load_cards(ends)
        beyond = {work.known_card(leaf).person for leaf in ends if work.card(leaf)} - persons
        persons |= beyond
        flipped = set()
        found = work.members(beyond) if beyond else {}
        fresh = found.keys() - members.keys()
        members |= found
    return members


def _unshared(members: dict[Id, Card], among: Collection[Id] | None = None) -> set[Id]:
    chosen = members if among is None else among
    return {leaf for leaf in chosen if not members[leaf].shared}


def _form(
    work: Work,
    members: dict[Id, Card],
    roots: dict[Id, Id],
    vetoed: set[Id],
    because: Id,
) -> set[Id]:
    """Write the persons that changed; gives the leaf cards of all that did."""
    work.load_orders({(card.opened_by, card.opened_version) for card in members.values()})
    components: dict[Id, list[Id]] = defaultdict(list)
    for leaf, root in roots.items():
        components[root].append(leaf)
    before: dict[Id, set[Id]] = defaultdict(set)
    for leaf, card in members.items():
        before[card.person].add(leaf)
    changed: set[Id] = set()
    for leaves in sorted(components.values(), key=min):  # recorded the same in every run
        head = min(leaves, key=lambda leaf: seniority(work, leaf))
        has_veto = not vetoed.isdisjoint(leaves)
        has_shared = len(leaves) > 1 and any(members[leaf].shared for leaf in leaves)
        if before.get(head) == set(leaves):
            if (members[head].vetoed, members[head].has_shared) != (has_veto, has_shared):
                row = work.changing(head)
                row.vetoed, row.has_shared = has_veto, has_shared
            continue
        changed |= set(leaves)
        moved = tuple(leaf for leaf in sorted(leaves) if members[leaf].person != head)
        for leaf in leaves:
            work.changing(leaf).person = head
        row = work.changing(head)
        row.leaves, row.vetoed, row.has_shared = len(leaves), has_veto, has_shared
        work.emit_card(head, PersonFormed(leaves=moved, because=because))
    return changed


def seniority(work: Work, leaf: Id) -> tuple[bool, Order, int]:
    """Sorts leaf cards by their first record; of one lead's, the strongest first.

    Mailboxes that no lead brings come last.
    """
    card = work.known_card(leaf)
    return card.unbrought, work.order_of(card.opened_by, card.opened_version), card.rank
