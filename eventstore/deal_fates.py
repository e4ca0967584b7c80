"""What becomes of deals by a decision that is only looked at (SEMANTICS 3.4, 3.5)."""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, Literal, NamedTuple

from eventstore.deal_briefs import brief_deal
from eventstore.deal_story import deal_known
from eventstore.domain.deals import OPEN, Deal
from eventstore.domain.events import (
    DealJoined,
    DealOpened,
    DealRestored,
    DealSeparated,
    DealWithdrawn,
    Event,
    Id,
    PersonFormed,
)
from eventstore.told import Json, text_id
from eventstore.touches import stand
from eventstore.work import Work

What = Literal["joined", "separated", "opened", "withdrawn", "restored", "stays"]
MOST_TOLD: Final = 100
"""So many deals are told of."""
_WHAT: Final[dict[type[Event], What]] = {
    DealOpened: "opened",
    DealRestored: "restored",
    DealWithdrawn: "withdrawn",
    DealSeparated: "separated",
    DealJoined: "joined",
}


class DealFate(NamedTuple):
    """One deal, and what would become of it."""

    what: What
    """`stays`: open, with another that goes into it, or beside one of whom was another person."""
    deal: Deal
    """As it would stand; of one that goes into another or is withdrawn, as it stands."""
    opened: DealOpened
    version: int = 0
    """0 for one that is new."""
    into: Id = b""
    by: str = ""
    """Of a join: the rule's name or who decided it."""

    def shown(self) -> Json:
        return {
            **brief_deal(self.deal, self.opened),
            "version": self.version,
            "what": self.what,
            "into": text_id(self.into) or None,
            "by": self.by or None,
        }


def deal_fates(work: Work) -> tuple[DealFate, ...]:
    """What the events of a whole working set make of deals, before it is saved; bounded."""
    last: dict[Id, Event] = {}
    opened: dict[Id, DealOpened] = {}
    for stream, _, event, _ in work.changes.events:
        if type(event) in _WHAT:
            last[stream] = event
        if isinstance(event, DealOpened):
            opened[stream] = event
    beside = _beside(work)
    into = {event.into for event in last.values() if isinstance(event, DealJoined)}
    named = [*last, *sorted((into | beside) - last.keys())][:MOST_TOLD]
    return tuple(_fates(work, named, last, opened))


def _fates(
    work: Work, named: Collection[Id], last: Mapping[Id, Event], opened: dict[Id, DealOpened]
) -> Iterable[DealFate]:
    streams = work.source.streams(named, personal=False)
    for name, events in streams.items():
        if isinstance(first := events[0].event, DealOpened):
            opened.setdefault(name, first)
    work.load_leads({opened[name].lead for name in named})
    for name in named:
        first = opened[name]
        stored = streams.get(name)
        deal = work.deals.one(_head(work, first.lead), name)
        if deal is None:  # it goes into another, or is withdrawn
            known = deal_known(stored[0], stored[1:]) if stored else None
            deal = known or Deal(name, first.lead, first.pipeline)
        event = last.get(name)
        joined = event if isinstance(event, DealJoined) else None
        yield DealFate(
            _WHAT[type(event)] if event else "stays",
            deal,
            first,
            version=stored[-1].version if stored else 0,
            into=joined.into if joined else b"",
            by=joined.by if joined else "",
        )


def _beside(work: Work) -> set[Id]:
    """Open deals of several who become one person, more than one in a pipeline."""
    found: set[Id] = set()
    heads = {s for s, _, event, _ in work.changes.events if isinstance(event, PersonFormed)}
    for head in sorted(heads):
        of_pipeline: dict[str, list[Deal]] = {}
        for deal in work.deals.all(head):
            if deal.status == OPEN:
                of_pipeline.setdefault(deal.pipeline, []).append(deal)
        for deals in of_pipeline.values():
            if len(_persons_before(work, deals)) > 1:
                found |= {deal.id for deal in deals}
    return found


def _persons_before(work: Work, deals: Collection[Deal]) -> set[Id]:
    leads = {deal.lead for deal in deals}
    work.load_leads(leads)
    return work.persons_before({work.leads[lead].leaf for lead in leads})


def _head(work: Work, lead: Id) -> Id:
    return work.known_card(stand(work, work.leads[lead])).person
