"""Two stores that are told the same, one of which is also told merges that are taken back."""

import random
from dataclasses import dataclass, field
from pathlib import Path

from support.worlds import Fed, base, decision_id, lead

from eventstore.deal_commands import DealCommands
from eventstore.domain.matching import Matching
from eventstore.domain.pipeline import SALES, Pipeline
from eventstore.domain.routing import Routing, RoutingRule, When
from eventstore.orders import CommandRefused, Orders, order
from eventstore.queries import Cards

SERVICE = Pipeline(id="service")
ROUTING = Routing(rules=(RoutingRule("repairs", When(utm_source="repair"), "service"),))
_START = 1_700_000_000
_HOUR = 3600
_TOLD_APART = ("version", "recorded_at", "because")
"""Of an entry of a timeline, what differs where something was decided and taken back."""
_BY_LINKS = frozenset({"joined", "separated", "withdrawn", "restored", "repeat"})
"""What a link did to a deal, and what took it back."""


@dataclass
class Both:
    """The run with merges, and beside it the run that never merged."""

    merged: Fed
    never: Fed
    chance: random.Random
    most_in_force: int
    persons: int
    clock: int = _START
    number: int = 0
    told: int = 0
    in_force: list[bytes] = field(default_factory=list)
    open_deals: list[bytes] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def new(cls, folder: Path, *, persons: int, seed: int, most_in_force: int) -> "Both":
        merged, never = (
            Fed(
                base(folder / f"{name}.db", Matching(), pipelines=(SALES, SERVICE), routing=ROUTING)
            )
            for name in ("merged", "never")
        )
        both = cls(merged, never, random.Random(seed), most_in_force, persons)
        both.lead_from(*range(persons))
        return both

    def lead_from(self, *persons: int) -> None:
        """A lead of each of these persons, to both."""
        leads = []
        for person in persons:
            self.number += 1
            self.clock += self.chance.choice((60, _HOUR, 24 * _HOUR))
            identities = [("phone", f"+79{person:09d}", "attested")]
            if self.chance.random() < 0.3:
                identities.append(("email", f"{person}@x.ru", "claimed"))
            leads.append(
                lead(
                    self.number,
                    *identities,
                    at=self.clock,
                    kind=self.chance.choice(("form", "message", "call")),
                    direction=self.chance.choice(("in", "in", "in", "out")),
                    thread=self.chance.choice(("", f"t{person}")),
                    amount=self.chance.choice(("", "", "990", "1490")),
                    source=self.chance.choice(("", "", "repair")),
                )
            )
        for fed in (self.merged, self.never):
            fed.feed(*leads)

    def step(self) -> None:
        what = self.chance.choices(
            ("merge", "lead", "move", "own", "undo"), weights=(30, 25, 10, 10, 25)
        )[0]
        if what == "undo" and len(self.in_force) < self.most_in_force / 2:
            what = "merge"
        if what == "merge" and len(self.in_force) >= self.most_in_force:
            what = "undo"
        self.counts[what] = self.counts.get(what, 0) + 1
        getattr(self, what)()

    def merge(self) -> None:
        a, b = self.chance.sample(range(self.persons), 2)
        leaves = [self.merged.base.keyring.leaf("phone", f"+79{one:09d}") for one in (a, b)]
        decided = self.merged.commands.merge(*leaves, self._by())
        self.in_force.append(decided.decision)

    def undo(self) -> None:
        place = self.chance.randrange(len(self.in_force))
        self.in_force[place], self.in_force[-1] = self.in_force[-1], self.in_force[place]
        self.merged.commands.undo(self.in_force.pop(), self._by())

    def lead(self) -> None:
        self.lead_from(self.chance.randrange(self.persons))

    def move(self) -> None:
        stage = self.chance.choice(("contact", "measure", "offer", "won", "lost"))

        def command(deals: DealCommands, deal: bytes, by: Orders) -> None:
            if stage in {"won", "lost"}:
                deals.close(deal, stage, by, reason="price" if stage == "lost" else "")
            else:
                deals.enter(deal, stage, by)

        self._to_both(command)

    def own(self) -> None:
        owner = self.chance.choice(("anna", "boris", "vera"))
        self._to_both(lambda deals, deal, by: deals.own(deal, owner, by))

    def undo_all(self) -> None:
        while self.in_force:
            self.undo()

    def views(self) -> tuple[dict, dict]:
        """Every card of both, by id, field by field but for what tells of decisions."""
        return _views(self.merged), _views(self.never)

    def close(self) -> None:
        for fed in (self.merged, self.never):
            fed.base.recorder.close()

    def _to_both(self, command) -> None:
        """A command on a deal of one person, where both runs have the deal open."""
        deal = self._common_deal()
        by = self._by()
        if deal is None:
            return
        for fed in (self.merged, self.never):
            try:
                command(DealCommands(fed.base), deal, by)
            except CommandRefused as error:
                raise AssertionError("a command was accepted by one run only") from error

    def _common_deal(self) -> bytes | None:
        """An open deal that is the same in both runs."""
        leaf = self.merged.base.keyring.leaf(
            "phone", f"+79{self.chance.randrange(self.persons):09d}"
        )
        never, merged = ({d.id: d for d in _deals(fed, leaf)} for fed in (self.never, self.merged))
        alike = sorted(
            deal
            for deal in never.keys() & merged.keys()
            if never[deal].status == merged[deal].status == "open"
        )
        return self.chance.choice(alike) if alike else None

    def _by(self) -> Orders:
        self.told += 1
        return order("anna", command=decision_id(self.told), at=1000 * self.clock)


def _deals(fed: Fed, leaf: bytes):
    work = fed.base.work()
    return work.deals.all(work.known_card(leaf).person)


def _views(fed: Fed) -> dict:
    shown = Cards(fed.base).all()
    cards = {card["id"]: card for card in shown}
    for name, card in cards.items():
        card["timeline"] = _timeline(Cards(fed.base).show(name)["timeline"])
        card["deals"].sort(key=lambda deal: deal["id"])
        card["rows"] = {deal.id: deal for deal in _deals(fed, bytes.fromhex(name.replace("-", "")))}
        for deal in card["rows"].values():
            deal.threads = sorted(deal.threads)
    return cards


def _timeline(entries: list[dict]) -> list[dict]:
    """Without what links did and undid, and without deals that only a link had opened."""
    withdrawn = {
        e["deal"]: e["what"] for e in entries if e.get("what") in {"withdrawn", "restored"}
    }
    gone = {deal for deal, what in withdrawn.items() if what == "withdrawn"}
    kept = [
        {name: value for name, value in entry.items() if name not in _TOLD_APART}
        for entry in entries
        if entry["type"] != "decision"
        and entry.get("what") not in _BY_LINKS
        and not (entry["type"] == "deal" and entry["deal"] in gone)
    ]
    return sorted(kept, key=repr)
