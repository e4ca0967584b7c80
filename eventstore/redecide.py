"""Decide the deals of some persons again, as if their links had always been (SEMANTICS 3.5).

Their touches and commands are gone through in recorded order, each standing link in force from
the recording of its earliest remaining evidence. What differs from what stands is recorded.
"""

from collections.abc import Collection, Iterable

from eventstore.domain.events import (
    DealJoined,
    DealRestored,
    DealSeparated,
    DealWithdrawn,
    Id,
    RepeatChanged,
)
from eventstore.replay import Play, StoredDeal, read_deals
from eventstore.rows import Card
from eventstore.touches import deal_id, opening, stand
from eventstore.work import LeadState, Work


def redecide(work: Work, leaves: Iterable[Id], *, because: Id, at: int) -> None:
    """Decide again about the touches of the persons who have one of these leaf cards.

    `at` (milliseconds) is when the cause happened; `because` is the lead or decision.
    """
    members, leads = _concerned(work, set(leaves))
    stored = _stored_deals(work, leads)
    play = Play(work, members, leads, stored)
    play.run()
    _record_deals(work, play, stored, because, at)
    for lead in leads:
        placed = play.placed.get(lead.id, b"")
        leaf = stand(work, lead)
        if (leaf, placed) != (lead.leaf, lead.deal):
            work.place_lead(lead, leaf, placed, because=because)
    of_person = play.persons()
    for leaf, card in members.items():
        if card.person == leaf or card.deals or card.many_deals:
            work.deals.put(leaf, of_person.get(leaf, []))


def _concerned(work: Work, leaves: set[Id]) -> tuple[dict[Id, Card], list[LeadState]]:
    """The leaf cards of all persons concerned, and every lead that stands or stood there."""
    persons = {work.known_card(leaf).person for leaf in leaves}
    while True:
        members = work.members(persons)
        work.load_leads({lead for _, lead in work.appearances(members)})
        leads = [work.leads[lead] for lead in sorted({i for _, i in work.appearances(members)})]
        work.load_cards({i.leaf for lead in leads for i in lead.identities})
        here = []
        beyond: set[Id] = set()
        for lead in leads:
            places = {stand(work, lead)} | ({lead.leaf} if lead.leaf else set())
            if places & members.keys():
                here.append(lead)
                beyond |= {work.known_card(leaf).person for leaf in places} - persons
        if not beyond:
            return members, here
        persons |= beyond


def _stored_deals(work: Work, leads: Collection[LeadState]) -> dict[Id, StoredDeal]:
    ids = {deal_id(lead.id, lead.newest.pipeline) for lead in leads}
    return read_deals(work, ids | {lead.deal for lead in leads if lead.deal})


def _record_deals(
    work: Work, play: Play, stored: dict[Id, StoredDeal], because: Id, at: int
) -> None:
    for deal_name, deal in play.deals.items():
        before = stored.get(deal_name)
        into, by, decision = play.joined.get(deal_name, (b"", "", b""))
        if before is None:
            lead = play.openers[deal_name]
            work.emit_new(deal_name, opening(lead, deal, stand(work, lead)))
            before = StoredDeal(opening(lead, deal, b""), deal.repeat_of)
        if before.withdrawn:
            work.emit(deal_name, DealRestored(because=because, at=at))
        if before.repeat_of != deal.repeat_of:
            work.emit(deal_name, RepeatChanged(repeat_of=deal.repeat_of, because=because))
        if before.into and before.into != into:
            work.emit(deal_name, DealSeparated(because=because, at=at))
        if into and before.into != into:
            work.emit(deal_name, DealJoined(into=into, by=by, command=decision, at=at))
    for deal_name in stored.keys() - play.deals.keys():
        if not stored[deal_name].withdrawn:
            work.emit(deal_name, DealWithdrawn(because=because, at=at))
