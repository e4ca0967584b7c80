"""A lead as a touch: where it stands, what deals see of it, which deal it would open."""

from datetime import datetime
from functools import lru_cache

from eventstore.domain.deals import Deal, Touch
from eventstore.domain.events import DealOpened, Id
from eventstore.keyring import derived
from eventstore.lead_state import LeadState
from eventstore.work import Work

JOIN_RULE = "unsorted deals of one person"
"""Who joined two deals where the rule did (SEMANTICS 3.4)."""
_REMEMBERED = 4096
"""Ids and times of some batches: within one, each is asked for several times."""


@lru_cache(maxsize=_REMEMBERED)
def bytes_of(uuid_text: str) -> Id:
    return bytes.fromhex(uuid_text.replace("-", ""))


@lru_cache(maxsize=_REMEMBERED)
def milliseconds(timestamp: str) -> int:
    """A wire time in milliseconds since 1970."""
    return round(datetime.fromisoformat(timestamp).timestamp() * 1000)


def own_leaf(lead_id: Id) -> Id:
    """The leaf card of a lead without identity: a function of the lead id (SEMANTICS 2.2.4)."""
    return derived(b"lead/" + lead_id)


def deal_id(lead_id: Id, pipeline: str) -> Id:
    """The id of the deal that a lead opens in a pipeline (SEMANTICS 3.3)."""
    return derived(b"deal/" + lead_id + pipeline.encode())


def opening(state: LeadState, deal: Deal, leaf: Id) -> DealOpened:
    """The event of a deal that this lead opens."""
    shown = state.newest
    return DealOpened(
        lead=state.id,
        leaf=leaf,
        pipeline=deal.pipeline,
        routed=shown.routed,
        opened_at=shown.occurred_at,
        repeat_of=deal.repeat_of,
        channel=shown.channel,
        account=shown.account,
        kind=shown.kind,
        campaign=shown.campaign,
        amount=shown.amount,
        currency=shown.currency,
    )


def touch_of(work: Work, state: LeadState, leaf: Id) -> Touch:
    """The lead as far as deals care."""
    shown, card = state.newest, work.known_card(leaf)
    thread = shown.thread
    return Touch(
        state.id,
        shown.occurred_at,
        shown.kind,
        shown.direction,
        shown.pipeline,
        thread,
        card.shared,
        shown.amount,
        shown.currency,
        thread != b"" and (card.shared or work.known_card(card.person).has_shared),
    )


def stand(work: Work, state: LeadState) -> Id:
    """The leaf card where the lead stands now (SEMANTICS 2.2.5)."""
    identities = state.identities
    for identity in identities:
        if not work.known_card(identity.leaf).shared:
            return identity.leaf
    return identities[0].leaf if identities else own_leaf(state.id)
