"""The configured version of matching, recorded so that every process and every replay knows it."""

import time
from collections.abc import Callable

from eventstore.customer_base import CustomerBase
from eventstore.domain.events import Event, Id, MatchingAdopted
from eventstore.rows import Source
from eventstore.sealed_rules import sealed_rules
from eventstore.versions import STREAM, history, is_adopted
from eventstore.work import Work


def adopt(base: CustomerBase) -> None:
    """Record the configured version, if nobody has; call once at start, before any lead.

    Several processes may start at once. Raises VersionChanged where another one was first, with
    the same version and other content.
    """
    configured, keyring = base.policy.configured, base.keyring
    adopt_once(
        base,
        STREAM,
        lambda source: is_adopted(configured, history(source, keyring)),
        lambda: MatchingAdopted(
            number=configured.version,
            content=sealed_rules(configured, keyring, what="matching", stream=STREAM),
            at=time.time_ns() // 1_000_000,
        ),
    )


def adopt_once(
    base: CustomerBase, stream: Id, adopted: Callable[[Source], bool], made: Callable[[], Event]
) -> None:
    """Record an event at the end of this stream, unless it was `adopted`, also meanwhile."""
    if adopted(base.recorder):
        return
    event = made()

    def once(work: Work) -> None:
        if not adopted(work.source):  # by one who started with us
            work.emit(stream, event)

    base.attempt(once)
