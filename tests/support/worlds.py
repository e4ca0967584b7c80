"""Random worlds of leads and decisions, and the oracles that they are held against."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from uuid import UUID, uuid5

from channels.sdk.ids import NAMESPACE
from channels.sdk.lead import Campaign, Identity, LeadContent, Order
from channels.sdk.times import time_from_epoch
from eventstore.card_commands import CardCommands
from eventstore.customer_base import CustomerBase, Entry, Lead
from eventstore.domain.events import LeadIdentity
from eventstore.domain.fold import fold
from eventstore.domain.matching import Matching
from eventstore.domain.partition import Facts, partition
from eventstore.domain.partition import Lead as FactLead
from eventstore.domain.pipeline import SALES, Pipeline
from eventstore.domain.routing import NO_RULES, Routing
from eventstore.keyring import Keyring
from eventstore.policy import Policy
from eventstore.recorders.sqlite import SQLiteCustomerRecorder
from eventstore.replay import read_deals
from eventstore.rows import LAST, Ends
from eventstore.told import Told
from eventstore.touches import bytes_of, deal_id, milliseconds, own_leaf

SECRET = b"k" * 32
KEYRING = Keyring(SECRET)
MATCHING = Matching(limits={"default": 2, "visitor": 1})
"""Small limits, so that small worlds cross them."""


def lead(
    number: int,
    *identities: tuple[str, str, str],
    at: int = 1_700_000_000,
    delivery: int = 0,
    kind: str = "form",
    direction: str = "in",
    thread: str = "",
    amount: str = "",
    source: str = "",
) -> LeadContent:
    """A lead event; identities as (kind, value, proof). `source` is a label of its campaign."""
    lead_id = str(uuid5(NAMESPACE, f"lead {number}"))
    event_id = lead_id if delivery == 0 else str(uuid5(NAMESPACE, f"lead {number}/{delivery}"))
    time = time_from_epoch(at)
    return LeadContent(
        lead_id=lead_id,
        event_id=event_id,
        channel="test",
        account="test",
        kind=kind,
        direction=direction,
        amends=delivery > 0,
        occurred_at=time,
        received_at=time,
        identities=tuple(Identity(kind=k, value=v, proof=p) for k, v, p in identities),
        thread=thread,
        order=Order(amount=amount, currency="RUB") if amount else None,
        campaign=Campaign(utm_source=source) if source else None,
    )


def base(
    path,
    matching: Matching = MATCHING,
    *,
    pipelines: Sequence[Pipeline] = (SALES,),
    routing: Routing = NO_RULES,
    **policy,
) -> CustomerBase:
    """A customer base in a file; `policy` has values of `Policy` that differ from the usual."""
    recorder = SQLiteCustomerRecorder(path)
    usual = Policy.of(matching, pipelines, routing)
    return CustomerBase(recorder, KEYRING, replace(usual, **policy))


@dataclass
class Fed:
    """A customer base that is fed, with everything that was fed to it."""

    base: CustomerBase
    offsets: "count[int]" = field(default_factory=count)
    events: dict[str, list[LeadContent]] = field(default_factory=dict)
    journal: list = field(default_factory=list)
    """What was recorded, in order: leads when first fed, merges, commands on deals."""
    opened: dict[bytes, tuple[str, str]] = field(default_factory=dict)
    """Every leaf card → kind and value of its identity, also where a lead brings it no more."""
    pipelines: dict[bytes, str] = field(default_factory=dict)
    """Where each lead is to go, as the rules stood when it was first fed."""
    _conversations: dict[tuple[str, str, str], str] = field(default_factory=dict)

    @property
    def commands(self) -> CardCommands:
        return CardCommands(self.base)

    def feed(self, *events: LeadContent) -> dict[str, int]:
        for event in events:
            if event.lead_id not in self.events:
                self.journal.append(("lead", bytes_of(event.lead_id)))
                self.pipelines[bytes_of(event.lead_id)] = self._routed(event)
            self.events.setdefault(event.lead_id, []).append(event)
            for one in fold(self.events[event.lead_id]).identities:
                self.opened[KEYRING.leaf(one.kind, one.value)] = (one.kind, one.value)
        self.open_mailboxes()
        entries = [Entry("log", next(self.offsets), Lead(event)) for event in events]
        return self.base.handle(entries)

    def open_mailboxes(self) -> None:
        """Those of the addresses so far, by the folds in force; for ever."""
        for value in self._mailboxes().values():
            self.opened.setdefault(KEYRING.leaf("email", value), ("email", value))

    def mailboxes(self) -> dict[bytes, bytes]:
        """Leaf card of an address → that of its mailbox, by the folds in force."""
        return {leaf: KEYRING.leaf("email", value) for leaf, value in self._mailboxes().items()}

    def _mailboxes(self) -> dict[bytes, str]:
        matching = self.base.policy.matching
        found = {leaf: matching.mailbox(*identity) for leaf, identity in self.opened.items()}
        return {leaf: value for leaf, value in found.items() if value}

    def _routed(self, event: LeadContent) -> str:
        """Told anew (SEMANTICS 4.1, ADR 0025): by a rule, else as its thread, else the default."""
        policy = self.base.policy
        rules = policy.router.routing.rules
        source = event.campaign.utm_source if event.campaign else ""
        thread = (event.channel, event.account, event.thread)
        for rule in rules:
            if source and rule.when.utm_source == source:
                self._conversations.setdefault(thread, rule.pipeline)
                return rule.pipeline
        default = next(iter(policy.pipelines))
        return self._conversations.get(thread, default) if rules and event.thread else default

    def folded(self, lead_id: bytes) -> LeadContent:
        return fold(self.events[str(UUID(bytes=lead_id))])

    def facts(self, marks=(), merges=(), vetoes=(), withdrawn=()) -> Facts:
        """The same facts for the oracle, from what was fed, not from what was stored."""
        matching = self.base.policy.matching
        values, leads = dict(self.opened), []
        for events in self.events.values():
            folded = fold(events)
            texts = sorted(f"{i.kind}:{i.value}" for i in folded.identities)
            identities = sorted(
                folded.identities,
                key=lambda i: matching.strength(i.kind, i.value, attested=i.proof == "attested"),
            )
            found = []
            for i in identities:
                leaf = KEYRING.leaf(i.kind, i.value)
                values[leaf] = (i.kind, i.value)
                rank = texts.index(f"{i.kind}:{i.value}")
                found.append(LeadIdentity(leaf, i.kind, i.proof == "attested", rank))
            lead_id = bytes_of(folded.lead_id)
            leads.append(
                FactLead(
                    lead_id,
                    milliseconds(folded.occurred_at),
                    found,
                    matching.version,
                    own_leaf(lead_id),
                )
            )
        return Facts(
            leads=leads,
            rules={matching.version: matching},
            current=matching,
            values=values,
            marks=dict(marks),
            merges=list(merges),
            vetoes=list(vetoes),
            withdrawn=frozenset(withdrawn),
            mailboxes=self.mailboxes(),
        )

    def stored_persons(self) -> dict[bytes, set[bytes]]:
        """Person → leaf cards, as the rows have it; cards that their lead has left are left out."""
        persons: dict[bytes, set[bytes]] = {}
        after = b""
        while heads := self.base.recorder.heads(after, 100):
            after = heads[-1]
            for leaf, (_, card) in self.base.recorder.members(heads).items():
                if not card.moved_to:
                    persons.setdefault(card.person, set()).add(leaf)
        return persons

    def stored_stands(self) -> dict[bytes, bytes]:
        work = self.base.work()
        work.load_leads([bytes_of(lead_id) for lead_id in self.events])
        return {lead_id: state.leaf for lead_id, state in work.leads.items()}


def groups(person: dict[bytes, bytes]) -> set[frozenset[bytes]]:
    """The partition itself, without the names of its parts."""
    found: dict[bytes, set[bytes]] = {}
    for leaf, root in person.items():
        found.setdefault(root, set()).add(leaf)
    return {frozenset(leaves) for leaves in found.values()}


def check(fed: Fed, facts: Facts) -> None:
    """The stored persons, shared flags and standing places are those of the oracle."""
    assert check_partition(fed, facts) == fed.stored_stands()


def check_partition(fed: Fed, facts: Facts) -> dict[bytes, bytes]:
    """The stored persons and shared flags are the oracle's; gives where it has each lead stand."""
    person, shared, anchors = partition(facts)
    stored = fed.stored_persons()
    assert groups(person) == {frozenset(leaves) for leaves in stored.values()}
    cards = fed.base.recorder.cards(shared)
    assert shared == {leaf: card.shared for leaf, (_, card) in cards.items()}
    check_appearances(fed.base, fed.events)
    return anchors


def check_appearances(base: CustomerBase, lead_ids: Collection[str]) -> None:
    """What is kept of these leads (all) for each leaf card and deal is what their streams say."""
    source = base.recorder
    streams = source.streams([bytes_of(lead_id) for lead_id in lead_ids], personal=False)
    leads = [Told(events) for events in streams.values()]
    brought = {(leaf, told.lead) for told in leads for leaf in (*told.leaves, told.leaf)}
    assert source.appearances(every_leaf(base)) == brought
    seen: dict[bytes, list[tuple[int, bytes, bool]]] = {}
    for told in leads:
        proofs = {leaf: attested for leaf, attested in told.proofs if attested}
        for leaf in {*told.leaves, told.leaf}:
            seen.setdefault(leaf, []).append((*told.sort_key, proofs.get(leaf, False)))
    expected = {
        leaf: Ends(min(rows)[:2], max(rows)[:2], any(row[2] for row in rows))
        for leaf, rows in seen.items()
    }
    assert source.ends(seen) == expected
    for leaf in seen:
        here = sorted((told.sort_key for told in leads if told.leaf == leaf), reverse=True)
        assert source.touches([leaf], before=LAST, most=len(leads)) == here
    of_deal: dict[bytes, list[tuple[int, bytes]]] = {}
    for told in sorted(leads, key=lambda t: t.sort_key, reverse=True):
        if told.deal:
            of_deal.setdefault(told.deal, []).append(told.sort_key)
    assert source.deal_touches(of_deal, seen, most=len(leads)) == of_deal
    opened = {deal_id(told.lead, told.newest.pipeline) for told in leads}
    stored = read_deals(base.work(), opened)
    assert source.joined(opened) == {name: deal.into for name, deal in stored.items() if deal.into}


def every_leaf(base: CustomerBase) -> list[bytes]:
    return base.recorder.leaves(b"", 100_000)


def decision_id(number: int) -> str:
    return str(UUID(int=number + 1))
