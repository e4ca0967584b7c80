"""A lead event with what every decision about it asks for, worked out once."""

from collections.abc import Sequence
from typing import NamedTuple

from channels.sdk.lead import Identity, LeadContent
from eventstore.domain.events import Id, LeadIdentity
from eventstore.domain.matching import Matching
from eventstore.keyring import Keyring
from eventstore.touches import bytes_of


class Incoming(NamedTuple):
    """`content` and, beside it, its ids and identities as the domain knows them."""

    content: LeadContent
    lead_id: Id
    event_id: Id
    identities: tuple[LeadIdentity, ...]
    """Strongest first."""


def incoming(content: LeadContent, keyring: Keyring, matching: Matching) -> Incoming:
    """Work it out; `matching` is the version in force."""
    lead_id = bytes_of(content.lead_id)
    event_id = lead_id if content.event_id == content.lead_id else bytes_of(content.event_id)
    identities = domain_identities(content.identities, keyring, matching)
    return Incoming(content, lead_id, event_id, identities)


def domain_identities(
    identities: Sequence[Identity], keyring: Keyring, matching: Matching
) -> tuple[LeadIdentity, ...]:
    """Identities without their values, strongest first."""
    if len(identities) < 2:
        return tuple(
            LeadIdentity(keyring.leaf(i.kind, i.value), i.kind, i.proof == "attested", 0)
            for i in identities
        )
    texts = sorted([f"{i.kind}:{i.value}" for i in identities])
    strongest = sorted(
        [
            (matching.strength(i.kind, i.value, attested=i.proof == "attested"), place, i)
            for place, i in enumerate(identities)
        ]
    )
    return tuple(
        LeadIdentity(
            keyring.leaf(i.kind, i.value),
            i.kind,
            i.proof == "attested",
            texts.index(f"{i.kind}:{i.value}"),
        )
        for _, _, i in strongest
    )
