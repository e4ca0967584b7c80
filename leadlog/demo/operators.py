"""What operators make of a deal: whether it sells, at which pace, and where it ends.

Pure: the moves of a deal follow from the seed and the deal. Rates differ by channel, by campaign
and by operator, so that the reports of a demo have something to show.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Literal

from leadlog.demo import words
from leadlog.demo.board import BoardDeal
from leadlog.demo.chance import between, chance, weighted
from leadlog.demo.workshop import GOODS, SELLS

Action = Literal["accept", "decline", "stage", "won", "lost"]


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody at the desk: how well they sell, and how long they let people wait."""

    name: str
    sells: float
    answers_within: timedelta


OPERATORS = (
    Operator("anna", 1.15, timedelta(minutes=12)),
    Operator("boris", 0.9, timedelta(minutes=70)),
    Operator("vera", 1.05, timedelta(minutes=25)),
    Operator("gleb", 0.8, timedelta(hours=4)),
)

_SELLS_BY_CHANNEL = {
    "zadarma": 1.3,  # who asks for the way to the showroom has made up their mind
    "mango": 1.1,
    "telegram": 1.1,
    "whatsapp": 1.05,
    "tilda": 1.0,
    "webform": 0.95,
    "marquiz": 0.75,
    "vk": 0.7,
    "max": 0.7,
    "avito": 0.5,
}


@dataclass(frozen=True, slots=True)
class _Stage:
    """A step of selling: how many get there of those at the step before, and how long it takes."""

    id: str
    reached: float
    least: timedelta
    most: timedelta


_STAGES = (
    _Stage("measure", 0.66, timedelta(hours=6), timedelta(days=3)),
    _Stage("offer", 0.78, timedelta(hours=8), timedelta(days=3)),
    _Stage("contract", 0.62, timedelta(hours=12), timedelta(days=4)),
    _Stage("won", 0.86, timedelta(hours=12), timedelta(days=5)),
)
_ACCEPTED = "contact"
_PLACES = {
    id_: place for place, id_ in enumerate(("unsorted", _ACCEPTED, *(s.id for s in _STAGES)))
}
_LOST_BECAUSE = ((5, "price"), (3, "no answer"), (2, "terms"))
_LEFT_LYING = 0.04
_DECLINED = 0.05
_LONGEST_SULK = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class Move:
    """One command on a deal, `after` the deal was opened, by the clock of the story."""

    action: Action
    after: timedelta
    given: dict[str, str] = field(default_factory=dict)


def plan(deal: BoardDeal, seed: int) -> tuple[Operator, list[Move]]:
    """Who takes the deal, and every move that they will make unless something comes between."""
    rng = chance(seed, deal.id)
    operator = rng.choice(OPERATORS)
    return operator, list(_moves(deal, operator, rng))


def is_made(deal: BoardDeal, move: Move) -> bool:
    """Whether the deal is past this move, made before the demo was stopped."""
    if deal.status != "open":
        return True
    if move.action not in ("accept", "stage"):
        return False
    return _PLACES[deal.stage] >= _PLACES[move.given.get("stage", _ACCEPTED)]


def _moves(deal: BoardDeal, operator: Operator, rng: Random) -> Iterator[Move]:
    after = operator.answers_within * rng.expovariate(1)
    if deal.text == words.SPAM:
        yield Move("decline", after, {"reason": "spam"})
        return
    fate = rng.random()
    if fate < _LEFT_LYING:
        return
    if fate < _LEFT_LYING + _DECLINED:
        yield Move("decline", after, {"reason": "no answer"})
        return
    yield Move("accept", after)
    yield from _sale(rng, after, _sells(deal, operator))


def _sells(deal: BoardDeal, operator: Operator) -> float:
    by_channel = _SELLS_BY_CHANNEL.get(deal.channel, 1.0)
    return by_channel * SELLS.get(deal.campaign, 1.0) * operator.sells


def _sale(rng: Random, after: timedelta, sells: float) -> Iterator[Move]:
    good = rng.choice(GOODS)
    amount = str(rng.randrange(good.least, good.most, 500))
    for stage in _STAGES:
        if rng.random() > stage.reached * sells:
            after += between(rng, stage.least, stage.most + _LONGEST_SULK)
            yield Move("lost", after, {"reason": weighted(rng, _LOST_BECAUSE)})
            return
        after += between(rng, stage.least, stage.most)
        if stage.id == "won":
            yield Move("won", after, {"amount": amount})
        else:
            amounts = {"amount": amount} if stage.id == "contract" else {}
            yield Move("stage", after, {"stage": stage.id, **amounts})
