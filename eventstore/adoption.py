"""The configured version of matching, recorded so that every process and every replay knows it."""

import time

from eventstore.customer_base import CustomerBase
from eventstore.domain.events import MatchingAdopted
from eventstore.sealed_rules import sealed_rules
from eventstore.versions import STREAM, history, is_adopted
from eventstore.work import Work


def adopt(base: CustomerBase) -> None:
    """Record the configured version, if nobody has; call once at start, before any lead.

    Several processes may start at once. Raises VersionChanged where another one was first, with
    the same version and other content.
    """
    configured = base.policy.configured
    if is_adopted(configured, history(base.recorder, base.keyring)):
        return
    event = MatchingAdopted(
        number=configured.version,
        content=sealed_rules(configured, base.keyring, what="matching", stream=STREAM),
        at=time.time_ns() // 1_000_000,
    )

    def once(work: Work) -> None:
        if not is_adopted(
            configured, history(work.source, work.keyring)
        ):  # by one who started with us
            work.emit(STREAM, event)

    base.attempt(once)
