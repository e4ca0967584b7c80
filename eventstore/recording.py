"""Record a lead event: duplicate, first of its lead, or one more about it (SEMANTICS 1.4, 1.5).

The common cases need no more than the rows at hand: a new identity, a known person, a plain link
between two persons. Whatever could take something back (an identity that becomes shared, a veto
within reach, a lead that changes) goes to `regroup` and `redecide`.
"""

from collections.abc import Iterable
from itertools import combinations

import msgspec

from channels.sdk.lead import Campaign as Labels
from channels.sdk.lead import LeadContent
from eventstore.domain.deals import (
    absorb,
    joins_of_unsorted,
    new_deal,
    note_amount,
    note_touch,
    place,
)
from eventstore.domain.events import (
    Campaign,
    DealJoined,
    Id,
    LeadIdentity,
    LeadRecorded,
    PersonFormed,
)
from eventstore.domain.fold import fold
from eventstore.domain.matching import Action
from eventstore.incoming import Incoming, domain_identities, incoming
from eventstore.judging import judged
from eventstore.keyring import derived
from eventstore.redecide import redecide
from eventstore.regroup import counts_as_shared, regroup, seniority
from eventstore.rows import Card, LinkKey, Pair
from eventstore.touches import (
    JOIN_RULE,
    deal_id,
    milliseconds,
    opening,
    own_leaf,
    stand,
    touch_of,
)
from eventstore.work import LeadState, Work

_NO_CAMPAIGN = Campaign()


def prefetch(work: Work, contents: Iterable[LeadContent]) -> list[Incoming]:
    """Read everything that recording these leads will usually need, in five queries.

    Gives the leads, in the same order, as `record` wants them.
    """
    matching = work.policy.matching
    leads = [incoming(content, work.keyring, matching) for content in contents]
    ids = {lead.lead_id for lead in leads}
    others = {lead.event_id for lead in leads} - ids
    work.load_leads(ids | others)  # an event id may have been the id of another lead
    if others:
        work.seen |= work.source.seen(others)
    work.load_cards({identity.leaf for lead in leads for identity in lead.identities})
    work.load_pairs(
        _key(a.leaf, b.leaf)
        for lead in leads
        if len(lead.identities) > 1
        for a, b in combinations(lead.identities, 2)
    )
    _prefetch_threads(work, leads)
    return leads


def _prefetch_threads(work: Work, leads: list[Incoming]) -> None:
    """On cards with many deals, the deals of the leads' threads, by one query for all."""
    work.deals.load_threads(
        [
            thread
            for lead in leads
            if (thread := _thread(lead.content))
            and any(work.has_many_deals(identity.leaf) for identity in lead.identities)
        ]
    )


def record(work: Work, lead: Incoming) -> bool:
    """Decide about one lead event. False: its effect is there already, nothing changes."""
    if is_known(work, lead):
        return False
    known = work.leads.get(lead.lead_id)
    if lead.event_id != lead.lead_id:
        work.changes.keys[lead.event_id] = lead.lead_id
    work.seen.add(lead.event_id)
    if known is None:
        _record_first(work, lead)
    else:
        _record_more(work, lead.content, known, lead.event_id)
    return True


def is_known(work: Work, lead: Incoming) -> bool:
    """Whether this event id had its effect before; `prefetch` has read what that takes."""
    event_id = lead.event_id
    if event_id in work.seen:
        return True
    of_lead = work.leads.get(lead.lead_id)
    named_alike = work.leads.get(event_id)
    return (of_lead is not None and event_id in of_lead.event_ids) or (
        named_alike is not None and event_id in named_alike.event_ids
    )


# --- the first delivery about a lead ---


def _record_first(work: Work, lead: Incoming) -> None:
    """The lead stands first in the order; what it causes comes after it."""
    content, lead_id, event_id, identities = lead
    shown = _describe(work, content, event_id, identities, work.policy.matching.version)
    slot = len(work.changes.events)
    work.emit_new(lead_id, shown, content)
    state = LeadState(lead_id, 1, (1, slot), shown, b"", b"", {event_id})
    work.leads[lead_id] = state
    _open_cards(work, content, lead_id, 1, identities)
    complex_, fresh = _pair_up(work, state)
    if complex_:
        _start_over(work, state, {i.leaf for i in identities})
        return
    for a, b in fresh:
        _link(work, state, a, b)
    _place(work, state)


def _place(work: Work, state: LeadState) -> None:
    """Put the touch to its person's deal, or open one for it."""
    leaf = stand(work, state)
    person = work.known_card(leaf).person
    work.changing(person)
    touch = touch_of(work, state, leaf)
    pipeline = work.policy.pipeline(touch.pipeline)
    placement = place(touch, work.deals.within_reach(person, touch, pipeline), pipeline)
    if placement.opens:
        deal = new_deal(deal_id(state.id, touch.pipeline), touch, placement.repeat_of)
        work.deals.add(person, deal)
        work.place_lead(state, leaf, deal.id, opened=True)
        work.emit_new(deal.id, opening(state, deal, leaf))
    elif placement.joined:
        note_touch(placement.joined, touch)
        work.deals.changed(person, placement.joined)
        work.place_lead(state, leaf, placement.joined.id)
    else:
        work.place_lead(state, leaf, b"")


def _start_over(work: Work, state: LeadState, leaves: set[Id]) -> None:
    """More than joining follows from this lead: decide about everybody within reach."""
    concerned = regroup(work, leaves, because=state.id)
    at = state.newest.received_at
    redecide(work, concerned | {stand(work, state)}, because=state.id, at=at)


# --- cards, pairs, links ---


def _open_cards(
    work: Work,
    lead: LeadContent,
    lead_id: Id,
    version: int,
    identities: tuple[LeadIdentity, ...],
) -> None:
    """A leaf card for each identity that has none yet; for a lead without any, its own."""
    for rank, identity in enumerate(identities):
        leaf, kind = identity.leaf, identity.kind
        work.changes.appearances.add((leaf, lead_id))
        if work.card(leaf) is None:
            listed = _is_listed(work, lead, leaf)
            card = Card(leaf, kind, lead_id, version, rank, listed=listed, shared=listed)
            work.open_card(leaf, card)
    if not identities:
        own = own_leaf(lead_id)
        work.changes.appearances.add((own, lead_id))
        if work.card(own) is None:
            work.open_card(own, Card(own, "lead", lead_id, version, 0))


def _is_listed(work: Work, lead: LeadContent, leaf: Id) -> bool:
    """Whether the identity of this leaf card is on the list of shared ones."""
    found = (i for i in lead.identities if work.keyring.leaf(i.kind, i.value) == leaf)
    identity = next(found)
    return work.policy.matching.is_listed(identity.kind, identity.value)


def _pair_up(work: Work, state: LeadState) -> tuple[bool, list[tuple[Id, Id]]]:
    """Note which identities came together.

    Gives whether more than joining follows from it, and the links that are new, in the order in
    which the partition joins them. One that was there before and joins nobody is held apart by
    something: evidence for it is no reason to join.
    """
    complex_ = False
    fresh: list[tuple[LinkKey, tuple[Id, Id]]] = []
    if len(state.identities) < 2:
        return complex_, []
    for one in judged(work, state):
        key = one.pair
        pair = work.pair(key)
        if pair is None:
            pair = Pair()
            work.put_pair(key, pair)
            complex_ |= _count(work, one.a, one.b)
        if one.links:
            if pair.key is None:
                fresh.append((one.key, key))
            if pair.key is None or one.key < pair.key:
                pair.key = one.key
                work.put_pair(key, pair)
                complex_ |= _wants_care(work, *key)
        elif one.action is Action.SUGGEST and not pair.suggested:
            pair.suggested = True
            work.put_pair(key, pair)
    return complex_, [key for _, key in sorted(fresh)]


def _wants_care(work: Work, a: Id, b: Id) -> bool:
    """A veto, or a decision about joining deals, bears on what the link of these two causes."""
    one, other = work.head(a), work.head(b)
    if one.vetoed or other.vetoed:
        return True
    if one is other:
        return False
    persons = (work.known_card(leaf).person for leaf in (a, b))
    return any(deal.by_hand for person in persons for deal in work.deals.all(person))


def _count(work: Work, a: LeadIdentity, b: LeadIdentity) -> bool:
    """Count each as a partner of the other. True: one of them became shared by it."""
    flipped = False
    for one, other in ((a, b), (b, a)):
        if other.kind == "visitor":
            continue
        card = work.changing(one.leaf)
        count = card.degrees.get(other.kind, 0) + 1
        card.degrees = {**card.degrees, other.kind: count}
        flipped |= counts_as_shared(work, card) != card.shared
    return flipped


def _link(work: Work, state: LeadState, one: Id, other: Id) -> None:
    """Join the persons of two leaf cards, plainly: no veto is near."""
    a, b = work.known_card(one), work.known_card(other)
    if not (a.shared or b.shared) and a.person != b.person:
        _join(work, a.person, b.person, state)


def _join(work: Work, one: Id, other: Id, state: LeadState) -> None:
    """Two persons are one from here on; the one recorded first keeps its id."""
    first, second = sorted((one, other), key=lambda person: seniority(work, person))
    keeps, leaves_ = work.changing(first), work.changing(second)
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


def _key(a: Id, b: Id) -> tuple[Id, Id]:
    return (a, b) if a < b else (b, a)


# --- one more delivery about a known lead ---


def _record_more(work: Work, lead: LeadContent, state: LeadState, event_id: Id) -> None:
    """Fold it in. The lead's place changes only where its identities, time or direction do."""
    folded = fold([*_told_before(work, state), lead])
    before = state.newest
    matching = work.policy.judged_by(before.rules).matching
    identities = domain_identities(folded.identities, work.keyring, matching)
    after = _describe(work, folded, event_id, identities, before.rules)
    after = msgspec.structs.replace(
        after,
        amends=lead.amends,
        seq=lead.seq,
        revision=lead.revision,
        received_at=milliseconds(lead.received_at),
        pipeline=before.pipeline,
        leaf=state.leaf,
        deal=state.deal,
    )
    state.newest = after
    state.event_ids.add(event_id)
    work.changing(work.known_card(state.leaf).person)
    state.version = work.emit(state.id, after, lead)
    if _same_place(before, after) and _amount_told(work, state, before):
        return
    _open_cards(work, folded, state.id, state.version, identities)
    leaves = {i.leaf for i in (*before.identities, *identities)} | {state.leaf}
    _pair_up(work, state)
    rejudge(work, leaves)
    _start_over(work, state, leaves | _own_card_follows(work, state))


def _own_card_follows(work: Work, state: LeadState) -> set[Id]:
    """The card of a lead that had no identity at first bears on where the lead stands now.

    Gives the leaf cards on which it bears, and bore.
    """
    own = own_leaf(state.id)
    work.load_cards([own])
    if work.card(own) is None or not state.identities:
        return set()
    before, leaf = work.known_card(own).moved_to, stand(work, state)
    work.alias(own, leaf, among=[identity.leaf for identity in state.identities])
    return {before or own, leaf}


def _same_place(before: LeadRecorded, after: LeadRecorded) -> bool:
    """Nothing changed that persons and deals depend on."""
    names = ("identities", "occurred_at", "direction", "kind", "thread")
    return all(getattr(before, name) == getattr(after, name) for name in names)


def _amount_told(work: Work, state: LeadState, before: LeadRecorded) -> bool:
    """The lead's deal comes to what its order does now; False where the deal went elsewhere."""
    after = state.newest
    if not state.deal or (before.amount, before.currency) == (after.amount, after.currency):
        return True
    person = work.known_card(state.leaf).person
    deal = work.deals.one(person, state.deal)
    if deal is None:
        return False
    note_amount(deal, after.amount, after.currency, (after.occurred_at, state.id))
    work.deals.changed(person, deal)
    return True


def _told_before(work: Work, state: LeadState) -> list[LeadContent]:
    stored = work.source.streams([state.id], personal=True).get(state.id, ())
    told = [e.event.personal for e in stored if isinstance(e.event, LeadRecorded)]
    ours = [personal for stream, _, _, personal in work.changes.events if stream == state.id]
    return [content for content in (*told, *ours) if isinstance(content, LeadContent)]


def rejudge(work: Work, leaves: set[Id]) -> None:
    """Judge again every lead that brings two of these identities together: keys may have risen."""
    appearing = work.appearances(leaves)
    times: dict[Id, int] = {}
    for _, lead in appearing:
        times[lead] = times.get(lead, 0) + 1
    together = [lead for lead, count in times.items() if count > 1]
    work.load_leads(together)
    withdrawn = work.withdrawn(leaves)
    found: dict[tuple[Id, Id], Pair] = {}
    for lead in together:
        _judge_into(work, work.leads[lead], leaves, withdrawn, found)
    gone: set[Id] = set()
    for key in [key for key in work.pairs_of(leaves) if set(key) <= leaves]:
        if key not in found:
            gone |= set(key)
        work.put_pair(key, found.get(key))
    for leaf in gone:
        _recount(work, leaf)


def _recount(work: Work, leaf: Id) -> None:
    """Count the partners of an identity anew, after a reparse took some away."""
    partners = [other for key in work.pairs_of([leaf]) for other in key if other != leaf]
    work.load_cards(partners)
    degrees: dict[str, int] = {}
    for other in partners:
        kind = work.known_card(other).kind
        if kind != "visitor":
            degrees[kind] = degrees.get(kind, 0) + 1
    work.changing(leaf).degrees = degrees


def _judge_into(
    work: Work,
    state: LeadState,
    leaves: set[Id],
    withdrawn: set[tuple[Id, Id, Id]],
    found: dict[tuple[Id, Id], Pair],
) -> None:
    for one in judged(work, state):
        key = one.pair
        if not set(key) <= leaves:
            continue
        pair = found.setdefault(key, Pair())
        if (*key, state.id) in withdrawn:
            continue
        if one.links:
            pair.key = one.key if pair.key is None else min(pair.key, one.key)
        elif one.action is Action.SUGGEST:
            pair.suggested = True


# --- what is stored of a lead ---


def _describe(
    work: Work,
    lead: LeadContent,
    event_id: Id,
    identities: tuple[LeadIdentity, ...],
    rules: int,
) -> LeadRecorded:
    order = lead.order
    return LeadRecorded(
        event_id=event_id,
        channel=lead.channel,
        account=lead.account,
        kind=lead.kind,
        direction=lead.direction,
        amends=lead.amends,
        seq=lead.seq,
        revision=lead.revision,
        occurred_at=milliseconds(lead.occurred_at),
        received_at=milliseconds(lead.received_at),
        identities=identities,
        rules=rules,
        thread=_thread(lead),
        campaign=_campaign(lead.campaign) if lead.campaign else _NO_CAMPAIGN,
        call_state=(lead.call.state or "") if lead.call else "",
        amount=order.amount if order else "",
        currency=order.currency if order else "",
        pipeline=work.policy.default_pipeline.id,
        leaf=b"",
    )


def _thread(lead: LeadContent) -> Id:
    """Digest of the lead's thread; empty where its channel has none."""
    if not lead.thread:
        return b""
    return derived(f"thread/{lead.channel}/{lead.account}/{lead.thread}".encode())


def _campaign(labels: Labels) -> Campaign:
    return Campaign(
        source=labels.utm_source,
        medium=labels.utm_medium,
        campaign=labels.utm_campaign,
        term=labels.utm_term,
        content=labels.utm_content,
        start=labels.start,
        ref=labels.ref,
        paid=bool(
            labels.gclid
            or labels.gbraid
            or labels.wbraid
            or labels.yclid
            or labels.ymclid
            or labels.fbclid
        ),
    )
