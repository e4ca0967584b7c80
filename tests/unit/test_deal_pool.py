"""A touch finds among the deals within its reach what it would find among all of its person."""

import random

import pytest

from eventstore.deal_pool import DealPool
from eventstore.domain.deals import Deal, Touch, note_touch, place
from eventstore.domain.pipeline import SALES

DAY = 86_400_000


def touch(chance: random.Random, number: int) -> Touch:
    return Touch(
        lead=number.to_bytes(16, "big"),
        occurred_at=chance.randrange(90) * DAY,
        kind=chance.choice(("form", "message", "call")),
        direction=chance.choice(("in", "out")),
        pipeline="sales",
        thread=chance.choice((b"", b"t1", b"t2", b"t3")),
        on_shared=chance.random() < 0.7,
    )


def deal(chance: random.Random, number: int) -> Deal:
    return Deal(
        id=chance.randbytes(16),
        lead=number.to_bytes(16, "big"),
        pipeline=chance.choice(("sales", "sales", "rent")),
        status=chance.choice(("open", "open", "won", "lost", "declined")),
        activity=chance.randrange(90) * DAY,
        closed_at=chance.randrange(90) * DAY,
        threads=chance.sample((b"t1", b"t2", b"t3"), chance.randrange(3)),
    )


@pytest.mark.parametrize("seed", range(30))
def test_what_is_within_reach_decides_as_all_would(seed):
    chance = random.Random(seed)
    every = [deal(chance, number) for number in range(12)]
    pool = DealPool(every)
    for number in range(100, 160):
        coming = touch(chance, number)
        expected = place(coming, every, SALES)
        placement = place(coming, pool.within_reach(coming), SALES)
        assert placement == expected
        if placement.joined:
            note_touch(placement.joined, coming)
            pool.noted(placement.joined)
        else:
            every.append(deal(chance, number))
            pool.add(every[-1])
        if chance.random() < 0.1:
            pool = pool.without(every.pop(chance.randrange(len(every))))
