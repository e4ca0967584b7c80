"""Cards as people read them: persons with their leaf cards, leads, deals and timeline.

Read from the truth itself, so that what an operator sees is what was last decided.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from uuid import UUID

from channels.sdk.handles import accounts_in
from channels.sdk.identities import normalise
from eventstore.card_page import MOST_READ, CardPages
from eventstore.card_timeline import Window
from eventstore.card_view import CardView
from eventstore.customer_base import CustomerBase
from eventstore.domain.events import DealOpened, Id, LeadRecorded
from eventstore.identity_names import identity_names
from eventstore.rows import LAST, Card
from eventstore.told import Json, Told, newest_name
from eventstore.touches import own_leaf, stand

_PAGE = 200
_LOOKED_AT = (1, 20)
"""So many of a person's newest leads, then so many, are read for a name."""
_FEW = 20
"""Of a person's leads, newest first, so many are read before very many are."""
_AT_ONCE = 4096
"""Leads whose streams are held in memory at once."""


class Cards:
    """Queries over persons. Every call reads the last commit.

    A telephone number without a country's code is read as one of any of `countries` (ISO 3166).
    """

    def __init__(self, base: CustomerBase, *, countries: Sequence[str] = ("RU",)) -> None:
        self.base = base
        self._source = base.recorder
        self._countries = countries
        self._view = CardView(base, base.recorder)
        self._pages = CardPages(base, self._view, base.recorder)

    @property
    def version(self) -> int:
        """The version of every card that is read from now on (see eventstore.card_changes)."""
        return self._source.last_position()

    def all(
        self, *, with_leads: bool = False, everything: bool = False, after: Id = b""
    ) -> Iterator[Json]:
        """Every person whose id is above `after`, in the order of their ids.

        `with_leads` leaves out those without any; `everything` shows joined and withdrawn deals.
        """
        for heads in self.heads(after):
            for shown in self._show(heads, everything=everything):
                if shown["leads"] or not with_leads:
                    yield shown

    def heads(self, after: Id = b"") -> Iterator[list[Id]]:
        """Every person whose id is above `after`, in the order of their ids, page by page."""
        while heads := self._source.heads(after, _PAGE):
            after = heads[-1]
            yield heads

    def find(self, query: str, *, everything: bool = False) -> list[Json]:
        """Persons by a phone or an account in any spelling, an e-mail, an id or `kind:value`."""
        return list(self._show(self.persons_at(query), everything=everything))

    def persons_at(self, query: str) -> list[Id]:
        """The persons whom a phone, an e-mail, an account, an id or `kind:value` names.

        An account also by what does not say of which network it is: `@inna`, a number.
        """
        leaves = chain(self._candidates(query), self._accounts(query, is_sure=False))
        found = map(self.person_of, dict.fromkeys(leaves))
        return list(dict.fromkeys(person for person in found if person is not None))

    def name_in(self, query: str) -> str:
        """What of the text may be somebody's name, or user name; empty where it is an address."""
        accounts = accounts_in(query.strip(), self._countries)
        if accounts and accounts.is_sure:
            return accounts.name
        if self.is_address(query):
            return ""
        return accounts.name if accounts else query

    def is_address(self, query: str) -> bool:
        """Whether the text is a phone, an e-mail, an id or `kind:value`, there or not."""
        return next(self._candidates(query), None) is not None

    def of(self, persons: Collection[Id], *, everything: bool = False) -> list[Json]:
        """These persons, in this order."""
        return list(self._show(persons, everything=everything))

    def names_of(self, persons: Collection[Id]) -> dict[Id, str]:
        """What their newest leads call these persons, many at once."""
        leaves: dict[Id, list[Id]] = {person: [] for person in persons}
        for leaf, (_, card) in self._source.members(persons).items():
            if card.person in leaves and not card.moved_to:
                leaves[card.person].append(leaf)
        names, left = dict.fromkeys(persons, ""), list(persons)
        for most in _LOOKED_AT:
            newest = {p: self._source.touches(leaves[p], before=LAST, most=most) for p in left}
            told = self._told({i for found in newest.values() for _, i in found}, personal=True)
            for person, found in newest.items():
                names[person] = newest_name([told[lead] for _, lead in reversed(found)])
            left = [p for p in left if not names[p] and len(newest[p]) == most]
        return names | {person: self.name_of(person) for person in left}

    def persons_of(self, leaves: Collection[Id]) -> dict[Id, Id]:
        """The person of each leaf card that is there, many at once."""
        cards = {leaf: card for leaf, (_, card) in self._source.cards(leaves).items()}
        moved = {card.moved_to for card in cards.values() if card.moved_to}
        heads = self.persons_of(moved) if moved else {}
        found = {leaf: heads.get(card.moved_to, card.person) for leaf, card in cards.items()}
        return {leaf: person for leaf, person in found.items() if person}

    def leaves_of(self, persons: Collection[Id]) -> dict[Id, Id]:
        """Every leaf card of these persons, and whose it is."""
        members = self._source.members(persons)
        return {leaf: card.person for leaf, (_, card) in members.items()}

    def show(
        self, name: str, *, everything: bool = False, window: Window | None = None
    ) -> Json | None:
        """One person by the id of any of its leaf cards or by `kind:value`, with its timeline.

        Its `version` is for a command that is to be refused if the card changed since. With a
        `window`, of the timeline only that page; names and fields as its leads, the newest and
        those that opened a leaf card tell them.
        """
        version = self.version
        leaf = self.leaf_of(name)
        person = self.person_of(leaf) if leaf else None
        if person is None:
            return None
        if window:
            shown = self._pages.shown(person, window, everything=everything)
        else:
            (shown,) = self._show([person], timeline=True, everything=everything)
        return {**shown, "version": version}

    def _told(self, leads: Collection[Id], *, personal: bool = False) -> dict[Id, Told]:
        """These leads; without their personal parts it takes a tenth of the time."""
        wanted, found = list(leads), dict[Id, Told]()
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            streams = self._source.streams(some, personal=personal)
            found |= {lead: Told(events) for lead, events in streams.items()}
        return found

    def newest_first(self, name: str) -> Iterator[Told] | None:
        """What came from a person and went to them, read page by page as far as somebody goes.

        None where there is no card.
        """
        leaf = self.leaf_of(name)
        person = self.person_of(leaf) if leaf else None
        return None if person is None else self._newest_first(person)

    def _newest_first(self, person: Id) -> Iterator[Told]:
        members = self._source.members([person])
        before, most = LAST, _FEW
        while page := self._source.touches(members, before=before, most=most):
            told = self._told([lead for _, lead in page], personal=True)
            yield from (told[lead] for _, lead in page)
            before, most = page[-1], _AT_ONCE

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
        return identity_names(self.base, cards)

    def _candidates(self, query: str) -> Iterator[Id]:
        """Leaf cards that the text names, whether they are there or not."""
        text = query.strip()
        kind, colon, value = text.partition(":")
        if colon:
            yield from self._spelled(kind, value)
        yield from self._accounts(text, is_sure=True)
        try:  # a card of no identity is listed and explained as lead:ID
            yield from self._by_id(UUID(value if kind.lower() == "lead" else text).bytes)
        except ValueError:
            for guess in ("phone", "email"):
                yield from self._spelled(guess, text)

    def _accounts(self, query: str, *, is_sure: bool) -> Iterator[Id]:
        accounts = accounts_in(query.strip(), self._countries)
        if accounts and accounts.is_sure == is_sure:
            for kind, value in accounts.found:
                yield self.base.keyring.leaf(kind, value)

    def _spelled(self, kind: str, value: str) -> Iterator[Id]:
        """Leaf cards of what a text spells in one of the countries, each once.

        Of an address then that of its mailbox: it stands for every way to write it.
        """
        found = dict.fromkeys(normalise(kind, value, country) for country in self._countries)
        for normal in filter(None, found):
            yield self.base.keyring.leaf(kind, normal)
            if mailbox := self.base.policy.matching.mailbox(kind, normal):
                yield self.base.keyring.leaf(kind, mailbox)

    def _by_id(self, name: Id) -> Iterator[Id]:
        yield name
        yield own_leaf(name)
        for events in self._source.streams([name], personal=False).values():
            if isinstance(events[0].event, LeadRecorded):
                work = self.base.work()  # it may stand elsewhere than where it was recorded
                work.load_leads([name])
                yield stand(work, work.leads[name])
            elif isinstance(events[0].event, DealOpened):
                yield from self._by_id(events[0].event.lead)

    def _show(
        self, heads: Collection[Id], *, timeline: bool = False, everything: bool = False
    ) -> Iterator[Json]:
        members = {leaf: card for leaf, (_, card) in self._source.members(heads).items()}
        often = set() if timeline or everything else self._often(members)
        few = [leaf for leaf, card in members.items() if card.person not in often]
        appearances = self._source.appearances(few)
        leads = self._told({lead for _, lead in appearances}, personal=True)
        brought: dict[Id, set[Id]] = {head: set() for head in heads}
        for leaf, lead in appearances:
            brought.setdefault(members[leaf].person, set()).add(lead)
        of_person: dict[Id, list[Id]] = {head: [] for head in heads}
        for leaf, card in members.items():
            if card.person in of_person and not card.moved_to:
                of_person[card.person].append(leaf)
        for head, leaves in of_person.items():
            if head in often:
                yield self._pages.listed(head)
            elif leaves:
                cards = {leaf: members[leaf] for leaf in leaves}
                ours = {lead: leads[lead] for lead in brought[head]}
                yield self._view.person(head, cards, ours, timeline=timeline, everything=everything)

    def _often(self, members: Mapping[Id, Card]) -> set[Id]:
        """The persons of these leaf cards with too many leads to read all for a list."""
        counts = self._source.counted(members, most=MOST_READ + 1)
        of_person: dict[Id, int] = {}
        for leaf, count in counts.items():
            person = members[leaf].person
            of_person[person] = of_person.get(person, 0) + count
        return {person for person, count in of_person.items() if count > MOST_READ}
