"""Record a lead event: duplicate, first of its lead, or one more about it (SEMANTICS 1.4, 1.5).

The common cases need no more than the rows at hand: a new identity, a known person, a plain link
between two persons. Whatever could take something back (an identity that becomes shared, a veto
within reach, a lead that changes) goes to `regroup` and `redecide`.
"""

from collections.abc import Iterable
from itertools import combinations

import msgspec

from channels.sdk.lead import LeadContent
from eventstore.conversations import load_conversations, route
from eventstore.describing import described, thread_of
from eventstore.domain.deals import join_touch, new_deal, note_amount, place
from eventstore.domain.events import Id, LeadRecorded
from eventstore.domain.fold import fold
from eventstore.domain.routing import Route
from eventstore.incoming import Incoming, domain_identities, incoming
from eventstore.lead_state import LeadState
from eventstore.linking import link, open_cards, pair_up
from eventstore.mailboxes import prefetch_mailboxes, with_mailboxes
from eventstore.redecide import redecide
from eventstore.regroup import regroup
from eventstore.rejudging import rejudge
from eventstore.rows import Appearance, pairing
from eventstore.touches import deal_id, milliseconds, opening, own_leaf, stand, touch_of
from eventstore.work import Work


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
        pairing(a.leaf, b.leaf)
        for lead in leads
        if len(lead.identities) > 1
        for a, b in combinations(lead.identities, 2)
    )
    if matching.folds:
        prefetch_mailboxes(work, (one for content in contents for one in content.identities))
    _prefetch_threads(work, leads)
    load_conversations(work, contents)
    return leads


def _prefetch_threads(work: Work, leads: list[Incoming]) -> None:
    """On cards with many deals, the deals of the leads' threads, by one query for all."""
    work.deals.load_threads(
        [
            thread
            for lead in leads
            if (thread := thread_of(lead.content))
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
    policy = work.policy
    chosen = policy.router.only or route(work, content, lead_id)
    shown = described(content, event_id, identities, policy.matching.version, chosen)
    slot = len(work.changes.events)
    work.emit_new(lead_id, shown, content)
    state = LeadState(lead_id, 1, (1, slot), shown, b"", b"", {event_id})
    work.leads[lead_id] = state
    at, seen = shown.occurred_at, work.changes.appearances
    for identity in identities:
        seen[identity.leaf, lead_id] = Appearance(at, identity.attested)
    renamed = open_cards(work, content, state, identities)
    complex_, fresh = pair_up(work, state)
    if complex_ or renamed:
        _start_over(work, state, with_mailboxes(work, {i.leaf for i in identities}))
        return
    for a, b in fresh:
        link(work, state, a, b)
    _place(work, state)


def _place(work: Work, state: LeadState) -> None:
    """Put the touch to its person's deal, or open one for it."""
    leaf = stand(work, state)
    person = work.known_card(leaf).person
    head = work.changing(person)
    if head.in_review:  # what the person is called may change
        work.stir([leaf])
    if head.awaits:
        work.place_lead(state, leaf, b"")
        return
    touch = touch_of(work, state, leaf)
    pipeline = work.policy.pipeline(touch.pipeline)
    placement = place(touch, work.deals.within_reach(person, touch, pipeline), pipeline)
    if placement.opens:
        deal = new_deal(deal_id(state.id, touch.pipeline), touch, placement.repeat_of)
        work.deals.add(person, deal)
        work.place_lead(state, leaf, deal.id, opened=True)
        work.emit_new(deal.id, opening(state, deal, leaf))
    elif placement.joined:
        join_touch(placement.joined, touch)
        work.deals.changed(person, placement.joined)
        work.place_lead(state, leaf, placement.joined.id)
    else:
        work.place_lead(state, leaf, b"")


def _start_over(work: Work, state: LeadState, leaves: set[Id]) -> None:
    """More than joining follows from this lead: decide about everybody within reach.

    Where their deals are awaited from now on, a new lead has none yet.
    """
    concerned = regroup(work, leaves, because=state.id)
    at = state.newest.received_at
    redecide(work, concerned | {stand(work, state)}, because=state.id, at=at)
    if not state.leaf:
        work.place_lead(state, stand(work, state), b"")


# --- one more delivery about a known lead ---


def _record_more(work: Work, lead: LeadContent, state: LeadState, event_id: Id) -> None:
    """Fold it in. The lead's place changes only where its identities, time or direction do."""
    folded = fold([*_told_before(work, state), lead])
    before = state.newest
    matching = work.policy.judged_by(before.rules).matching
    identities = domain_identities(folded.identities, work.keyring, matching)
    route_before = Route(before.pipeline, before.routed)
    after = described(folded, event_id, identities, before.rules, route_before)
    after = msgspec.structs.replace(
        after,
        amends=lead.amends,
        seq=lead.seq,
        revision=lead.revision,
        received_at=milliseconds(lead.received_at),
        leaf=state.leaf,
        deal=state.deal,
    )
    state.newest = after
    state.event_ids.add(event_id)
    if work.changing(work.known_card(state.leaf).person).in_review:
        work.stir([state.leaf])
    state.version = work.emit(state.id, after, lead)
    if _same_place(before, after) and _amount_told(work, state, before):
        return
    open_cards(work, folded, state, identities)
    work.appears_anew(state, before, [i.leaf for i in identities] or [own_leaf(state.id)])
    leaves = {i.leaf for i in (*before.identities, *identities)} | {state.leaf}
    leaves = with_mailboxes(work, leaves)
    pair_up(work, state)
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
    if (before.amount, before.currency) == (after.amount, after.currency):
        return True
    person = work.known_card(state.leaf).person
    if work.known_card(person).awaits:
        return False
    if not state.deal:
        return True
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
