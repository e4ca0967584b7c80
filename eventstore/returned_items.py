"""What came to ended deals, as items of the review queue (SEMANTICS 3.3, ADR 0032).

They come before all others: somebody waits for an answer. First what was sent, the oldest first;
then what a decision changed, all of one decision as one piece of work (SEMANTICS 7).
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from eventstore.card_changes import decision_word
from eventstore.domain.deals import Deal, Returned
from eventstore.domain.events import DealOpened, Decision, Event, Id, LeadRecorded
from eventstore.queries import Cards
from eventstore.rows import BEFORE_RETURNS, Return, ReturnPlace, ReviewPlace
from eventstore.said import Said, said
from eventstore.told import Json, Told, text_id, time_text, told_of

_SENT: Final = -1002
_REDECIDED: Final = -1001
"""The first part of their places: before that of the best score, which is -1000."""
_AT_ONCE: Final = 50
_MOST_COUNTED: Final = 1000
_TEXT: Final = 300
"""Characters of a touch that are shown."""

REASONS: Final = {
    "won": said("this came to us after the deal was won"),
    "lost": said("this came to us after the deal was lost"),
}


class Only(NamedTuple):
    """Which of them are asked for; where any of both is, nothing else of the queue is."""

    owner: str | None = None
    """Whose deals; empty for nobody's."""
    cause: Id | None = None
    """What one decision or lead changed, deal by deal."""

    def __bool__(self) -> bool:
        return self.owner is not None or self.cause is not None


class Waiting(NamedTuple):
    """One item: a deal, or what one decision changed."""

    place: ReviewPlace
    rows: Sequence[Return]
    """The deals; of a decision, those that are looked at."""

    @property
    def is_work(self) -> bool:
        """It stands for several deals that one decision brought here."""
        return len(self.rows) > 1

    @property
    def name(self) -> Id:
        return (self.rows[0].because or b"") if self.is_work else self.rows[0].deal


class ReturnedItems:
    """Reads the last commit at each call."""

    def __init__(self, cards: Cards, only: Only) -> None:
        self._cards = cards
        self._source = cards.base.recorder
        self._only = only

    def behind(self, after: ReviewPlace) -> Iterator[Waiting]:
        """In the queue's order, those behind a place."""
        owner, cause = self._only
        if after[0] <= _SENT:
            place = _return_place(after[1]) if after[0] == _SENT else BEFORE_RETURNS
            for row in self._rows(cause or b"", place):
                yield Waiting((_SENT, row.since.to_bytes(8, "big") + row.deal), [row])
        if cause is None and after[0] <= _REDECIDED:
            known = after[1] if after[0] == _REDECIDED else b""
            while causes := self._source.returned_causes(known, owner, most=_AT_ONCE):
                for known in causes:
                    if found := self.changed_by(known):
                        yield Waiting((_REDECIDED, known), found)

    def changed_by(self, cause: Id) -> list[Return]:
        """The deals to which one decision brought touches; of very many, the first."""
        owner = self._only.owner
        return self._source.returned(cause, owner, after=BEFORE_RETURNS, most=_MOST_COUNTED)

    def named(self, short: bytes) -> Iterator[Waiting]:
        """Those whose name begins with these bytes."""
        for row in self._source.returned_named(short):
            if row.deal.startswith(short):
                yield Waiting((_SENT, b""), [row])
            elif row.because and len(found := self.changed_by(row.because)) > 1:
                yield Waiting((_REDECIDED, row.because), found)

    def _rows(self, cause: Id, after: ReturnPlace) -> Iterator[Return]:
        owner = self._only.owner
        while page := self._source.returned(cause, owner, after=after, most=_AT_ONCE):
            yield from page
            after = page[-1].place

    def shown(self, items: Sequence[Waiting]) -> list[Json | None]:
        """These items as they are shown; None for one that has gone meanwhile."""
        told = _Telling(self._cards, [item.rows[0].deal for item in items])
        causes = [item.name for item in items if item.is_work]
        first = self._source.first_events(causes, personal=False) if causes else {}
        found: list[Json | None] = []
        for item in items:
            one = told.deal(item.rows[0].deal)
            if one and item.is_work:
                cause = first.get(item.name)
                one = _work(item, one["a"], cause.event if cause else None)
            found.append(one)
        return found


class _Telling:
    """Some deals with what came to them, read together."""

    def __init__(self, cards: Cards, deals: Sequence[Id]) -> None:
        work = self._work = cards.base.work()
        opened = work.source.first_events(deals, personal=False)
        lead_of = {d: e.event.lead for d, e in opened.items() if isinstance(e.event, DealOpened)}
        work.load_leads(lead_of.values())
        leaf_of = {deal: work.leads[lead].leaf for deal, lead in lead_of.items()}
        work.load_cards(leaf_of.values())
        work.deals.load(leaf_of)
        person = {deal: work.known_card(leaf).person for deal, leaf in leaf_of.items()}
        rows = {deal: work.deals.one(head, deal) for deal, head in person.items()}
        self._rows = {
            deal: (row, row.returned) for deal, row in rows.items() if row and row.returned
        }
        came = {returned.first for _, returned in self._rows.values()}
        self._came = told_of(work.source.streams(came, personal=True))
        names, identities = cards.names_of(set(person.values())), cards.names(leaf_of.values())
        self._sides = {
            deal: {
                "person": text_id(person[deal]), "name": names[person[deal]],
                "identity": identities[leaf],
            }
            for deal, leaf in leaf_of.items()
        }  # fmt: skip

    def deal(self, deal: Id) -> Json | None:
        if deal not in self._rows:
            return None
        row, returned = self._rows[deal]
        return {
            "kind": "returned",
            "id": deal.hex()[:8],
            "why": "returned",
            "score": 1.0,
            "reasons": _reasons(row, returned),
            "a": self._sides[deal],
            "deal": _deal(row),
            "touch": _touch(self._came[returned.first]),
            "touches": returned.touches,
            "accept": {"command": "deal anew", "id": text_id(deal)},
            "refuse": {"command": "deal leave", "id": text_id(deal)},
        }


def _reasons(deal: Deal, returned: Returned) -> list[Said]:
    more = returned.touches - 1
    found = [REASONS[deal.status]]
    if more:
        found.append(said("%(count)s more came since", count=str(more)))
    if not deal.owner:
        found.append(said("nobody owns the deal"))
    return found


def _deal(deal: Deal) -> Json:
    return {
        "id": text_id(deal.id),
        "pipeline": deal.pipeline,
        "stage": deal.stage,
        "status": deal.status,
        "closed_at": time_text(deal.closed_at),
        "owner": deal.owner or None,
        "amount": deal.amount or None,
        "currency": deal.currency or None,
    }


def _touch(told: Told) -> Json:
    shown = told.shown()
    brief = {name: shown[name] for name in ("lead", "at", "channel", "account", "kind")}
    text = shown.get("text") or shown.get("subject") or ""
    state = {"call_state": shown["call_state"]} if "call_state" in shown else {}
    return {**brief, **state, "text": text[:_TEXT]}


def _work(item: Waiting, first: Json, cause: Event | None) -> Json:
    count = len(item.rows)
    return {
        "kind": "redecided",
        "id": item.name.hex()[:8],
        "why": "redecided",
        "score": 1.0,
        "a": first,
        "because": text_id(item.name),
        "cause": _cause(cause),
        "deals": count,
        **({"more_deals": True} if count >= _MOST_COUNTED else {}),
        "reasons": [
            said(
                "one decision brought touches to %(count)s deals that were won or lost before",
                count=str(count),
            )
        ],
    }


def _cause(event: Event | None) -> Json:
    """What kind of decision it was, or a lead, by which channel."""
    actor = event.actor if isinstance(event, Decision) else ""
    channel = {"channel": event.channel} if isinstance(event, LeadRecorded) else {}
    return {"what": decision_word(event), "actor": actor or None, **channel}


def _return_place(name: bytes) -> ReturnPlace:
    return int.from_bytes(name[:8], "big"), name[8:]
