"""What is stored of a lead: its event, without what identifies anybody."""

from channels.sdk.lead import Campaign as Labels
from channels.sdk.lead import LeadContent
from eventstore.domain.events import Campaign, Id, LeadIdentity, LeadRecorded
from eventstore.domain.routing import Route
from eventstore.keyring import derived
from eventstore.touches import milliseconds

_NO_CAMPAIGN = Campaign()


def described(
    lead: LeadContent,
    event_id: Id,
    identities: tuple[LeadIdentity, ...],
    rules: int,
    route: Route,
) -> LeadRecorded:
    """The event of a lead that is `lead` by now, without where it stands and its deal."""
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
        thread=thread_of(lead),
        campaign=_campaign(lead.campaign) if lead.campaign else _NO_CAMPAIGN,
        call_state=(lead.call.state or "") if lead.call else "",
        amount=order.amount if order else "",
        currency=order.currency if order else "",
        pipeline=route.pipeline,
        routed=route.why,
        leaf=b"",
    )


def thread_of(lead: LeadContent) -> Id:
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
