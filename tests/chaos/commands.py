"""What a person decides at a desk that dies, and says again until there is an answer."""

from collections.abc import Iterator
from itertools import combinations
from uuid import UUID

import httpx
from chaos.stage import Stage

from leadlog.operations import run


class Desk:
    """One process of the role, by name, and pairs of persons of whom nobody has decided yet."""

    def __init__(self, stage: Stage, name: str) -> None:
        self._stage = stage
        self._name = name
        cards = [card["id"] for card in run(stage.system, "card.list", {"with_leads": True})]
        self._pairs: Iterator[tuple[str, str]] = combinations(cards, 2)

    def killed_at(self, point: str) -> None:
        """A merge and its undo, the desk killed in each; each has been done once."""
        a, b = next(self._pairs)
        merge = self._decide(point, "merge", {"a": a, "b": b})
        self._decide(point, "undo", {"decision": merge})

    def _decide(self, point: str, command: str, body: dict[str, str]) -> str:
        """The decision's id."""
        desk = self._stage[self._name]
        desk.stop()
        self._stage.start_to_die(self._name, point)
        desk.wait_until_ready()
        key = f"{command} {point}"
        assert self._post(command, body, key) is None, f"void: an answer in spite of {point}"
        self._stage.died_at(self._name, point)
        self._stage.cluster.start_again(self._name)
        desk.wait_until_ready()
        answers = [self._post(command, body, key) for _ in range(2)]
        first, again = (answer["decision"] for answer in answers if answer)
        assert first == again, "I3: the same command is another decision"
        stream = UUID(first).bytes
        made = [r for r in self._stage.system.base.recorder.read(0, 10**6) if r.stream == stream]
        assert len(made) == 1, f"I1, I3: the {command} was done {len(made)} times"
        return str(first)

    def _post(self, command: str, body: dict[str, str], key: str) -> dict[str, str] | None:
        """The answer; None where the connection broke before it came."""
        url = f"{self._stage[self._name].url}/api/v1/cards/{command}"
        headers = {"Idempotency-Key": key}
        try:
            answer = httpx.post(url, json=body, headers=headers, trust_env=False, timeout=60)
        except httpx.TransportError:
            return None
        assert answer.status_code == 200, answer.text
        found: dict[str, str] = answer.json()
        return found
