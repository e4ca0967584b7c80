"""Decide the deals of some persons again, as if their links had always been (SEMANTICS 3.5).

Their touches and commands are gone through in recorded order, each standing link in force from
the recording of its earliest remaining evidence. What differs from what stands is recorded: at
once where few touches are concerned, else in pieces (see eventstore.following).
"""

from collections.abc import Collection, Iterable
from sys import intern

from msgspec.structs import replace

from channels.sdk.lead import MAX_IDENTITIES
from eventstore.awaiting import await_deals
from eventstore.domain.events import (
    Campaign,
    DealJoined,
    DealRestored,
    DealSeparated,
    DealWithdrawn,
    Id,
    LeadRecorded,
    RepeatChanged,
)
from eventstore.lead_state import LeadState
from eventstore.replay import Play, StoredDeal, read_deals
from eventstore.rows import Card
from eventstore.touches import deal_id, opening, stand
from eventstore.work import Work

_PAGE = 2000
_NO_IDS: set[Id] = set()


def redecide(work: Work, leaves: Iterable[Id], *, because: Id, at: int) -> None:
    """Decide again about the touches of the persons who have one of these leaf cards.

    `at` (milliseconds) is when the cause happened; `because` is the lead or decision.
    """
    persons = {work.known_card(leaf).person for leaf in leaves}
    found = within_reach(work, persons, most=work.policy.most_touches_at_once)
    if found is None:
        await_deals(work, persons, because=because, at=at)
        return
    members, leads = found
    stored = stored_deals(work, leads)
    play = Play(work, members, leads, stored)
    play.run()
    for deal in [*play.deals, *sorted(stored.keys() - play.deals.keys())]:
        record_deal(work, play, deal, stored.get(deal), because=because, at=at)
    for lead in leads:
        place_again(work, play, lead, because=because)
    _put_rows(work, play, members, because)


def _put_rows(work: Work, play: Play, members: dict[Id, Card], because: Id) -> None:
    """The rows of the persons' deals, and of what came to those after their end."""
    of_person = play.persons()
    heads = [leaf for leaf, card in members.items()
             if card.person == leaf or card.deals or card.many_deals]  # fmt: skip
    before = {deal.id: deal for leaf in heads for deal in work.deals.all(leaf) if deal.returned}
    after = {deal.id: deal for deals in of_person.values() for deal in deals if deal.returned}
    for name in before | after:
        work.deals.decided_again(before.get(name), after.get(name), because=because)
    for leaf in heads:
        work.deals.put(leaf, of_person.get(leaf, []))


def within_reach(
    work: Work, persons: set[Id], *, most: int | None
) -> tuple[dict[Id, Card], list[LeadState]] | None:
    """The leaf cards of all persons concerned, and every lead that stands or stood there.

    `persons` grows by those who are concerned, too. None where `most` is given and more leads
    are concerned, or where the deals of one of the persons are awaited already.
    """
    while True:
        members = work.members(persons)
        if most is not None and _is_much(work, members, most):
            return None
        appearing = {lead for _, lead in work.appearances(members)}
        if most is not None and len(appearing) > most:
            return None
        if most is None:
            load_slim(work, appearing)
        else:
            work.load_leads(appearing)
        leads = [work.leads[lead] for lead in sorted(appearing)]
        work.load_cards({i.leaf for lead in leads for i in lead.identities})
        here = []
        beyond: set[Id] = set()
        for lead in work.each(leads):
            places = {stand(work, lead)} | ({lead.leaf} if lead.leaf else set())
            if places & members.keys():
                here.append(lead)
                beyond |= {work.known_card(leaf).person for leaf in places} - persons
        if not beyond:
            return members, here
        persons |= beyond


def load_slim(work: Work, ids: Collection[Id]) -> None:
    """Read these leads, however many: page by page, with what deciding about deals takes."""
    in_order = sorted(ids)
    for start in range(0, len(in_order), _PAGE):
        page = in_order[start : start + _PAGE]
        known = work.leads.keys() & page
        work.load_leads(page)
        for state in (work.leads[name] for name in page if name not in known):
            state.event_ids = _NO_IDS
            state.newest = slim(state.newest)


def slim(lead: LeadRecorded) -> LeadRecorded:
    """Without its labels, and with one text for all that have the same."""
    names = ("channel", "account", "kind", "direction", "pipeline", "amount", "currency")
    shared = {name: intern(getattr(lead, name)) for name in names}
    return replace(lead, campaign=Campaign(), call_state="", routed=None, **shared)


def _is_much(work: Work, members: dict[Id, Card], most: int) -> bool:
    """Surely more than so many leads, without reading them; or awaited as it is."""
    if any(card.awaits for card in members.values()):
        return True
    return work.appearance_counts(members).total() > most * MAX_IDENTITIES


def stored_deals(work: Work, leads: Collection[LeadState]) -> dict[Id, StoredDeal]:
    """The deals that these leads opened, would open, or belong to, as their streams have them."""
    ids = {deal_id(lead.id, lead.newest.pipeline) for lead in leads}
    in_order = sorted(ids | {lead.deal for lead in leads if lead.deal})
    found: dict[Id, StoredDeal] = {}
    for start in range(0, len(in_order), _PAGE):
        work.beat()
        found |= read_deals(work, in_order[start : start + _PAGE])
    return found


def record_deal(
    work: Work, play: Play, name: Id, before: StoredDeal | None, *, because: Id, at: int
) -> None:
    """Record what the run made of a deal, where that differs from what its stream has."""
    deal = play.deals.get(name)
    if deal is None:
        if before is not None and not before.withdrawn:
            work.emit(name, DealWithdrawn(because=because, at=at))
        return
    into, by, decision = play.joined.get(name, (b"", "", b""))
    if before is None:
        lead = work.leads[play.openers[name].lead]
        work.emit_new(name, opening(lead, deal, stand(work, lead)))
        before = StoredDeal(opening(lead, deal, b""), deal.repeat_of)
    if before.withdrawn:
        work.emit(name, DealRestored(because=because, at=at))
    if before.repeat_of != deal.repeat_of:
        work.emit(name, RepeatChanged(repeat_of=deal.repeat_of, because=because))
    if before.into and before.into != into:
        work.emit(name, DealSeparated(because=because, at=at))
    if into and before.into != into:
        work.emit(name, DealJoined(into=into, by=by, command=decision, at=at))


def place_again(work: Work, play: Play, lead: LeadState, *, because: Id) -> None:
    """Record where the lead stands and which deal the run put it to, where that differs."""
    placed = play.placed.get(lead.id, b"")
    leaf = stand(work, lead)
    if (leaf, placed) != (lead.leaf, lead.deal):
        work.place_lead(lead, leaf, placed, because=because)
