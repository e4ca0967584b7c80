"""The roles that `leadlog run` starts; `leadlog up` starts them all in one process."""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """A part of the system that can run in a process of its own."""

    GATEWAY = "gateway"
    """Takes deliveries: verify, parse, append to the lead log, then reply."""
    POLLERS = "pollers"
    """Fetches deliveries of providers that do not call, onto the lead log."""
    PROCESSOR = "processor"
    """Lead log → event store."""
    PROJECTOR = "projector"
    """Event store → analytics."""
    OUTBOX = "outbox"
    """Sends what people wrote, as the event store has it."""
    DESK = "desk"
    """Pages, API and the commands of people, over all stores."""

    @property
    def stores(self) -> frozenset[str]:
        """The stores that it opens, by their names in the settings."""
        return _STORES[self]


_STORES: Final = {
    Role.GATEWAY: frozenset({"log"}),
    Role.POLLERS: frozenset({"log"}),
    Role.PROCESSOR: frozenset({"log", "events"}),
    Role.PROJECTOR: frozenset({"events", "analytics", "inbox"}),
    Role.OUTBOX: frozenset({"events"}),
    Role.DESK: frozenset({"log", "events", "analytics", "inbox"}),
}

NOT_YET: Final = ("router",)
"""Names that are promised and that this version has no work for."""
