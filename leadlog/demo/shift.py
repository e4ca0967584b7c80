"""The operators at work: each planned move becomes a command to the running server."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import Any
from uuid import UUID, uuid5

import httpx

from leadlog import control
from leadlog.control import Address, OperationFailed
from leadlog.demo.board import Board, BoardDeal
from leadlog.demo.chance import chance
from leadlog.demo.clock import StoryClock
from leadlog.demo.operators import Move, is_made, plan
from leadlog.demo.traffic import PAST

_LOOK_S = 0.2
_COMMANDS = UUID("6f9d0f0e-6f2c-4f0c-9d5e-5b1d0a7c2f11")
"""Namespace of command ids: a move that is sent again is the same command."""


@dataclass(frozen=True, slots=True)
class _Due:
    """A move and when it is to be made, by the story; `told` as its time where that is known."""

    deal: BoardDeal
    actor: str
    move: Move
    told: datetime | None


class Shift:
    """One thread's work. `made` and `refused` count commands."""

    def __init__(
        self,
        board: Board,
        clock: StoryClock,
        *,
        seed: int,
        address: Address,
        past_until: Callable[[], datetime | None],
    ) -> None:
        self.made = 0
        self.refused = 0
        self._board = board
        self._clock = clock
        self._seed = seed
        self._address = address
        self._past_until = past_until
        self._number = 0
        self._due: list[tuple[datetime, int, _Due]] = []
        self._dropped: set[str] = set()

    def run(self, stop: threading.Event) -> None:
        """Look at the board, do what is due, until `stop`."""
        with control.new_client() as client:
            while not stop.is_set():
                for deal in self._board.follow():
                    self._take(deal)
                while self._is_due() and not stop.is_set():
                    self._make(heappop(self._due)[2], client)
                stop.wait(_LOOK_S)

    def _take(self, deal: BoardDeal) -> None:
        begins = self._begins(deal)
        operator, moves = plan(deal, self._seed)
        for move in moves:
            if is_made(deal, move):
                continue
            story = begins + move.after
            known = story <= self._clock.began and story >= _moment(deal.opened_at)
            due = _Due(deal, operator.name, move, story if known else None)
            self._number += 1
            heappush(self._due, (story, self._number, due))

    def _begins(self, deal: BoardDeal) -> datetime:
        """When the deal came, by the story.

        A form of the past tells no time, so it happened when it was received: some day is drawn
        for it, or else all forms would still be unsorted while calls of that week are contracts.
        """
        opened, until = _moment(deal.opened_at), self._past_until()
        is_past = until is None or _moment(deal.recorded_at) <= until
        if opened > self._clock.began and is_past:
            ago = chance(self._seed, "form", deal.id).uniform(0, PAST / timedelta(days=1))
            return self._clock.began - timedelta(days=ago)
        return self._clock.story(opened)

    def _is_due(self) -> bool:
        return bool(self._due) and self._due[0][0] <= self._clock.story(datetime.now(UTC))

    def _make(self, due: _Due, client: httpx.Client) -> None:
        deal, move = due.deal, due.move
        if deal.id in self._dropped:
            return
        arguments: dict[str, Any] = {
            "id": deal.id,
            "action": move.action,
            "actor": due.actor,
            "command": str(uuid5(_COMMANDS, f"{deal.id}/{move.action}/{move.given.get('stage')}")),
            **move.given,
        }
        if due.told is not None:
            arguments["at"] = int(due.told.timestamp() * 1000)
        try:
            list(control.ask(self._address, "deal.command", arguments, client=client))
        except OperationFailed as error:
            if isinstance(error.__cause__, httpx.HTTPError):
                raise
            self.refused += 1  # joined into another, or closed: its customer's other deal goes on
            self._dropped.add(deal.id)
        else:
            self.made += 1


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
