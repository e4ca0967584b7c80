"""A person as it was known at a position of the event store (SEMANTICS 5.4)."""

from eventstore.card_page import CardPages
from eventstore.card_timeline import Window
from eventstore.card_view import CardView
from eventstore.customer_base import CustomerBase
from eventstore.domain.events import Id
from eventstore.past_source import KnownPerson, PastSource
from eventstore.told import Json, Told, told_of


class PastCards:
    """Shows persons as they were known. Reads only."""

    def __init__(self, base: CustomerBase) -> None:
        self._base = base

    def show(
        self,
        known: KnownPerson,
        upto: int,
        *,
        everything: bool = False,
        window: Window | None = None,
    ) -> Json:
        """The person with its timeline; with a `window` that page of it, which reads what it shows.

        Each is what was shown then: the page what that page was.
        """
        past = PastSource(self._base.recorder, known, upto)
        view = CardView(self._base, past)
        if window:
            pages = CardPages(self._base, view, past)
            return pages.shown(known.head, window, everything=everything)
        cards = {leaf: card for leaf, (_, card) in past.members([known.head]).items()}
        leads = told_of(past.streams([lead.lead for lead in known.leads], personal=True))
        return view.person(known.head, cards, leads, timeline=True, everything=everything)

    def stood(self, leaf: Id, upto: int) -> Id:
        """A leaf card; of a lead that had left its own by then, the one where it stood."""
        source = self._base.recorder
        known = source.cards([leaf]).get(leaf)
        if known is None or not known[1].moved_to:
            return leaf
        lead = known[1].opened_by
        events = [e for e in source.streams([lead], personal=False)[lead] if e.position <= upto]
        return Told(events).leaf if events else leaf
