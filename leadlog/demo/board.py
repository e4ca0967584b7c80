"""What the operators of the demo see: deals and counts, followed in the event store as they come.

It reads what is new and nothing else, so that a demo that runs all day stays as quick as it began.
"""

from collections import Counter
from dataclasses import dataclass
from uuid import UUID

from eventstore.domain.events import (
    AnyEvent,
    DealClosed,
    DealJoined,
    DealOpened,
    DealReopened,
    DealRestored,
    DealSeparated,
    DealWithdrawn,
    Id,
    LeadRecorded,
    PersonFormed,
    StageEntered,
    TouchPlaced,
)
from eventstore.reading import EventReader, Recorded

_PAGE = 1000
_FIRST = 1


@dataclass(slots=True, kw_only=True)
class BoardDeal:
    """A deal as an operator finds it on the board; times are milliseconds since 1970."""

    id: str
    channel: str
    kind: str
    campaign: str
    opened_at: int
    recorded_at: int
    text: str
    stage: str = "unsorted"
    status: str = "open"
    joined: bool = False
    """Into another one, also while it is withdrawn: restored, it goes into that one on."""
    withdrawn: bool = False

    @property
    def counts(self) -> bool:
        return not (self.joined or self.withdrawn)


class Board:
    """For one thread that calls `follow`; others may read its counts."""

    def __init__(self, reader: EventReader) -> None:
        self.leads: Counter[str] = Counter()
        """Distinct leads by channel."""
        self.deals: dict[Id, BoardDeal] = {}
        self._reader = reader
        self._position = 0
        self._texts: dict[Id, str] = {}
        self._leaf_of: dict[Id, Id] = {}
        self._person_of: dict[Id, Id] = {}

    def follow(self) -> list[BoardDeal]:
        """Take in all that happened since the last call; gives the deals that were opened."""
        known = len(self.deals)
        while page := self._reader.read(self._position, _PAGE, personal=True):
            for recorded in page:
                self._take_in(recorded)
            self._position = page[-1].position
        return list(self.deals.values())[known:]

    @property
    def persons(self) -> int:
        """How many customer cards the leads stand on."""
        leaves = set(self._leaf_of.copy().values())
        return len({self._person_of.get(leaf, leaf) for leaf in leaves})

    def statuses(self) -> Counter[str]:
        """How many deals are open, won, lost, declined."""
        return Counter(deal.status for deal in list(self.deals.values()) if deal.counts)

    def _take_in(self, recorded: Recorded) -> None:
        match recorded.event:
            case LeadRecorded() as lead:
                self._lead(recorded, lead)
            case TouchPlaced(leaf=leaf) if leaf:
                self._leaf_of[recorded.stream] = leaf
            case PersonFormed(leaves=leaves):
                self._person_of.update(dict.fromkeys(leaves, recorded.stream))
            case DealOpened() as opened:
                self.deals[recorded.stream] = self._opened(recorded, opened)
            case event:
                if recorded.stream in self.deals:
                    _apply(self.deals[recorded.stream], event)

    def _lead(self, recorded: Recorded, lead: LeadRecorded) -> None:
        if recorded.version == _FIRST:
            self.leads[lead.channel] += 1
        self._leaf_of[recorded.stream] = lead.leaf
        if lead.personal is not None:
            self._texts[recorded.stream] = lead.personal.text

    def _opened(self, recorded: Recorded, opened: DealOpened) -> BoardDeal:
        return BoardDeal(
            id=str(UUID(bytes=recorded.stream)),
            channel=opened.channel,
            kind=opened.kind,
            campaign=opened.campaign.campaign,
            opened_at=opened.opened_at,
            recorded_at=recorded.recorded_at,
            text=self._texts.get(opened.lead, ""),
        )


def _apply(deal: BoardDeal, event: AnyEvent) -> None:
    match event:
        case StageEntered(stage=stage):
            deal.stage = stage
        case DealClosed(status=status):
            deal.status = status
        case DealReopened(stage=stage):
            deal.status, deal.stage = "open", stage
        case DealJoined() | DealSeparated():
            deal.joined = isinstance(event, DealJoined)
        case DealWithdrawn() | DealRestored():
            deal.withdrawn = isinstance(event, DealWithdrawn)
        case _:
            pass  # owners, amounts and notes are not on the board
