"""One person's deals while a run goes through the recorded order, quick to ask touch by touch."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from eventstore.domain.deals import Deal, Touch
from eventstore.domain.events import Id


class DealPool:
    """The card of a switchboard has thousands: a touch there looks at those of its thread."""

    def __init__(self, deals: Iterable[Deal] = ()) -> None:
        self._deals: dict[Id, Deal] = {}
        self._of_thread: dict[Id, dict[Id, Deal]] = defaultdict(dict)
        self._latest: dict[str, Deal] = {}
        for deal in deals:
            self.add(deal)

    def __iter__(self) -> Iterator[Deal]:
        return iter(self._deals.values())

    def add(self, deal: Deal) -> None:
        self._deals[deal.id] = deal
        self.noted(deal)

    def noted(self, deal: Deal) -> None:
        """The deal has a touch more."""
        for thread in deal.threads:
            self._of_thread[thread][deal.id] = deal
        known = self._latest.get(deal.pipeline, deal)
        self._latest[deal.pipeline] = min(known, deal, key=lambda d: (-d.activity, d.id))

    def without(self, gone: Deal) -> "DealPool":
        """The pool anew: without this deal, and with what others lost noted."""
        return DealPool(deal for deal in self if deal.id != gone.id)

    def within_reach(self, touch: Touch) -> list[Deal]:
        """Those among which `place` finds what it would among all."""
        if not touch.on_shared:
            return list(self)
        found = dict(self._of_thread.get(touch.thread, {})) if touch.thread else {}
        latest = self._latest.get(touch.pipeline)
        if latest is not None:
            found[latest.id] = latest
        return list(found.values())

    def latest(self, pipeline: str) -> Id:
        """Of which deal a new one in this pipeline is the repeat; empty for none."""
        found = self._latest.get(pipeline)
        return found.id if found else b""
