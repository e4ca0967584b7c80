"""Random worlds for the plain oracle: both are told the same, and their answers compared."""

from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from random import Random
from uuid import UUID, uuid5

import msgspec
from support.plain_oracle import (
    ORDER,
    Decision,
    Rulebook,
    Rules,
    Said,
    Told,
    mailbox,
    standing,
    tell,
)

from channels.sdk.ids import NAMESPACE
from channels.sdk.lead import Identity, LeadEvent
from channels.sdk.times import time_from_epoch
from eventstore.adoption import adopt
from eventstore.card_commands import CardCommands
from eventstore.customer_base import CustomerBase
from eventstore.domain.folds import Fold
from eventstore.domain.matching import DEFAULT_RULES, Action, Matching
from eventstore.domain.pipeline import SALES
from eventstore.explain import Explainer
from eventstore.following import Follower
from eventstore.keyring import Keyring
from eventstore.orders import CommandRefused, order
from eventstore.policy import Policy
from eventstore.queries import Cards
from eventstore.recorders.sqlite import SQLiteCustomerRecorder
from eventstore.rematching import rematch
from eventstore.told import text_id
from eventstore.touches import bytes_of, own_leaf
from eventstore.versions import effective_policy
from ingest.log.port import Logged
from ingest.log.records import lead_record
from ingest.processor.batch import BatchHandler

KEYRING = Keyring(b"o" * 32)
VALUES = {
    "phone": [*(f"+7912000000{n}" for n in range(4)), "+78000000001"],
    "email": [f"{name}@example.ru" for name in "abcd"],
    "telegram": ["10", "2", "3"],
    "whatsapp": ["79120000001"],
    "vk": ["7", "8"],
    "visitor": ["v1", "v2"],
    "shop": ["s1", "s2"],
}
"""Few of each, so that leads meet; `shop` is a kind that no order names."""


FOLDED = (
    "a@example.ru", "a.b@box.ru", "ab+x@box.ru", "ab@box.ru", "ab@box.com", "c.d@box.com",
    "c.d+1@box.ru",
)  # fmt: skip
"""Addresses of four mailboxes, of two where both domains are folded."""
MAILBOXES = [f"{name}@{domain}" for name in ("ab", "cd") for domain in ("box.ru", "box.com")]


def matching_of(rules: Rules, version: int) -> Matching:
    """The same configuration for the system."""
    changed = tuple(
        msgspec.structs.replace(rule, action=Action.SUGGEST)
        if rule.action is Action.LINK and str(rule.name) not in rules.links
        else rule
        for rule in DEFAULT_RULES
    )
    return Matching(
        version=version,
        anchors=rules.order,
        limits=dict(rules.limits),
        shared=rules.listed,
        rules=changed,
        folds=(Fold(rules.folded, dots=True, tags="+"),) if rules.folded else (),
    )


@dataclass
class PlainWorld:
    """A store, and a journal of all that was said to it."""

    path: Path
    seed: int
    said: list[Said] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    ids: list[bytes] = field(default_factory=list)
    """Of the decisions, as the system numbers them."""
    told: list[str] = field(default_factory=list)
    """What was done, for whoever looks for the reason of a difference."""

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)
        self.folds = self.seed % 3 == 0
        self.values = VALUES | ({"email": list(FOLDED)} if self.folds else {})
        self.opened: dict[str, set[str]] = {}
        self.versions = [self._rules()]
        self.applied = 0
        self.first: dict[str, int] = {}
        self._offsets = count()
        self._sent: dict[str, LeadEvent] = {}
        self.base = self._open()

    def _rules(self) -> Rules:
        rng = self.rng
        shuffled = rng.sample(ORDER, len(ORDER))
        return Rules(
            order=rng.choice([ORDER, tuple(shuffled), tuple(shuffled[:4])]),
            limits=(("default", rng.choice([1, 2, 2, 3])), ("visitor", 1)),
            listed=rng.choice([("phone:+7800*",), (), ("email:a@*", "vk:7")]),
            links=frozenset(
                name
                for name in ("own accounts", "typed contact", "one form")
                if rng.random() < 0.85
            ),
            folded=rng.choice(
                [(), ("box.ru",), ("box.ru", "box.com"), ("box.com", "box.ru")]
                if self.folds
                else [()]
            ),
        )

    def _open(self) -> CustomerBase:
        recorder = SQLiteCustomerRecorder(self.path)
        newest = matching_of(self.versions[-1], len(self.versions))
        policy = effective_policy(recorder, KEYRING, Policy.of(newest, [SALES]))
        if self.seed % 2:  # large decisions are carried out in the smallest pieces
            policy = replace(policy, most_items_at_once=1, most_leads_at_once=2)
        base = CustomerBase(recorder, KEYRING, policy)
        adopt(base)
        return base

    @property
    def commands(self) -> CardCommands:
        return CardCommands(self.base)

    def step(self) -> None:
        """Do something at random."""
        deeds = [
            (self.send, 10), (self.by_hand, 4), (self.mark, 2), (self.withdraw, 2), (self.undo, 4),
            (self.restart, 1), (self.configure, 0.5), (self.rematch, 1),
        ]  # fmt: skip
        (deed,) = self.rng.choices([d for d, _ in deeds], [w for _, w in deeds])
        deed()
        self._note_mailboxes()

    def _note_mailboxes(self) -> None:
        """Those that a version in force names, each for addresses that leads brought."""
        rules = self.versions[self.applied]
        brought = {f"{kind}:{value}" for one in self.said for kind, value, _ in one.identities}
        for card in self._cards():
            if (named := mailbox(card, rules)) != card:
                addresses = {card} if card in brought else self.opened[card]
                self.opened.setdefault(named, set()).update(addresses)

    def send(self) -> None:
        """Some deliveries in one batch: new leads, more about known ones, repeats."""
        events = [self._delivery() for _ in range(self.rng.choice([1, 1, 2, 5]))]
        for event in events:
            self._sent.setdefault(event.event_id, event)
        records = [
            Logged("log", next(self._offsets), record.type, record.value)
            for event in events
            for record in (lead_record(self._sent[event.event_id]),)
        ]
        BatchHandler(self.base).handle(records)
        known = {one.event for one in self.said}
        for event in events:
            if event.event_id not in known:
                known.add(event.event_id)
                self.said.append(_said(self._sent[event.event_id]))
                self.first.setdefault(event.lead_id, len(self.versions) - 1)
        self.told += [f"send {_said(self._sent[event.event_id])}" for event in events]

    def _delivery(self) -> LeadEvent:
        rng = self.rng
        number, more = rng.randrange(14), rng.choice([0, 0, 0, 1, 2])
        lead_id = str(uuid5(NAMESPACE, f"plain {number}"))
        event_id = lead_id if not more else str(uuid5(NAMESPACE, f"plain {number}/{more}"))
        at = time_from_epoch(1_700_000_000 + rng.randrange(40) * 3600)
        found = []
        for _ in range(rng.choice([0, 1, 1, 2, 2, 3, 4, 7])):
            kind = rng.choice(list(VALUES))
            proof = "claimed" if kind == "visitor" else rng.choice(["attested", "claimed"])
            found.append(Identity(kind=kind, value=rng.choice(self.values[kind]), proof=proof))
        return LeadEvent(
            lead_id=lead_id,
            event_id=event_id,
            channel="test",
            account="test",
            kind=rng.choice(["form", "message", "call"]),
            direction=rng.choice(["in", "in", "in", "out"]),
            amends=more > 0,
            seq=rng.randrange(3),
            occurred_at=at,
            received_at=at,
            identities=tuple(found),
            thread=rng.choice(["", "t"]),
        )

    def by_hand(self) -> None:
        cards = self._cards()
        if len(cards) > 1:
            a, b = self.rng.sample(cards, 2)
            kind = self.rng.choice(["merge", "veto"])
            decide = getattr(self.commands, kind)
            self._decide(
                Decision(kind, a, b), lambda by: decide(self.leaf(a), self.leaf(b), by).decision
            )

    def mark(self) -> None:
        cards = [card for card in self._cards() if not card.startswith("lead:")]
        if cards:
            card, shared = self.rng.choice(cards), self.rng.random() < 0.6
            commands = self.commands
            self._decide(
                Decision("mark", card, shared=shared),
                lambda by: commands.mark(self.leaf(card), shared, by).decision,
            )

    def withdraw(self) -> None:
        """Of one lead a pair, or of all leads every pair with one identity."""
        rules = self.versions[self.applied]
        pairs = sorted(
            {
                (*sorted((f"{a[0]}:{a[1]}", f"{b[0]}:{b[1]}")), one.lead)
                for one in self.said
                for a in one.identities
                for b in one.identities
                if a[:2] < b[:2]
            }
            | {
                (*sorted((card, mailbox(card, rules))), one.lead)
                for one in self.said
                for card in (f"{kind}:{value}" for kind, value, _ in one.identities)
                if mailbox(card, rules) != card
            }
        )
        if not pairs:
            return
        chosen = self.rng.choice(pairs)
        items = [chosen]
        if self.rng.random() < 0.4:
            items = [pair for pair in pairs if chosen[0] in pair[:2]]
        stored = [(*sorted((self.leaf(a), self.leaf(b))), bytes_of(lead)) for a, b, lead in items]
        kept = tuple((frozenset((a, b)), lead) for a, b, lead in items)
        commands = self.commands
        self._decide(
            Decision("withdraw", items=kept), lambda by: commands.withdraw(stored, by).decision
        )

    def undo(self) -> None:
        if self.decisions:
            number = self.rng.randrange(len(self.decisions))
            commands = self.commands
            self._decide(
                Decision("undo", of=number), lambda by: commands.undo(self.ids[number], by).decision
            )
            Follower(self.base).drain()

    def restart(self) -> None:
        self.base.recorder.close()
        self.base = self._open()

    def configure(self) -> None:
        """Another version of the rules: new leads are judged by it, limits and lists wait."""
        self.versions.append(self._rules())
        self.restart()
        self.told.append(f"version {len(self.versions)}: {self.versions[-1]}")

    def rematch(self) -> None:
        if self.applied < len(self.versions) - 1:
            rematch(self.base, order("anna", at=1_800_000_000_000))
            self.applied = len(self.versions) - 1
            self.told.append(f"rematch to version {len(self.versions)}")

    def _decide(self, decision: Decision, do) -> None:
        command = str(UUID(int=len(self.told) + 1))
        try:
            decided = do(order("anna", command=command, at=1_800_000_000_000))
        except CommandRefused as error:
            self.told.append(f"refused {decision}: {error}")
            return
        self.decisions.append(decision)
        self.ids.append(decided)
        self.told.append(f"{len(self.decisions) - 1} {decision}")

    def _cards(self) -> list[str]:
        """Every card that a person could name, also those that their lead has left."""
        named = {f"{kind}:{value}" for one in self.said for kind, value, _ in one.identities}
        first: dict[str, Said] = {}
        for one in self.said:
            first.setdefault(one.lead, one)
        named |= {f"email:{value}" for value in MAILBOXES}
        named |= {f"lead:{lead}" for lead, one in first.items() if not one.identities}
        return sorted(card for card in named if self.base.recorder.cards([self.leaf(card)]))

    @staticmethod
    def leaf(card: str) -> bytes:
        kind, _, value = card.partition(":")
        return own_leaf(bytes_of(value)) if kind == "lead" else KEYRING.leaf(kind, value)

    def expected(self) -> Told:
        rules = Rulebook(tuple(self.versions), self.first, self.applied, self.opened)
        return tell(self.said, self.decisions, rules)

    def standing(self) -> dict[tuple[str, str], set[str]]:
        rules = Rulebook(tuple(self.versions), self.first, self.applied, self.opened)
        return standing(self.said, self.decisions, rules)

    def explained(self, a: str, b: str) -> tuple[list[tuple[str, str]], set[str]]:
        """The chain between two cards, and the facts without which they would be apart."""
        told = Explainer(Cards(self.base)).two(self.leaf(a), self.leaf(b))
        numbers = {text_id(decision): f"#{n}" for n, decision in enumerate(self.ids)}
        links = [(link["a"], link["b"]) for link in told["links"]]
        return links, {numbers.get(fact, fact) for fact in told["apart_without"]}

    def stored(self) -> Told:
        """What the store has, in the oracle's words."""
        names = {self.leaf(f"{k}:{v}"): f"{k}:{v}" for k, values in VALUES.items() for v in values}
        names |= {self.leaf(f"email:{v}"): f"email:{v}" for v in (*FOLDED, *MAILBOXES)}
        names |= {self.leaf(f"lead:{one.lead}"): f"lead:{one.lead}" for one in self.said}
        groups: dict[bytes, set[str]] = {}
        cards = self.base.recorder.cards(list(names))
        for leaf, (_, card) in cards.items():
            if not card.moved_to:
                groups.setdefault(card.person, set()).add(names[leaf])
        work = self.base.work()
        leads = {bytes_of(one.lead): one.lead for one in self.said}
        work.load_leads(list(leads))
        return Told(
            {frozenset(group) for group in groups.values()},
            {names[leaf] for leaf, (_, card) in cards.items() if card.shared},
            {leads[name]: names[state.leaf] for name, state in work.leads.items()},
            {frozenset(group): names[head] for head, group in groups.items()},
        )


def _said(event: LeadEvent) -> Said:
    once: dict[tuple[str, str], bool] = {}
    for one in event.identities:
        once[one.kind, one.value] = once.get((one.kind, one.value), False) or (
            one.proof == "attested"
        )
    found = tuple((kind, value, attested) for (kind, value), attested in once.items())
    return Said(event.event_id, event.lead_id, event.occurred_at, event.seq, found)
