"""Cards as people read them: persons with their leaf cards, leads, deals and timeline.

Read from the truth itself, so that what an operator sees is what was last decided.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Any
from uuid import UUID

from channels.sdk.identities import normalise
from channels.sdk.lead import Identity, LeadContent
from channels.sdk.times import time_from_epoch
from eventstore.customer_base import CustomerBase
from eventstore.domain.deals import OPEN, Deal, apply
from eventstore.domain.events import (
    DealCommand,
    DealJoined,
    DealOpened,
    DealRestored,
    DealSeparated,
    DealWithdrawn,
    Id,
    LeadRecorded,
    RepeatChanged,
)
from eventstore.domain.fold import fold
from eventstore.reading import Recorded
from eventstore.rows import Card
from eventstore.touches import deal_id, own_leaf

_PAGE = 200
Json = dict[str, Any]


def text_id(value: Id) -> str:
    return str(UUID(bytes=value)) if value else ""


class Cards:
    """Queries over persons. Every call reads the last commit."""

    def __init__(self, base: CustomerBase, *, country: str = "RU") -> None:
        self.base = base
        self._source = base.recorder
        self._country = country

    def all(self, *, with_leads: bool = False, everything: bool = False) -> Iterator[Json]:
        """Every person, in the order of their ids.

        `with_leads` leaves out those without any; `everything` shows joined and withdrawn deals.
        """
        after = b""
        while heads := self._source.heads(after, _PAGE):
            after = heads[-1]
            for shown in self._show(heads, everything=everything):
                if shown["leads"] or not with_leads:
                    yield shown

    def find(self, query: str, *, everything: bool = False) -> list[Json]:
        """Persons by a phone in any spelling, an e-mail, an id or `kind:value`."""
        heads: dict[Id, None] = {}
        for leaf in self._candidates(query):
            person = self.person_of(leaf)
            if person is not None:
                heads[person] = None
        return list(self._show(list(heads), everything=everything))

    def show(self, name: str, *, everything: bool = False) -> Json | None:
        """One person by the id of any of its leaf cards or by `kind:value`, with its timeline."""
        leaf = self.leaf_of(name)
        person = self.person_of(leaf) if leaf else None
        if person is None:
            return None
        (shown,) = self._show([person], timeline=True, everything=everything)
        return shown

    def as_known(
        self,
        head: Id,
        shared: dict[Id, bool],
        leaves: Collection[Id],
        leads: Collection[Id],
        upto: int,
    ) -> Json:
        """A person as it was known at a position, of these leaf cards; `leads` brought them."""
        streams = self._source.streams(leads, personal=True)
        told = {
            lead: _Told(known)
            for lead, events in streams.items()
            if (known := [event for event in events if event.position <= upto])
        }
        cards = {leaf: card for leaf, (_, card) in self._source.cards(leaves).items()}
        for leaf, card in cards.items():
            card.person, card.moved_to, card.deals = head, b"", []
            card.shared = shared.get(leaf, card.listed)
        if head in cards:
            cards[head].deals = self._deals_known(told.values(), upto)
        return self._person(head, cards, told, timeline=True, everything=True)

    def _deals_known(self, told: Iterable["_Told"], upto: int) -> list[Deal]:
        ids = {one.deal for one in told if one.deal}
        deals = []
        for deal, events in self._source.streams(ids, personal=False).items():
            known = [e.event for e in events if e.position <= upto]
            if known and isinstance(known[0], DealOpened):
                deals.append(deal_known(deal, known[0], known[1:]))
        return deals

    def leaf_of(self, name: str) -> Id | None:
        """The leaf card that a person names: by id, or by `kind:value` in any spelling."""
        for leaf in self._candidates(name):
            if self.person_of(leaf) is not None:
                return leaf
        return None

    def person_of(self, leaf: Id) -> Id | None:
        """The person that a leaf card belongs to now; None where there is no such card."""
        found = self._source.cards([leaf]).get(leaf)
        if found is None:
            return None
        card = found[1]
        return self.person_of(card.moved_to) if card.moved_to else card.person

    def name_of(self, person: Id) -> str:
        """What the newest lead of a person calls them; empty where none does."""
        for shown in self._show([person]):
            return str(shown["name"])
        return ""

    def names(self, leaves: Collection[Id]) -> dict[Id, str]:
        """`kind:value` of each leaf card, as the lead that opened it has it."""
        cards = {leaf: card for leaf, (_, card) in self._source.cards(leaves).items()}
        streams = self._source.streams({c.opened_by for c in cards.values()}, personal=True)
        values: dict[Id, str] = {}
        for events in streams.values():
            for recorded in events:
                content = getattr(recorded.event, "personal", None)
                for identity in content.identities if content else ():
                    leaf = self.base.keyring.leaf(identity.kind, identity.value)
                    values[leaf] = f"{identity.kind}:{identity.value}"
        return {
            leaf: values.get(leaf, f"{card.kind}:{text_id(card.opened_by)}")
            for leaf, card in cards.items()
        }

    def _candidates(self, query: str) -> Iterator[Id]:
        """Leaf cards that the text may mean, whether they are there or not."""
        text = query.strip()
        kind, colon, value = text.partition(":")
        if colon and (normal := normalise(kind, value, self._country)) is not None:
            yield self.base.keyring.leaf(kind, normal)
        try:
            yield from self._by_id(UUID(text).bytes)
        except ValueError:
            for guess in ("phone", "email"):
                if (normal := normalise(guess, text, self._country)) is not None:
                    yield self.base.keyring.leaf(guess, normal)

    def _by_id(self, name: Id) -> Iterator[Id]:
        yield name
        yield own_leaf(name)
        for events in self._source.streams([name], personal=False).values():
            last = events[-1].event
            if isinstance(last, LeadRecorded):
                yield last.leaf
            elif isinstance(events[0].event, DealOpened):
                yield from self._by_id(events[0].event.lead)

    def _show(
        self, heads: Collection[Id], *, timeline: bool = False, everything: bool = False
    ) -> Iterator[Json]:
        members = {leaf: card for leaf, (_, card) in self._source.members(heads).items()}
        appearances = self._source.appearances(members)
        streams = self._source.streams({lead for _, lead in appearances}, personal=True)
        leads = {lead: _Told(events) for lead, events in streams.items()}
        of_person: dict[Id, list[Id]] = {head: [] for head in heads}
        for leaf, card in members.items():
            if card.person in of_person and not card.moved_to:
                of_person[card.person].append(leaf)
        for head, leaves in of_person.items():
            if leaves:
                cards = {leaf: members[leaf] for leaf in leaves}
                yield self._person(head, cards, leads, timeline, everything)

    def _person(
        self,
        head: Id,
        cards: dict[Id, Card],
        leads: dict[Id, "_Told"],
        timeline: bool,
        everything: bool,
    ) -> Json:
        standing = sorted((t for t in leads.values() if t.leaf in cards), key=lambda t: t.sort_key)
        brought = sorted(leads.values(), key=lambda t: t.sort_key)
        leaves = [self._leaf(leaf, card, brought) for leaf, card in cards.items()]
        leaves.sort(key=lambda pair: pair[0])
        deals = self._deals(cards[head].deals, standing, everything)
        shown: Json = {
            "id": text_id(head),
            "name": next((t.name for t in reversed(standing) if t.name), ""),
            "leaves": [leaf for _, leaf in leaves],
            "leads": [text_id(told.lead) for told in standing],
            "deals": deals,
        }
        if timeline:
            shown["timeline"] = [told.shown() for told in standing]
        return shown

    def _leaf(
        self, leaf: Id, card: Card, brought: list["_Told"]
    ) -> tuple[tuple[int, Id, int], Json]:
        mine = [told for told in brought if leaf in told.leaves]
        identity = self._identity(leaf, mine)
        value = identity.value if identity else ""
        if card.kind == "lead":
            value = text_id(card.opened_by)
        first = mine[0] if mine else None
        place = first.leaves.index(leaf) if first else 0
        key = (first.occurred_at if first else 0, first.lead if first else b"", place)
        proofs = {attested for told in mine for lf, attested in told.proofs if lf == leaf}
        return key, {
            "id": text_id(leaf),
            "kind": card.kind,
            "value": value,
            "raw": identity.raw if identity else "",
            "proof": "attested" if True in proofs else "claimed",
            "shared": card.shared,
            "first_seen": _time(first.occurred_at) if first else None,
            "last_seen": _time(mine[-1].occurred_at) if mine else None,
        }

    def _identity(self, leaf: Id, mine: list["_Told"]) -> Identity | None:
        """The identity as the last lead spelled it."""
        for told in reversed(mine):
            for identity in told.content.identities if told.content else ():
                if self.base.keyring.leaf(identity.kind, identity.value) == leaf:
                    return identity
        return None

    def _deals(self, deals: list[Deal], standing: list["_Told"], everything: bool) -> list[Json]:
        ids = {told.deal for told in standing if told.deal}
        unknown = ids - {deal.id for deal in deals}
        fates = self.fates(unknown)
        of_deal: dict[Id, list[str]] = {}
        for told in standing:
            if told.deal:
                deal = told.deal
                while fates.get(deal):
                    deal = fates[deal]
                of_deal.setdefault(deal, []).append(text_id(told.lead))
        shown = [_deal(deal, of_deal.get(deal.id, [])) for deal in deals]
        if everything:
            shown += self._out_of_force({deal.id for deal in deals}, standing)
        return shown

    def _out_of_force(self, in_force: Collection[Id], standing: list["_Told"]) -> list[Json]:
        """Deals that were joined into others or withdrawn, and that these leads opened or left."""
        ids = {deal_id(told.lead, told.newest.pipeline) for told in standing}
        ids |= {told.deal for told in standing if told.deal}
        shown = []
        for deal, events in self._source.streams(ids - set(in_force), personal=False).items():
            opened, *then = [recorded.event for recorded in events]
            if isinstance(opened, DealOpened):
                known = deal_known(deal, opened, then)
                into = [event.into for event in then if isinstance(event, DealJoined)]
                more = {"into": text_id(into[-1])} if known.status == "joined" else {}
                shown.append({**_deal(known, []), **more})
        return shown

    def fates(self, deals: Collection[Id]) -> dict[Id, Id]:
        """For each deal into which other it is joined now; empty for none."""
        found: dict[Id, Id] = {}
        pending = set(deals)
        while pending:
            streams = self._source.streams(pending, personal=False)
            for deal, events in streams.items():
                into = b""
                for recorded in events:
                    if isinstance(recorded.event, DealJoined):
                        into = recorded.event.into
                    elif isinstance(recorded.event, DealSeparated):
                        into = b""
                found[deal] = into
            pending = {into for into in found.values() if into} - found.keys()
        return found


class _Told:
    """A lead with everything that its events tell."""

    def __init__(self, events: Collection[Recorded]) -> None:
        recorded = list(events)
        told = [e.event for e in recorded if isinstance(e.event, LeadRecorded)]
        newest, last = told[-1], recorded[-1].event
        contents = [event.personal for event in told if event.personal]
        self.lead = recorded[0].stream
        self.content: LeadContent | None = fold(contents) if contents else None
        self.newest = newest
        self.leaf: Id = getattr(last, "leaf", newest.leaf)
        self.deal: Id = getattr(last, "deal", newest.deal)
        self.occurred_at = newest.occurred_at
        self.recorded_at = recorded[0].recorded_at
        self.proofs = [(i.leaf, i.attested) for i in newest.identities]
        self.leaves = [i.leaf for i in newest.identities] or [own_leaf(self.lead)]
        self.sort_key = (self.occurred_at, self.lead)

    @property
    def name(self) -> str:
        profile = self.content.profile if self.content else None
        if profile is None:
            return ""
        return profile.name or f"{profile.first_name} {profile.last_name}".strip()

    def shown(self) -> Json:
        newest, content = self.newest, self.content
        shown: Json = {
            "lead": text_id(self.lead),
            "at": _time(self.occurred_at),
            "recorded_at": _time(self.recorded_at),
            "channel": newest.channel,
            "account": newest.account,
            "kind": newest.kind,
            "direction": newest.direction,
            "deal": text_id(self.deal),
        }
        if newest.call_state:
            shown["call_state"] = newest.call_state
        if content is not None:
            for name in ("subject", "text", "fields"):
                if value := getattr(content, name):
                    shown[name] = value
            shown["identities"] = [
                {"kind": i.kind, "value": i.value, "proof": i.proof} for i in content.identities
            ]
        return shown


def deal_known(name: Id, opened: DealOpened, then: Iterable[object]) -> Deal:
    """A deal after these events of its stream."""
    deal = Deal(name, opened.lead, opened.pipeline, repeat_of=opened.repeat_of)
    for event in then:
        if isinstance(event, DealCommand):
            apply(deal, event)
        elif isinstance(event, DealJoined):
            deal.status = "joined"
        elif isinstance(event, DealWithdrawn):
            deal.status = "withdrawn"
        elif isinstance(event, DealSeparated | DealRestored):
            deal.status = OPEN
        elif isinstance(event, RepeatChanged):
            deal.repeat_of = event.repeat_of
    return deal


def _deal(deal: Deal, leads: list[str]) -> Json:
    return {
        "id": text_id(deal.id),
        "pipeline": deal.pipeline,
        "stage": deal.stage,
        "status": deal.status,
        "leads": leads,
        "repeat_of": text_id(deal.repeat_of) or None,
        "owner": deal.owner or None,
    }


def _time(milliseconds: int) -> str:
    return time_from_epoch(milliseconds / 1000)
