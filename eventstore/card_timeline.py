"""What happened on a card, in order of time: touches, replies, deals and decisions.

All of it, or the newest part of it by pages: then only that part's leads need their personal
parts read.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from channels.sdk.times import parse_time
from eventstore.card_decisions import CardDecisions
from eventstore.card_source import CardSource
from eventstore.customer_base import CustomerBase
from eventstore.deal_causes import causes
from eventstore.deal_story import history
from eventstore.deal_touches import joined_groups
from eventstore.domain.events import DealOpened, Id
from eventstore.reading import Recorded
from eventstore.reply_story import replies_to, with_replies
from eventstore.rows import Card, Place
from eventstore.said import said
from eventstore.told import Json, Told, text_id, time_text
from eventstore.touches import deal_id

_EVER = "~"
"""After any time as it is written."""


class Window(NamedTuple):
    """A page of a timeline: the newest touches before a place, and what else fell among them."""

    most: int
    before: Place | None = None

    @classmethod
    def of(cls, most: int, cursor: str | None) -> "Window":
        """`cursor` is where the page before ended (`older.before`). Raises ValueError."""
        if cursor is None:
            return cls(most)
        time, _, lead = cursor.partition("/")
        try:
            return cls(most, (round(parse_time(time).timestamp() * 1000), UUID(lead).bytes))
        except ValueError:
            raise ValueError(
                said(
                    "'%(cursor)s' is no place in a timeline; give `older.before` of a page",
                    cursor=cursor,
                )
            ) from None


class Older(NamedTuple):
    """What is before a page of a timeline."""

    start: Place
    """Of the oldest touch of the page."""
    touches: int
    more: bool = False
    """There are more touches than these; nobody counted them."""

    def shown(self) -> Json:
        at, lead = self.start
        before = f"{time_text(at)}/{text_id(lead)}"
        return {"before": before, "touches": self.touches, "more": self.more}


class CardTimeline:
    """Tells timelines. Reads replies, deals and decisions itself."""

    def __init__(self, base: CustomerBase, source: CardSource) -> None:
        self._base = base
        self._source = source
        self._decisions = CardDecisions(source)

    def whole(
        self, standing: Sequence[Told], cards: dict[Id, Card], *, everything: bool
    ) -> list[Json]:
        """The entries of all of a person's touches (oldest first), and of all their deals.

        `everything`: decisions that were taken back, and what took them back, too.
        """
        deal_of = {told.lead: told.deal for told in standing}
        entries = with_replies(standing, replies_to(self._source, cards), deal_of)
        streams = self.deal_streams(standing, personal=True)
        entries += self._of_deals(streams, standing)
        entries += self._decisions.in_force(cards, streams)
        entries += self._besides(cards, streams, everything=everything)
        return sorted(entries, key=lambda entry: entry["at"])

    def page(
        self,
        touches: Sequence[Told],
        cards: dict[Id, Card],
        deals: Collection[Id],
        *,
        window: Window,
        older: Older | None,
        everything: bool,
        deal_of: Callable[[Collection[Id]], Mapping[Id, Id]],
    ) -> Json:
        """The entries of these touches (oldest first), and what else fell among them.

        Also where the next page is, every decision, and the versions of `deals`. `deal_of` gives
        for some leads the deals of those that are touches of the person.
        """
        low = time_text(touches[0].occurred_at) if older else ""
        high = time_text(window.before[0]) if window.before else _EVER
        here = {told.lead for told in touches}
        replies = [r for r in replies_to(self._source, cards)
                   if r.echo in here or low <= time_text(r.written.at) < high]  # fmt: skip
        known = deal_of({lead for r in replies for lead in (r.echo, r.written.lead) if lead})
        replies = [r for r in replies if r.echo in here or r.echo not in known]
        streams = self.deal_streams(touches, deals, personal=True)
        groups = joined_groups(self._source, streams)
        every = {deal for group in groups.values() for deal in group}
        decisions = self._decisions.in_force(cards, every)
        entries = [
            *with_replies(touches, replies, known),
            *self._of_deals(streams, touches),
            *decisions,
            *self._besides(cards, every, everything=everything),
        ]
        return {
            "timeline": sorted(
                (e for e in entries if e["type"] == "touch" or low <= e["at"] < high),
                key=lambda entry: entry["at"],
            ),
            "decisions": decisions,
            "versions": {text_id(deal): events[-1].version for deal, events in streams.items()},
            "older": older.shown() if older else None,
        }

    def _besides(
        self, cards: Collection[Id], deals: Collection[Id], *, everything: bool
    ) -> list[Json]:
        """What was decided and is not to be undone by its id here."""
        found = self._decisions.rematches(cards)
        return found + self._decisions.taken_back(cards, deals) if everything else found

    def deal_streams(
        self, touches: Iterable[Told], deals: Collection[Id] = (), *, personal: bool = False
    ) -> dict[Id, list[Recorded]]:
        """The streams of `deals`, and of all that these touches opened or belong to."""
        ids = {*deals}
        ids |= {deal_id(told.lead, told.newest.pipeline) for told in touches}
        ids |= {told.deal for told in touches if told.deal}
        streams = self._source.streams(ids, personal=personal)
        return {
            deal: list(events)
            for deal, events in streams.items()
            if isinstance(events[0].event, DealOpened)
        }

    def _of_deals(
        self, streams: Mapping[Id, Sequence[Recorded]], touches: Iterable[Told]
    ) -> list[Json]:
        opened = {d: e[0].event for d, e in streams.items() if isinstance(e[0].event, DealOpened)}
        began = {told.lead: told.occurred_at for told in touches}
        openers = {event.lead for event in opened.values()}
        began |= self._began(openers - began.keys())
        why = causes(self._source, (e for events in streams.values() for e in events))
        found: list[Json] = []
        for deal, event in opened.items():
            pipeline = self._base.policy.pipeline(event.pipeline)
            found += history(streams[deal], pipeline, began=began[event.lead], causes=why)
        return found

    def _began(self, leads: Collection[Id]) -> dict[Id, int]:
        """When these leads happened."""
        streams = self._source.streams(leads, personal=False) if leads else {}
        return {lead: Told(events).occurred_at for lead, events in streams.items()}
