"""Random leads, and worlds of leads and decisions that are told the oracles step by step."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar
from weakref import finalize

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from support.deals_oracle import check_deals, deal_names, returned_rows, stored_deals
from support.worlds import KEYRING, Fed, base, check, decision_id, lead

from eventstore.deal_commands import DealCommands
from eventstore.deal_joins import DealJoins
from eventstore.domain.partition import partition
from eventstore.domain.pipeline import SALES, Pipeline
from eventstore.domain.routing import Router, Routing, RoutingRule, When
from eventstore.orders import CommandRefused, order
from eventstore.returned import Returns
from eventstore.touches import bytes_of, own_leaf

_MEMORY = Path("/dev/shm")  # noqa: S108 - each world gets a folder of its own there
KINDS = ("phone", "email", "telegram", "visitor", "vk")
VALUES = {
    "phone": [f"+7912000000{n}" for n in range(4)],
    "email": [f"{n}@example.ru" for n in range(4)],
    "telegram": ["1", "2", "3"],
    "visitor": ["a", "b"],
    "vk": ["7"],
}
identity = st.sampled_from(KINDS).flatmap(
    lambda kind: st.tuples(
        st.just(kind),
        st.sampled_from(VALUES[kind]),
        st.just("claimed") if kind == "visitor" else st.sampled_from(["attested", "claimed"]),
    )
)
identities = st.lists(identity, max_size=3, unique_by=lambda i: i[:2])
event = st.builds(
    lambda number, ids, at, delivery, kind, direction, thread, amount, source: lead(
        number,
        *ids,
        at=1_700_000_000 + at * 86_400,
        delivery=delivery,
        kind=kind,
        direction=direction,
        thread=thread,
        amount=amount,
        source=source,
    ),
    number=st.integers(0, 15),
    ids=identities,
    at=st.integers(0, 60),
    delivery=st.sampled_from([0, 0, 0, 1, 2]),
    kind=st.sampled_from(["form", "message", "call"]),
    direction=st.sampled_from(["in", "in", "in", "out"]),
    thread=st.sampled_from(["", "t1", "t2"]),
    amount=st.sampled_from(["", "", "100", "250"]),
    source=st.sampled_from(["", "", "repair", "shop"]),
)
SERVICE = Pipeline(id="service", reopen_window="5d")


def routing(version: int, **pipelines: str) -> Routing:
    """Rules that send sources to pipelines."""
    rules = (RoutingRule(name, When(utm_source=name), to) for name, to in pipelines.items())
    return Routing(version, tuple(rules))


ROUTED: dict[str, Any] = {
    "pipelines": (SALES, SERVICE),
    "routing": routing(1, repair="service"),
}
"""Two pipelines, and a rule that sends some leads to the second."""
LATER_RULES = (
    routing(2, repair="service", shop="sales"),
    routing(3, repair="sales", shop="service"),
    routing(4),
)


def new_fed(**policy) -> Fed:
    """On a store that goes with it. It is in memory where it can be: nobody pulls the plug here."""
    folder = tempfile.mkdtemp(prefix="leadlog-", dir=_MEMORY if _MEMORY.is_dir() else None)
    fed = Fed(base(Path(folder) / "events.db", **policy))
    finalize(fed, shutil.rmtree, folder, ignore_errors=True)
    return fed


def feed_in_any_order(fed, events, data):
    """Feed the events in an order and in batches that `data` draws, half of them twice."""
    shuffled = data.draw(st.permutations(events + events[: len(events) // 2]))
    while shuffled:
        size = data.draw(st.integers(1, 6))
        fed.feed(*shuffled[:size])
        shuffled = shuffled[size:]
    fed.events = {}
    for one in events:
        fed.events.setdefault(one.lead_id, []).append(one)


class World(RuleBasedStateMachine):
    """Leads, amendments, marks, merges, vetoes, withdrawals and undos in any order."""

    policy: ClassVar[dict] = {}

    def __init__(self):
        super().__init__()
        self.fed = new_fed(**self.policy)
        self.given = {}
        self.decisions = []
        self.merged = []
        self.number = 0

    def by(self):
        self.number += 1
        return order("anna", command=decision_id(self.number), at=1_800_000_000_000)

    def leaves(self):
        found = set()
        for leaves in self.fed.stored_persons().values():
            found |= leaves
        return sorted(found)

    @rule(event=event)
    def deliver_any(self, event):
        self.deliver(event)

    def deliver(self, event):
        event = self.given.setdefault(event.event_id, event)
        known = self.fed.events.get(event.lead_id, [])
        self.fed.feed(event)
        if event in known:
            self.fed.events[event.lead_id] = known

    @precondition(lambda self: self.fed.events)
    @rule(data=st.data(), number=st.integers(16, 30), at=st.integers(0, 60))
    def deliver_alike(self, data, number, at):
        """Somebody who is known comes again with the same identities."""
        known = data.draw(st.sampled_from(sorted(self.fed.events)))
        again = lead(number, at=1_700_000_000 + at * 86_400, kind="message")
        identities = self.fed.folded(bytes_of(known)).identities
        self.deliver(msgspec.structs.replace(again, identities=identities))

    @precondition(lambda self: len(self.leaves()) > 1)
    @rule(data=st.data(), kind=st.sampled_from(["merge", "veto"]))
    def merge_or_veto(self, data, kind):
        a, b = data.draw(
            st.lists(st.sampled_from(self.leaves()), min_size=2, max_size=2, unique=True)
        )
        by = self.by()
        try:
            decided = getattr(self.fed.commands, kind)(a, b, by)
        except CommandRefused:
            return
        self.decisions.append([decided.decision, kind, (a, b), True])
        if kind == "merge":
            self.fed.journal.append(("merge", len(self.decisions) - 1))

    @precondition(lambda self: self.leaves())
    @rule(data=st.data(), shared=st.booleans())
    def mark(self, data, shared):
        leaf = data.draw(st.sampled_from(self.leaves()))
        try:
            decided = self.fed.commands.mark(leaf, shared, self.by())
        except CommandRefused:
            return
        self.decisions.append([decided.decision, "mark", (leaf, shared), True])

    @precondition(lambda self: self.open_deals())
    @rule(data=st.data(), what=st.sampled_from(["accept", "won", "lost"]), at=st.integers(0, 60))
    def command(self, data, what, at):
        deal = data.draw(st.sampled_from(self.open_deals()))
        self.number += 1
        by = order("", command=decision_id(self.number), at=1000 * (1_700_000_000 + at * 86_400))
        self.carry_out(
            deal,
            lambda commands: (
                commands.accept(deal, by)
                if what == "accept"
                else commands.close(deal, what, by, reason="price" if what == "lost" else "")
            ),
        )

    def carry_out(self, deal, command):
        """Notes what the command recorded."""
        streams = self.fed.base.recorder.streams
        before = streams([deal], personal=False)[deal]
        try:
            command(DealCommands(self.fed.base))
        except CommandRefused:
            return
        after = streams([deal], personal=False)[deal]
        self.fed.journal += [("command", deal, e.event) for e in after[len(before) :]]

    @precondition(lambda self: len(self.open_deals()) > 1)
    @rule(data=st.data())
    def join_deals(self, data):
        a, b = data.draw(
            st.lists(st.sampled_from(self.open_deals()), min_size=2, max_size=2, unique=True)
        )
        self.decide_deals(lambda joins, by: joins.join(a, b, by))

    @precondition(lambda self: self.joined_deals())
    @rule(data=st.data())
    def part_deals(self, data):
        deal = data.draw(st.sampled_from(self.joined_deals()))
        self.decide_deals(lambda joins, by: joins.part(deal, by))

    @precondition(lambda self: self.fed.events)
    @rule(data=st.data())
    def put_apart(self, data):
        lead_id = bytes.fromhex(
            data.draw(st.sampled_from(sorted(self.fed.events))).replace("-", "")
        )
        self.decide_deals(lambda joins, by: joins.put_apart(lead_id, by))

    @precondition(lambda self: self.ended_leads())
    @rule(
        data=st.data(),
        numbers=st.lists(st.integers(31, 39), min_size=1, max_size=3, unique=True),
        direction=st.sampled_from(["in", "in", "in", "out"]),
        verdict=st.sampled_from(["", "leave", "anew"]),
    )
    def come_back(self, data, numbers, direction, verdict):
        """Whoever opened a deal that was won or lost writes again, in time to join it."""
        known = data.draw(st.sampled_from(self.ended_leads()))
        identities = self.fed.folded(known).identities
        for number in numbers:
            again = lead(number, kind="message", direction=direction)
            self.deliver(msgspec.structs.replace(again, identities=identities))
        if verdict and self.returned_deals():
            self.decide_about_returns(data, anew=verdict == "anew")

    def ended_leads(self):
        ended = [row.lead for row in self.rows().values() if row.status in {"won", "lost"}]
        return sorted(one for one in ended if self.fed.folded(one).identities)

    @precondition(lambda self: self.returned_deals())
    @rule(data=st.data(), anew=st.booleans())
    def decide_about_returns(self, data, anew):
        deal = data.draw(st.sampled_from(self.returned_deals()))
        returns = Returns(self.fed.base)
        self.decide_deals(
            lambda _, by: returns.anew(deal, by) if anew else returns.leave([deal], by)
        )

    @precondition(lambda self: self.returned_deals())
    @rule(data=st.data(), owner=st.sampled_from(["anna", "vera", ""]), reopen=st.booleans())
    def command_ended(self, data, owner, reopen):
        deal = data.draw(st.sampled_from(self.returned_deals()))
        self.number += 1
        by = order("", command=decision_id(self.number), at=1_700_000_000_000)
        self.carry_out(
            deal,
            lambda commands: commands.reopen(deal, by) if reopen else commands.own(deal, owner, by),
        )

    def decide_deals(self, decide):
        try:
            decided = decide(DealJoins(self.fed.base), self.by())
        except CommandRefused:
            return
        ((hand, _),) = self.fed.base.work().decision(decided.decision)
        self.decisions.append([decided.decision, hand.kind, (hand.a, hand.b), True])
        self.fed.journal.append(("deals", len(self.decisions) - 1))

    def joined_deals(self):
        return sorted(i for i, fate in self.stored()[1].items() if fate[2])

    def returned_deals(self):
        return sorted(row.deal for row in returned_rows(self.fed.base.recorder))

    def rows(self):
        """Every deal's row, whoever's it is."""
        rows = {i: row for i, (_, row) in self.fed.base.recorder.deal_rows(self.names()).items()}
        for leaves in self.fed.stored_persons().values():
            for _, card in self.fed.base.recorder.cards(leaves).values():
                rows |= {deal.id: deal for deal in card.deals}
        return rows

    def names(self):
        return deal_names(self.fed)

    def stored(self):
        return stored_deals(self.fed) if self.fed.events else ({}, {}, {})

    def open_deals(self):
        return sorted(i for i, fate in self.stored()[1].items() if fate[0] == "open")

    @precondition(lambda self: self.decisions)
    @rule(data=st.data())
    def undo(self, data):
        self.turn(data.draw(st.sampled_from(self.decisions)))

    def turn(self, entry):
        """Undo a decision, or its undo."""
        try:
            decided = self.fed.commands.undo(entry[0], self.by())
        except CommandRefused:
            return
        entry[3] = not entry[3]
        entry[0] = decided.decision

    @precondition(lambda self: any(len(e[-1].identities) > 1 for e in self.fed.events.values()))
    @rule(data=st.data())
    def withdraw(self, data):
        leads = sorted(k for k, e in self.fed.events.items() if len(e[-1].identities) > 1)
        some = data.draw(st.lists(st.sampled_from(leads), min_size=1, max_size=4, unique=True))
        items = tuple(self.evidence(self.fed.events[name][-1]) for name in some)
        by = self.by()
        self.carry_out_withdrawal(data, items, by)
        self.decisions.append([by.command, "withdraw", items, True])

    def evidence(self, chosen):
        a, b = sorted(KEYRING.leaf(i.kind, i.value) for i in chosen.identities[:2])
        return a, b, bytes_of(chosen.lead_id)

    def carry_out_withdrawal(self, data, items, by):
        self.fed.commands.withdraw(items, by)

    @precondition(lambda self: len(self.fed.base.policy.pipelines) > 1)
    @rule(rules=st.sampled_from(LATER_RULES))
    def change_rules(self, rules):
        """They concern leads from now on."""
        policy = self.fed.base.policy
        self.fed.base.policy = replace(policy, router=Router(rules, default="sales"))

    @invariant()
    def persons_are_the_oracles(self):
        if not self.fed.events:
            return
        facts = self.fed.facts(**self.by_hand())
        check(self.fed, facts)
        about_deals = [
            (self.fed.journal.index(("deals", n)), kind, *pair)
            for n, (_, kind, pair, in_force) in enumerate(self.decisions)
            if in_force and kind in {"join", "part", "own", "anew", "leave"}
        ]
        check_deals(self.fed, facts, self.merged, about_deals)

    def by_hand(self):
        """Facts by hand, cards of leads that have an identity by now read as where they stand."""
        marks = {w[0]: w[1] for _, kind, w, force in self.decisions if force and kind == "mark"}
        withdrawals = [w for _, kind, w, force in self.decisions if force and kind == "withdraw"]
        _, _, anchors = partition(self.fed.facts(marks=marks))
        moved = {own_leaf(lead_id): leaf for lead_id, leaf in anchors.items()}
        latest = {}
        for number, (_, kind, what, in_force) in enumerate(self.decisions):
            if in_force and kind in {"merge", "veto"}:
                pair = tuple(moved.get(leaf, leaf) for leaf in what)
                known = latest.get(tuple(sorted(pair)))
                if known is None or known[1] != kind:
                    latest[tuple(sorted(pair))] = (number, kind, pair)
        merges = [(n, pair) for n, kind, pair in sorted(latest.values()) if kind == "merge"]
        self.merged = [(self.fed.journal.index(("merge", n)), pair) for n, pair in merges]
        return {
            "marks": marks,
            "merges": [pair for _, pair in merges],
            "vetoes": [pair for _, kind, pair in latest.values() if kind == "veto"],
            "withdrawn": {item for items in withdrawals for item in items},
        }

    def teardown(self):
        self.fed.base.recorder.close()


class ManyIdentities(World):
    """The same with leads that bring more identities than count."""

    @rule(
        many=st.lists(identity, min_size=4, max_size=6, unique_by=lambda i: i[:2]),
        number=st.integers(0, 2),
        delivery=st.integers(0, 2),
        at=st.integers(0, 60),
    )
    def deliver_many_identities(self, many, number, delivery, at):
        """Of two such deliveries about one lead the later to happen brings more than count."""
        self.deliver(lead(number, *many, at=1_700_000_000 + at * 86_400, delivery=delivery))
