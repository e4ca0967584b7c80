"""The inbox wired: the projection of names, and the search over it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from eventstore.customer_base import CustomerBase
from eventstore.domain.events import Id
from eventstore.lease import Lease
from eventstore.queries import Cards
from leadlog.settings import Settings
from projections.inbox.index import NameIndex, open_engine
from projections.inbox.search import NameSearch, Page
from projections.runner import Projector

if TYPE_CHECKING:
    from sqlalchemy import Engine

BLOCK = 2000
"""Most events in one transaction; a search never waits for a longer one."""


@dataclass(frozen=True)
class Inbox:
    """Opened with its store; whoever asks waits until the projection has come as far as now."""

    engine: "Engine"
    index: NameIndex
    projector: Projector
    _base: CustomerBase
    _search: NameSearch
    _alone: bool
    """The store belongs to this process: nobody else projects into it."""

    @classmethod
    def open(
        cls, settings: Settings, base: CustomerBase, cards: Cards, *, lease: Lease | None
    ) -> "Inbox":
        url = settings.stores.inbox
        if url.startswith("sqlite:///"):
            url = f"sqlite:///{settings.path(url)}"
        engine = open_engine(url)
        index = NameIndex(engine)
        projector = Projector(
            base.recorder,
            index,
            name="inbox",
            personal=True,
            lease=lease,
            block=BLOCK,
            gather=0.0,
        )
        alone = "inbox" in settings.stores.embedded
        index.prepare()  # it may be looked at before anybody projects
        return cls(engine, index, projector, base, NameSearch(engine, cards), alone)

    def find(self, query: str, *, limit: int, cursor: str | None = None) -> Page:
        """Persons by name, with all that was recorded by now.

        Raises NotYetProjected where the projection is too far behind.
        """
        from projections.reports import NotYetProjected, by_looking, by_projector

        goal = self._base.recorder.last_position()
        wait = by_projector(self.projector) if self._alone else by_looking(self.index)
        if not wait(goal):
            raise NotYetProjected(f"position {goal} of the event store is not in the inbox yet")
        return self._search.find(query, limit=limit, cursor=cursor)

    def newest(self, leaves: Collection[Id]) -> set[Id]:
        """The newest leads that say a name, of each of these leaf cards, as far as projected."""
        return self._search.newest(leaves)

    def position(self) -> int:
        """Up to which position of the event store names can be found, whoever projects."""
        return self.projector.position if self._alone else self.index.last_position()

    def close(self) -> None:
        self.engine.dispose()
