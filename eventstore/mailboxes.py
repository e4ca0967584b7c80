"""Addresses of one mailbox: their leaf cards, and what they count for (SEMANTICS 2.3.7, ADR 0031).

The row of an address names the leaf card of its mailbox, by the folds that were in force when it
was opened or judged again. Every lead that brings the address is evidence that the two are one, and
for the limit of partners the addresses of a mailbox are one.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Final

from channels.sdk.lead import Identity
from eventstore.domain.events import Id, LeadIdentity
from eventstore.regroup import counts_as_shared, seniority
from eventstore.rows import Card, Pair, Pairing, pairing
from eventstore.work import Work

_EMAIL: Final = "email"


def mailbox_of(work: Work, leaf: Id) -> Id:
    """The leaf card of the mailbox of an address; of any other identity its own."""
    return work.known_card(leaf).mailbox or leaf


def with_mailboxes(work: Work, leaves: Iterable[Id]) -> set[Id]:
    """These leaf cards, and those of their mailboxes."""
    found = set(leaves)
    if work.policy.folds:
        found |= {mailbox_of(work, leaf) for leaf in found if work.card(leaf)}
    return found


def addresses(work: Work, leaf: Id) -> list[Id]:
    """Of a mailbox, itself and every address of it; of any other leaf card only itself."""
    if not work.known_card(leaf).is_mailbox:
        return [leaf]
    met = {other for key in work.pairs_of([leaf]) for other in key} - {leaf}
    work.load_cards(met)
    return [leaf, *(other for other in met if work.known_card(other).mailbox == leaf)]


# --- leaf cards ---


def address_leaves(work: Work, identities: Iterable[Identity]) -> Iterator[tuple[Id, str]]:
    """Of each address that a fold in force reads otherwise: its leaf card, and its mailbox."""
    matching = work.policy.matching
    for one in identities:
        if value := matching.mailbox(one.kind, one.value):
            yield work.keyring.leaf(one.kind, one.value), value


def prefetch_mailboxes(work: Work, identities: Iterable[Identity]) -> None:
    """Read what recording leads with these identities will need of their mailboxes."""
    found = {leaf: work.keyring.leaf(_EMAIL, to) for leaf, to in address_leaves(work, identities)}
    if found:
        work.load_cards(found.values())
        work.load_pairs(pairing(*pair) for pair in found.items())


def put_into_mailbox(work: Work, leaf: Id, value: str) -> None:
    """The address of this leaf card is one of the mailbox `value`, of none where that is empty.

    While no lead brings the mailbox's own address, its leaf card counts as opened by the lead that
    opened the first of its addresses, and comes after whatever a lead has brought.
    """
    card = work.changing(leaf)
    named = card.mailbox = work.keyring.leaf(_EMAIL, value) if value else b""
    if not named:
        return
    known = work.card(named)
    if known is None:
        known = Card(named, _EMAIL, card.opened_by, card.opened_version, card.rank)
        known.unbrought = known.is_mailbox = True
        known.listed = known.shared = work.policy.matching.is_listed(_EMAIL, value)
        work.open_card(named, known)
    elif known.unbrought and seniority(work, leaf)[1:] < seniority(work, named)[1:]:
        work.changing(named).opened_by = card.opened_by
        known.opened_version, known.rank = card.opened_version, card.rank
    if not known.is_mailbox:
        work.changing(named).is_mailbox = True


def brought(work: Work, leaf: Id, lead: Id, version: int, rank: int) -> bool:
    """A lead brings the address of a mailbox itself. True: its person may be called otherwise."""
    card = work.changing(leaf)
    card.opened_by, card.opened_version, card.rank, card.unbrought = lead, version, rank, False
    return work.known_card(card.person).unbrought


# --- evidence ---


def by_folds(work: Work, identities: Iterable[LeadIdentity]) -> dict[Id, LeadIdentity]:
    """Of a lead's addresses that have another mailbox: that, as the lead brings it along."""
    return {
        one.leaf: LeadIdentity(named, _EMAIL, one.attested, one.rank)
        for one in identities
        if one.kind == _EMAIL
        if (named := work.known_card(one.leaf).mailbox)
    }


def bringing(work: Work, key: Pairing) -> Pairing:
    """The identities that a lead must bring to be evidence for this pair.

    Of an address and its mailbox the address is enough: then it stands for both.
    """
    if work.policy.folds:
        for leaf, other in (key, key[::-1]):
            if work.known_card(leaf).mailbox == other:
                return leaf, leaf
    return key


# --- how many others came with an identity ---


def count_together(work: Work, a: LeadIdentity, b: LeadIdentity) -> bool:
    """Two identities came together for the first time. True: one became shared by it, or is not.

    Each counts for the other, and for its mailbox, unless another address of its mailbox did.
    """
    one, other = mailbox_of(work, a.leaf), mailbox_of(work, b.leaf)
    if one == other:
        return False
    for leaf in (one, other):
        work.changing(leaf)  # relied on: whoever counts them anew meanwhile is to be noticed
    flipped = False
    met = _may_have_met(work, one, other)
    ours, theirs = (addresses(work, one), addresses(work, other)) if met else ([], [])
    if not (met and _met(work, ours, theirs, but=(a.leaf, b.leaf))):
        flipped |= _count(work, one, b.kind) | _count(work, other, a.kind)
    if a.leaf != one and not (met and _met(work, [a.leaf], theirs, but=(a.leaf, b.leaf))):
        flipped |= _count(work, a.leaf, b.kind)
    if b.leaf != other and not (met and _met(work, ours, [b.leaf], but=(a.leaf, b.leaf))):
        flipped |= _count(work, b.leaf, a.kind)
    return flipped


def _may_have_met(work: Work, one: Id, other: Id) -> bool:
    """Whether each has met somebody of the other's kind at all; visitors are not counted."""
    a, b = work.known_card(one), work.known_card(other)
    return all(
        theirs.kind == "visitor" or theirs.kind in ours.degrees for ours, theirs in ((a, b), (b, a))
    )


def _met(work: Work, ours: Iterable[Id], theirs: Iterable[Id], *, but: Pairing) -> bool:
    """Whether some of these came together with some of those, but for these two."""
    keys = {pairing(*pair) for pair in product(ours, theirs)} - {pairing(*but)}
    work.load_pairs(keys)
    return any(work.pair(key) is not None for key in keys)


def _count(work: Work, leaf: Id, kind: str) -> bool:
    if kind == "visitor":
        return False
    card = work.changing(leaf)
    card.degrees = {**card.degrees, kind: card.degrees.get(kind, 0) + 1}
    return counts_as_shared(work, card) != card.shared


def count_anew(work: Work, leaf: Id) -> None:
    """Count the partners of an identity anew, after leads that bring some no more."""
    pairs = work.pairs_of(addresses(work, leaf))
    partners = {other for key in pairs for other in key}
    work.load_cards(partners)
    nodes = {mailbox_of(work, other): work.known_card(other).kind for other in partners}
    nodes.pop(mailbox_of(work, leaf), None)
    degrees: dict[str, int] = {}
    for kind in nodes.values():
        if kind != "visitor":
            degrees[kind] = degrees.get(kind, 0) + 1
    work.changing(leaf).degrees = degrees


# --- other folds ---


def fold_again(work: Work, names: Mapping[Id, str]) -> tuple[list[Pairing], set[Id]]:
    """Bring the mailboxes of these leaf cards, with their `kind:value`, up to the folds in force.

    Gives the pairs that are to be judged again, and then the leaf cards to be counted anew.
    """
    pairs: dict[Pairing, None] = {}
    for leaf, name in sorted(names.items()):
        kind, _, value = name.partition(":")
        before, to = work.known_card(leaf).mailbox, work.policy.matching.mailbox(kind, value)
        named = work.keyring.leaf(kind, to) if to else b""
        if named != before:
            put_into_mailbox(work, leaf, to)
            pairs |= {pairing(leaf, end): None for end in (before, named) if end}
    for key in pairs:
        work.put_pair(key, work.pair(key) or Pair())
    changed = {leaf for key in pairs for leaf in key}
    met = {leaf for key in work.pairs_of(changed) for leaf in key}
    work.load_cards(met)
    return list(pairs), changed | with_mailboxes(work, met)
