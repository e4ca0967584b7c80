"""Deals in a few words, by which somebody tells one of a person's from another."""

from collections.abc import Iterator, Sequence

from eventstore.deal_story import IN_FORCE, deal_known
from eventstore.domain.deals import OPEN, Deal
from eventstore.domain.events import DealOpened, Id
from eventstore.rows import Source
from eventstore.told import Json, text_id, time_text, told_of


def deal_briefs(source: Source, deals: Sequence[Id]) -> Iterator[Json]:
    """Each of these deals that somebody opened, with its version."""
    streams = source.streams(deals, personal=False)
    opened = {deal: first for deal, events in streams.items()
              if isinstance(first := events[0].event, DealOpened)}  # fmt: skip
    rows = _rows(source, opened)
    for deal in deals:
        if deal in opened:
            events = streams[deal]
            known = rows.get(deal) or deal_known(events[0], events[1:])
            told = brief_deal(known, opened[deal])
            yield {**told, "status": known.status, "version": events[-1].version}


def brief_deal(deal: Deal, opened: DealOpened) -> Json:
    """How it stands, and what opened it when; one out of force as it stood before."""
    return {
        "deal": text_id(deal.id),
        "lead": text_id(opened.lead),
        "pipeline": deal.pipeline,
        "stage": deal.stage,
        "status": deal.status if deal.status in IN_FORCE else OPEN,
        "owner": deal.owner or None,
        "amount": deal.amount or None,
        "currency": deal.currency or None,
        "channel": opened.channel,
        "opened_at": time_text(opened.opened_at),
    }


def _rows(source: Source, opened: dict[Id, DealOpened]) -> dict[Id, Deal]:
    """Those in force, with what their touches told, too."""
    leads = told_of(source.streams({first.lead for first in opened.values()}, personal=False))
    leaves = source.cards({told.leaf for told in leads.values()})
    heads = source.cards({card.person for _, card in leaves.values()})
    kept = {deal.id: deal for _, card in heads.values() for deal in card.deals}
    return kept | {deal: row for deal, (_, row) in source.deal_rows(opened).items()}
