"""A version of the routing rules is recorded when it is first used, and means one thing for ever.

Touches tell by which rule of which version they were routed (SEMANTICS 4.5). A change of the rules
takes another version; what was routed before stays where it is.
"""

import time

from eventstore.adoption import adopt_once
from eventstore.customer_base import CustomerBase
from eventstore.domain.events import Id, RoutingAdopted
from eventstore.domain.routing import Routing
from eventstore.keyring import Keyring, derived
from eventstore.rows import Source
from eventstore.sealed_rules import opened_rules, sealed_rules
from eventstore.versions import VersionChanged

STREAM: Id = derived(b"routing")


def routing_versions(source: Source, keyring: Keyring) -> dict[int, Routing]:
    """Every version that was ever in force."""
    events = source.streams([STREAM], personal=False).get(STREAM, ())
    return {
        e.event.number: opened_rules(
            e.event.content, Routing, keyring, what="routing", stream=STREAM
        )
        for e in events
        if isinstance(e.event, RoutingAdopted)
    }


def adopt_routing(base: CustomerBase) -> None:
    """Record the configured rules, if nobody has; call once at start, before any lead.

    Where none are configured there is nothing to record. Raises VersionChanged where the version
    was recorded with other rules.
    """
    routing = base.policy.router.routing
    if routing.rules:
        adopt_once(
            base,
            STREAM,
            lambda source: _is_adopted(routing, source, base.keyring),
            lambda: RoutingAdopted(
                number=routing.version,
                content=sealed_rules(routing, base.keyring, what="routing", stream=STREAM),
                at=time.time_ns() // 1_000_000,
            ),
        )


def _is_adopted(routing: Routing, source: Source, keyring: Keyring) -> bool:
    before = routing_versions(source, keyring).get(routing.version)
    if before is not None and before != routing:
        raise VersionChanged(
            f"routing: version {routing.version} was recorded with other rules; give [routing] a"
            " higher version: leads from now on go by it, those before stay where they are"
        )
    return before is not None
