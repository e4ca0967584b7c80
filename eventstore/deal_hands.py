"""What people decided about joining and parting deals, as a run through the order needs it."""

from collections.abc import Collection

from eventstore.domain.deals import Deal
from eventstore.domain.events import Decision, Id
from eventstore.lead_state import LeadState
from eventstore.rows import Hand
from eventstore.touches import deal_id
from eventstore.work import Work


class DealHands:
    """The decisions in force that name one of some deals."""

    def __init__(self, work: Work, leads: Collection[LeadState]) -> None:
        deals = {deal_id(lead.id, lead.newest.pipeline) for lead in leads}
        hands = work.deal_hands(deals | {lead.deal for lead in leads if lead.deal})
        last: dict[frozenset[Id], Hand] = {}
        for hand in hands:
            if hand.kind in {"join", "part"}:
                last[frozenset((hand.a, hand.b))] = hand
        parted = {pair: hand.a for pair, hand in last.items() if hand.kind == "part"}
        self._parted, self._taken_out = parted.keys(), set(parted.values())
        self.in_order = [hand for hand in hands if hand.kind != "part"]
        self.named = {x for hand in hands if hand.kind != "leave" for x in (hand.a, hand.b)}
        self.put_apart = {hand.a for hand in hands if hand.kind in {"own", "anew"}}
        """Leads that are to have a deal of their own."""
        self._actors = actors(work, [hand.decision for hand in self.in_order])

    def lets_join(self, one: Deal, other: Deal) -> bool:
        """Whether no person said last that these two are not to be joined."""
        return frozenset((one.id, other.id)) not in self._parted

    def lets_rule_join(self, later: Deal, earlier: Deal) -> bool:
        """The same, where no person says join.

        What a person took out stays out of every other deal, too: by a third one it would be back
        in the one that it was taken out of.
        """
        apart = later.lead in self.put_apart or later.id in self._taken_out
        return not apart and self.lets_join(later, earlier)

    def actor(self, hand: Hand) -> str:
        return self._actors.get(hand.decision, "")


def actors(work: Work, decisions: Collection[Id]) -> dict[Id, str]:
    """Who took each of these decisions."""
    if not decisions:
        return {}
    found = {}
    for stream, events in work.source.streams(decisions, personal=False).items():
        if isinstance(events[0].event, Decision):
            found[stream] = events[0].event.actor
    for stream, _, event, _ in work.changes.events:
        if stream in decisions and isinstance(event, Decision):
            found.setdefault(stream, event.actor)
    return found
