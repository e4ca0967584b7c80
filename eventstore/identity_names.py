"""What the identities of leaf cards are called, as the leads that opened them have it."""

from collections.abc import Iterator, Mapping

from channels.sdk.lead import Identity, LeadContent
from eventstore.customer_base import CustomerBase
from eventstore.domain.events import Id
from eventstore.domain.folds import mailbox
from eventstore.policy import Policy
from eventstore.rows import Card
from eventstore.told import text_id


def identity_names(base: CustomerBase, cards: Mapping[Id, Card]) -> dict[Id, str]:
    """`kind:value` of each of these leaf cards; of a lead without identity, the lead's id."""
    streams = base.recorder.streams({c.opened_by for c in cards.values()}, personal=True)
    values: dict[Id, str] = {}
    for events in streams.values():
        for recorded in events:
            content = getattr(recorded.event, "personal", None)
            identities = content.identities if isinstance(content, LeadContent) else ()
            for one in (value for found in identities for value in _read(base.policy, found)):
                values[base.keyring.leaf(*one)] = ":".join(one)
    return {
        leaf: values.get(leaf, f"{card.kind}:{text_id(card.opened_by)}")
        for leaf, card in cards.items()
    }


def _read(policy: Policy, identity: Identity) -> Iterator[tuple[str, str]]:
    """The identity itself, and of an address what any version of the folds reads in it.

    Those are what leaf cards were opened for, whichever folds are in force now.
    """
    yield identity.kind, identity.value
    if identity.kind == "email":
        for fold in policy.folds:
            if value := mailbox([fold], identity.value):
                yield identity.kind, value
