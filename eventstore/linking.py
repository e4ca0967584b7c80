"""Cards, pairs and links of a lead that comes: the plain cases (see eventstore.recording)."""

from channels.sdk.lead import LeadContent
from eventstore.domain.deals import absorb, joins_of_unsorted
from eventstore.domain.events import DealJoined, Id, LeadIdentity, PersonFormed
from eventstore.domain.matching import Action
from eventstore.judging import Judged, judged
from eventstore.lead_state import LeadState
from eventstore.mailboxes import address_leaves, brought, count_together, put_into_mailbox
from eventstore.regroup import counts_as_shared, seniority
from eventstore.rows import Card, LinkKey, Pair
from eventstore.touches import JOIN_RULE, own_leaf
from eventstore.work import Work


def open_cards(
    work: Work,
    lead: LeadContent,
    state: LeadState,
    identities: tuple[LeadIdentity, ...],
) -> bool:
    """A leaf card for each identity that has none yet; for a lead without any, its own.

    True: a person may be called otherwise by it.
    """
    lead_id, version = state.id, state.version
    folds = work.policy.matching.folds
    mailboxes = dict(address_leaves(work, lead.identities)) if folds else {}
    renamed = False
    for rank, identity in enumerate(identities):
        leaf, kind = identity.leaf, identity.kind
        known = work.card(leaf)
        if known is None:
            listed = _is_listed(work, lead, leaf)
            card = Card(leaf, kind, lead_id, version, rank, listed=listed, shared=listed)
            work.open_card(leaf, card)
            if leaf in mailboxes:
                put_into_mailbox(work, leaf, mailboxes[leaf])
        elif known.unbrought:
            renamed |= brought(work, leaf, lead_id, version, rank)
    if not identities:
        own = own_leaf(lead_id)
        if work.card(own) is None:
            work.open_card(own, Card(own, "lead", lead_id, version, 0))
    return renamed


def _is_listed(work: Work, lead: LeadContent, leaf: Id) -> bool:
    """Whether the identity of this leaf card is on the list of shared ones."""
    for identity in lead.identities:
        if work.keyring.leaf(identity.kind, identity.value) == leaf:
            return work.policy.matching.is_listed(identity.kind, identity.value)
    raise LookupError(f"leaf card {leaf.hex()} is of no identity of its lead")


def pair_up(work: Work, state: LeadState) -> tuple[bool, list[tuple[Id, Id]]]:
    """Note which identities came together.

    Gives whether more than joining follows from it, and the links that are new, in the order in
    which the partition joins them. One that was there before and joins nobody is held apart by
    something: evidence for it is no reason to join.
    """
    complex_ = False
    fresh: list[tuple[LinkKey, tuple[Id, Id]]] = []
    if len(state.identities) < 2 and not work.policy.folds:
        return complex_, []
    for one in judged(work, state):
        key = one.pair
        pair = work.pair(key)
        if pair is None:
            pair = Pair()
            work.put_pair(key, pair)
            complex_ |= _count(work, one.a, one.b)
            _stir_visitor(work, state, one)
        if one.links:
            if pair.key is None:
                fresh.append((one.key, key))
            if pair.key is None or one.key < pair.key:
                pair.key = one.key
                work.put_pair(key, pair)
                complex_ |= _wants_care(work, *key)
        elif one.action is Action.NEVER or not pair.suggested:
            _note_unlinked(work, one, pair)
    return complex_, [key for _, key in sorted(fresh)]


def _note_unlinked(work: Work, one: Judged, pair: Pair) -> None:
    """Two identities that may be of two persons: by the pair, or by one browser, in the queue."""
    if one.action is Action.SUGGEST:
        pair.suggested = True
        work.put_pair(one.pair, pair)
    if "visitor" not in (one.a.kind, one.b.kind):
        work.stir([one.a.leaf])


def _stir_visitor(work: Work, state: LeadState, one: Judged) -> None:
    """A visitor who met others before this lead may be the browser of two persons now."""
    for identity in (one.a, one.b):
        if identity.kind == "visitor" and work.known_card(identity.leaf).opened_by != state.id:
            work.stir([identity.leaf])


def _wants_care(work: Work, a: Id, b: Id) -> bool:
    """A veto, or a decision about joining deals, bears on what the link of these two causes.

    So it does where the deals of one of them are awaited, or where touches of one may ask for
    threads that the deals of the other have not kept.
    """
    one, other = work.head(a), work.head(b)
    if one.vetoed or other.vetoed:
        return True
    if one is other:
        return False
    if one.awaits or other.awaits or one.has_shared or other.has_shared:
        return True
    persons = (work.known_card(leaf).person for leaf in (a, b))
    return any(deal.by_hand for person in persons for deal in work.deals.all(person))


def _count(work: Work, a: LeadIdentity, b: LeadIdentity) -> bool:
    """Count each as a partner of the other. True: one of them became shared by it."""
    if work.policy.folds:
        return count_together(work, a, b)
    flipped = False
    for one, other in ((a, b), (b, a)):
        if other.kind == "visitor":
            continue
        card = work.changing(one.leaf)
        count = card.degrees.get(other.kind, 0) + 1
        card.degrees = {**card.degrees, other.kind: count}
        flipped |= counts_as_shared(work, card) != card.shared
    return flipped


def link(work: Work, state: LeadState, one: Id, other: Id) -> None:
    """Join the persons of two leaf cards, plainly: no veto is near."""
    a, b = work.known_card(one), work.known_card(other)
    if a.shared or b.shared:
        work.stir(leaf for leaf in (one, other) if not _is_in_review(work, leaf))
    elif a.person != b.person:
        _join(work, a.person, b.person, state)


def _is_in_review(work: Work, leaf: Id) -> bool:
    """Whether the queue has this leaf card itself; False where it may be another of its person."""
    head = work.head(leaf)
    return head.in_review and head.leaves == 1


def _join(work: Work, one: Id, other: Id, state: LeadState) -> None:
    """Two persons are one from here on; the one recorded first keeps its id."""
    first, second = sorted((one, other), key=lambda person: seniority(work, person))
    keeps, leaves_ = work.changing(first), work.changing(second)
    if keeps.in_review or leaves_.in_review or state.id not in (keeps.opened_by, leaves_.opened_by):
        work.stir([first])
        keeps.in_review, leaves_.in_review = keeps.in_review or leaves_.in_review, False
    moved = [second]
    if leaves_.leaves > 1:
        moved += sorted(leaf for leaf in work.members([second]) if leaf != second)
    for leaf in moved:
        work.changing(leaf).person = first
    keeps.leaves += leaves_.leaves
    leaves_.leaves = 1
    work.emit_card(first, PersonFormed(leaves=tuple(moved), because=state.id))
    ours, theirs = work.deals.all(first), work.deals.all(second)
    deals = [*ours, *theirs]
    if work.policy.matching.join_unsorted and ours and theirs:
        joins = joins_of_unsorted(ours, theirs, lambda deal: work.order_of(deal.lead))
        for later, earlier in joins:
            absorb(later, earlier)
            deals.remove(later)
            at = state.newest.received_at
            work.emit(later.id, DealJoined(into=earlier.id, by=JOIN_RULE, at=at))
    work.deals.put(second, [])
    work.deals.put(first, deals)
