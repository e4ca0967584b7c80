"""Random worlds that are told by operations alone, as the command line and the API give them."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from support.desks import feed, lead, lead_id

from leadlog.control import OperationFailed
from leadlog.operations import run
from leadlog.ownership import owned
from leadlog.settings import load

VALUES = {
    "phone": [f"+7916100000{n}" for n in range(4)],
    "email": [f"{name}@x.ru" for name in "abcd"],
    "telegram": ["901", "902"],
    "visitor": ["v1"],
}
LISTS = ("[]", '["phone:+79161000000"]', '["email:a@*"]')


@dataclass
class TalkedWorld:
    """A data directory, opened anew for each version of the matching rules."""

    folder: Path
    seed: int
    version: int = 0
    sent: int = 0
    decisions: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)
        self._opened: Any = None
        self.configure()

    def configure(self) -> None:
        self.close()
        self.version += 1
        limit, listed = self.rng.choice([1, 2, 3]), self.rng.choice(LISTS)
        file = self.folder / "leadlog.toml"
        file.write_text(
            f'data = "{self.folder / "data"}"\n[matching]\nversion = {self.version}\n'
            f"limits = {{ default = {limit}, visitor = 1 }}\nshared = {listed}\n"
        )
        self._opened = owned(load(file, environ={}))
        self.system = self._opened.__enter__()
        if self.version > 1:
            self.ask("card.rematch")

    def close(self) -> None:
        if self._opened is not None:
            self._opened.__exit__(None, None, None)

    def ask(self, name: str, **given: Any) -> Any:
        """The one object that an operation gives; None where it is refused."""
        try:
            (told,) = run(self.system, name, given)
        except OperationFailed:
            return None
        return told

    def cards(self) -> list[Any]:
        return list(run(self.system, "card.list", {"all": True}))

    def step(self) -> None:
        """Do something at random."""
        deeds = [
            (self.send, 10), (self.on_two, 3), (self.on_one, 3), (self.undo, 3), (self.sell, 4),
            (self.configure, 1), (self.come_back, 3), (self.answer, 2),
        ]  # fmt: skip
        (deed,) = self.rng.choices([d for d, _ in deeds], [w for _, w in deeds])
        deed()

    def send(self) -> None:
        rng = self.rng
        found = {}
        for _ in range(rng.choice([0, 1, 2, 2, 3])):
            kind = rng.choice(["phone", "phone", "email", "email", "telegram", "visitor"])
            proof = "claimed" if kind == "visitor" else rng.choice(["attested", "claimed"])
            found[kind, rng.choice(VALUES[kind])] = proof
        number = rng.randrange(10)
        told = json.loads(
            lead(
                number,
                *((kind, value, proof) for (kind, value), proof in found.items()),
                hour=rng.randrange(24),
                kind=rng.choice(["form", "message", "call"]),
                direction=rng.choice(["in", "in", "out"]),
                order={"amount": rng.choice(["100", "250"]), "currency": "EUR"},
            )
        )
        if rng.random() < 0.3:
            told |= {"event_id": lead_id(100 + number), "amends": True}
        feed(self.system, json.dumps(told))

    def on_two(self) -> None:
        leaves = [leaf["id"] for card in self.cards() for leaf in card["leaves"]]
        if len(leaves) > 1:
            a, b = self.rng.sample(leaves, 2)
            self._decide(self.rng.choice(["card.merge", "card.unmerge"]), id=a, other=b)

    def on_one(self) -> None:
        leaves = [leaf["id"] for card in self.cards() for leaf in card["leaves"]]
        if leaves and self.rng.random() < 0.3:
            self._decide("card.withdraw", identity=self.rng.choice(leaves))
        elif leaves:
            self._decide("card.mark", id=self.rng.choice(leaves), shared=self.rng.random() < 0.6)

    def undo(self) -> None:
        if self.decisions:
            self._decide("card.undo", decision=self.rng.choice(self.decisions))

    def sell(self) -> None:
        deals = [deal["id"] for card in self.cards() for deal in card["deals"]]
        if deals:
            action = self.rng.choice(["accept", "stage", "won", "lost", "decline", "reopen"])
            given = {"stage": "contact", "reason": "price"}
            if action == "won":
                given["amount"] = "777"
            self.ask("deal.command", action=action, id=self.rng.choice(deals), **given)

    def come_back(self) -> None:
        """Whoever opened a deal that was won or lost writes again, or we do."""
        ended = [
            (card, deal)
            for card in self.cards()
            for deal in card["deals"]
            if deal["status"] in ("won", "lost")
        ]
        if ended:
            card, _ = self.rng.choice(ended)
            found = [(leaf["kind"], leaf["value"], "claimed") for leaf in card["leaves"]]
            who = [one for one in found if one[0] != "lead"][:1]
            way = self.rng.choice(["in", "in", "in", "out"])
            self.sent += 1
            feed(self.system, lead(200 + self.sent, *who, kind="message", direction=way))

    def answer(self) -> None:
        """Leave what came to an ended deal there, or open a new one."""
        waiting = [d["id"] for card in self.cards() for d in card["deals"] if "returned" in d]
        if waiting:
            name = self.rng.choice(["deal.anew", "deal.leave"])
            self._decide(name, id=self.rng.choice(waiting))

    def _decide(self, name: str, **given: Any) -> None:
        if told := self.ask(name, **given):
            self.decisions.append(told["decision"])
