"""Who is whom, told a second time: written from the text of SEMANTICS 2.2 to 2.4 alone.

Shares nothing with `eventstore`: cards are texts (`kind:value`, `lead:<id>`), persons are sets that
are poured together, a veto is looked for in the two sets. Slow, and meant to be read beside the
specification; each step names its sentence.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import combinations
from typing import NamedTuple

ORDER = ("telegram", "vk", "whatsapp", "instagram", "max", "avito", "phone", "email", "visitor")
CONTACTS = ("phone", "email")
AFTER_RULES = 99


class Said(NamedTuple):
    """One delivery about a lead."""

    event: str
    lead: str
    at: str
    seq: int
    identities: tuple[tuple[str, str, bool], ...]
    """(kind, value, attested), in order of appearance."""


@dataclass(frozen=True)
class Decision:
    """`merge`, `veto` (a and b are cards), `mark` (a), `withdraw` (items), `undo` (of)."""

    kind: str
    a: str = ""
    b: str = ""
    shared: bool = False
    items: tuple[tuple[frozenset[str], str], ...] = ()
    """({card, card}, lead): the lead no longer counts for the pair."""
    of: int = -1
    """The number of the decision that is taken back."""


@dataclass(frozen=True)
class Rules:
    """One version of the matching configuration, as far as worlds vary it."""

    order: tuple[str, ...] = ORDER
    limits: tuple[tuple[str, int], ...] = (("default", 5), ("visitor", 1))
    listed: tuple[str, ...] = ("phone:+7800*",)
    links: frozenset[str] = frozenset({"own accounts", "typed contact", "one form"})
    """Which of the default rules say `link`; the others of them suggest."""
    folded: tuple[str, ...] = ()
    """Of addresses in these domains dots and what follows a plus mean nothing; in the first of them
    is the mailbox."""

    def limit(self, kind: str) -> int:
        return dict(self.limits).get(kind, dict(self.limits)["default"])


@dataclass(frozen=True)
class Rulebook:
    """Every version in turn, and which holds for what (2.3.7)."""

    versions: tuple[Rules, ...]
    first: Mapping[str, int]
    """Lead → the version in force at its first recorded event."""
    applied: int = 0
    """The version that was applied to the past last: its limits, lists and folds, its rules and
    its order for all leads before."""
    opened: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Every mailbox that a version in force ever named → the addresses that it was named for."""

    def order(self, lead: str) -> tuple[str, ...]:
        return self.versions[max(self.first[lead], self.applied)].order

    def first_order(self, lead: str) -> tuple[str, ...]:
        """By which cards were recorded, for ever."""
        return self.versions[self.first[lead]].order

    def links(self, lead: str) -> frozenset[str]:
        return self.versions[max(self.first[lead], self.applied)].links

    @property
    def past(self) -> Rules:
        return self.versions[self.applied]


class Told(NamedTuple):
    """The answer."""

    persons: set[frozenset[str]]
    shared: set[str]
    stands: dict[str, str]
    """Lead → its card."""
    named_after: dict[frozenset[str], str]
    """Person → the card whose id it has."""


def tell(said: Sequence[Said], decisions: Sequence[Decision], rules: Rulebook) -> Told:
    """Who is whom after all that, in recorded order."""
    known = _Known(said, decisions, rules)
    edges = [*known.merges, *known.links]
    persons = _poured_together(known.cards, edges, list(known.vetoes))
    named_after = {group: min(group, key=lambda card: known.recorded[card]) for group in persons}
    return Told(persons, known.shared, known.stands, named_after)


def standing(
    said: Sequence[Said], decisions: Sequence[Decision], rules: Rulebook
) -> dict[tuple[str, str], set[str]]:
    """2.4.12: the links that stand, each with the facts any one of which is enough for it.

    A fact is a lead, or `#n`, the decision of that number.
    """
    known = _Known(said, decisions, rules)
    persons = tell(said, decisions, rules).persons
    found: dict[tuple[str, str], set[str]] = {}
    for (a, b), facts in (*known.merges.items(), *known.links.items()):
        if any({a, b} <= group for group in persons):
            found.setdefault((min(a, b), max(a, b)), set()).update(facts)
    return found


class _Known:
    """What follows from the facts before anybody is joined."""

    def __init__(
        self, said: Sequence[Said], decisions: Sequence[Decision], rules: Rulebook
    ) -> None:
        leads = _leads(said)
        force = [n for n in range(len(decisions)) if _in_force(n, decisions)]
        in_force = [decisions[n] for n in force]
        self.recorded = _recorded(said, rules)
        for mailbox, addresses in rules.opened.items():  # after whatever a lead has brought
            first = min(self.recorded[card][1:] for card in addresses)
            self.recorded.setdefault(mailbox, (True, *first))
        self.shared = _shared(leads, self.recorded, in_force, rules.past)
        self.stands = {
            lead: _anchor(lead, brought, self.shared, rules.order(lead))
            for lead, (_, brought) in leads.items()
        }
        # 2.2.4: a leaf card is for ever, also of an identity that a later delivery made a mention
        # (the cap of 2.1.1 goes by time); a lead's own card is left for its first identity (2.2.5).
        self.cards = {card for card in self.recorded if not card.startswith("lead:")}
        self.cards |= {card for card in self.stands.values() if card.startswith("lead:")}
        self.merges, self.vetoes = _by_hand([(n, decisions[n]) for n in force], self.stands)
        self.links = _links(leads, self.shared, in_force, rules)


def _leads(said: Sequence[Said]) -> dict[str, tuple[str, dict[tuple[str, str], bool]]]:
    """1.5: time is the earliest, identities the union, each with the better proof."""
    events: dict[str, Said] = {}
    for one in said:
        events.setdefault(one.event, one)
    leads: dict[str, tuple[str, dict[tuple[str, str], bool]]] = {}
    for one in sorted(events.values(), key=lambda e: (e.at, e.seq, e.event)):
        at, brought = leads.setdefault(one.lead, (one.at, {}))
        for kind, value, attested in one.identities:
            alike = [k for k, _ in brought if k == kind]
            if (kind, value) in brought:
                brought[kind, value] |= attested
            elif len(brought) < 8 and len(alike) < 4:  # 2.1.1
                brought[kind, value] = attested
        leads[one.lead] = (min(at, one.at), brought)
    return leads


def _in_force(number: int, decisions: Sequence[Decision]) -> bool:
    """2.3.10: undone, it is as if it had never been made; an undo can be undone."""
    return not any(
        later.kind == "undo" and later.of == number and _in_force(place, decisions)
        for place, later in enumerate(decisions)
    )


def _shared(
    leads: Mapping[str, tuple],
    recorded: Iterable[str],
    in_force: Iterable[Decision],
    rules: Rules,
) -> set[str]:
    """2.3.8: a mark by hand (the later counts), the list, the limit."""
    together: dict[str, set[str]] = {
        card: set() for card in recorded if not card.startswith("lead:")
    }
    for _, brought in leads.values():
        for name in brought:
            partners = {mailbox(_card(*o), rules) for o in brought if o[0] != "visitor"}
            for card in (_card(*name), mailbox(_card(*name), rules)):
                together[card] |= partners - {mailbox(card, rules)}
    marks = {one.a: one.shared for one in in_force if one.kind == "mark"}
    shared = set()
    for card, others in together.items():
        kinds = [other.partition(":")[0] for other in others]
        limit = rules.limit(card.partition(":")[0])
        over = any(kinds.count(kind) > limit for kind in kinds)
        listed = any(fnmatchcase(card, pattern) for pattern in rules.listed)
        if marks.get(card, listed or over):
            shared.add(card)
    return shared


def mailbox(card: str, rules: Rules) -> str:
    """2.1.3, 2.3.7: the mailbox of an address that is folded, of anything else itself."""
    kind, _, value = card.partition(":")
    local, _, domain = value.rpartition("@")
    plain = local.split("+")[0].replace(".", "")
    if kind != "email" or domain not in rules.folded or not plain:
        return card
    return f"email:{plain}@{rules.folded[0]}"


def _strength(kind: str, value: str, attested: bool, order: tuple[str, ...]) -> tuple:
    """2.2.5: attested first; of claimed ones phone, e-mail, the rest; the order; the value."""
    typed = 9 if attested or kind not in CONTACTS else CONTACTS.index(kind)
    place = order.index(kind) if kind in order else len(order)
    return (not attested, typed, place, kind if kind not in order else "", value)


def _anchor(lead: str, brought: Mapping, shared: set[str], order: tuple) -> str:
    names = sorted(brought, key=lambda name: _strength(*name, brought[name], order))
    free = [name for name in names if _card(*name) not in shared]
    return _card(*(free or names)[0]) if names else f"lead:{lead}"


def _says_link(one: tuple[str, bool], other: tuple[str, bool], links: frozenset[str]) -> int | None:
    """2.3.7: the place of the default rule that fits, where it says link."""
    (kind, attested), (kind2, attested2) = one, other
    if "visitor" in (kind, kind2):
        return None
    if attested and attested2:
        place, name = 1, "own accounts"
    elif (attested and kind2 in CONTACTS and not attested2) or (
        attested2 and kind in CONTACTS and not attested
    ):
        place, name = 2, "typed contact"
    elif not attested and not attested2 and kind in CONTACTS and kind2 in CONTACTS:
        place, name = 3, "one form"
    else:
        return None
    return place if name in links else None


def _links(
    leads: Mapping[str, tuple], shared: set[str], in_force: Sequence[Decision], rules: Rulebook
) -> dict[tuple[str, str], set[str]]:
    """2.4 (c), (d): pairs with evidence left, by their least (time, lead, rule), then texts."""
    withdrawn = {item for one in in_force if one.kind == "withdraw" for item in one.items}
    least: dict[tuple[str, str], tuple] = {}
    evidence: dict[tuple[str, str], set[str]] = {}
    for lead, (at, brought) in leads.items():
        for a, b in combinations(sorted(_card(*name) for name in brought), 2):
            if a in shared or b in shared or (frozenset((a, b)), lead) in withdrawn:
                continue
            if mailbox(a, rules.past) == b or mailbox(b, rules.past) == a:
                continue  # that is told below
            proofs = {_card(*name): (name[0], proof) for name, proof in brought.items()}
            place = _says_link(proofs[a], proofs[b], rules.links(lead))
            if place is not None:
                key = (at, lead, place, a, b)
                least[a, b] = min(key, least.get((a, b), key))
                evidence.setdefault((a, b), set()).add(lead)
        for address in (_card(*name) for name in brought):
            other = mailbox(address, rules.past)
            pair = (min(address, other), max(address, other))
            held = address in shared or other in shared or (frozenset(pair), lead) in withdrawn
            if address != other and not held:
                key = (at, lead, AFTER_RULES, address, address)
                least[pair] = min(key, least.get(pair, key))
                evidence.setdefault(pair, set()).add(lead)
    return {pair: evidence[pair] for pair in sorted(least, key=lambda pair: least[pair])}


ByHand = dict[tuple[str, str], set[str]]


def _by_hand(
    in_force: Sequence[tuple[int, Decision]], stands: Mapping[str, str]
) -> tuple[ByHand, ByHand]:
    """2.3.9: of a merge and a veto on the same two cards the later one counts.

    Merges in recorded order, and vetoes, each with the decisions that say so.
    """

    def bears_on(card: str) -> str:
        """2.2.5: the card of a lead that got an identity bears on where the lead stands."""
        return stands.get(card.removeprefix("lead:"), card) if card.startswith("lead:") else card

    said: dict[frozenset[str], list[tuple[int, str, str, str]]] = {}
    for number, one in in_force:
        if one.kind in ("merge", "veto"):
            a, b = bears_on(one.a), bears_on(one.b)
            if a != b:
                said.setdefault(frozenset((a, b)), []).append((number, one.kind, a, b))
    merges, vetoes = [], []
    for all_said in said.values():
        kind = all_said[-1][1]
        since = max((n for n, k, _, _ in all_said if k != kind), default=-1)
        last = [one for one in all_said if one[0] > since]
        number, _, a, b = last[0]
        entry = (number, (a, b), {f"#{n}" for n, _, _, _ in last})
        (merges if kind == "merge" else vetoes).append(entry)
    merges.sort(key=lambda entry: entry[0])
    return {pair: facts for _, pair, facts in merges}, {pair: facts for _, pair, facts in vetoes}


def _poured_together(
    cards: Iterable[str], edges: Iterable[tuple[str, str]], vetoes: Sequence[tuple[str, str]]
) -> set[frozenset[str]]:
    """2.4 (e): one by one, leaving out what would put a vetoed pair into one person."""
    person = {card: {card} for card in cards}
    for a, b in edges:
        one, other = person[a], person[b]
        barred = any((x in one and y in other) or (y in one and x in other) for x, y in vetoes)
        if one is not other and not barred:
            one |= other
            for card in other:
                person[card] = one
    return {frozenset(group) for group in person.values()}


def _recorded(said: Sequence[Said], rules: Rulebook) -> dict[str, tuple]:
    """2.2.6: a sort key for each card: its first record; of several from one lead the strongest."""
    recorded: dict[str, tuple] = {}
    for number, one in enumerate(said):
        known = _leads([e for e in said[: number + 1] if e.lead == one.lead])[one.lead][1]
        for name, attested in known.items():
            strength = _strength(*name, attested, rules.first_order(one.lead))
            recorded.setdefault(_card(*name), (False, number, strength))
        if not known:
            recorded.setdefault(f"lead:{one.lead}", (False, number, ()))
    return recorded


def _card(kind: str, value: str) -> str:
    return f"{kind}:{value}"
