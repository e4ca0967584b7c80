"""What operators do is possible in the pipeline, follows from the seed, and differs by channel."""

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from eventstore.domain.pipeline import Pipeline
from leadlog.demo import words
from leadlog.demo.board import BoardDeal
from leadlog.demo.operators import Move, is_made, plan
from leadlog.demo.workshop import PIPELINE

SALES = msgspec.convert(PIPELINE, Pipeline)


def deal(
    number: int = 1, *, channel: str = "webform", campaign: str = "", text: str = ""
) -> BoardDeal:
    return BoardDeal(
        id=f"deal-{number}",
        channel=channel,
        kind="form",
        campaign=campaign,
        opened_at=0,
        recorded_at=0,
        text=text,
    )


def plans(count: int = 500, **labels: str) -> list[list[Move]]:
    return [plan(deal(number, **labels), 1)[1] for number in range(count)]


def share(moves_of: list[list[Move]], holds: Callable[[Move], bool]) -> float:
    return sum(any(holds(move) for move in moves) for moves in moves_of) / len(moves_of)


def won(**labels: str) -> float:
    return share(plans(3000, **labels), lambda move: move.action == "won")


def test_a_plan_follows_from_seed_and_deal() -> None:
    assert plan(deal(5), 1) == plan(deal(5), 1)
    assert any(plan(deal(n), 1) != plan(deal(n), 2) for n in range(10))


def test_spam_is_declined_as_spam() -> None:
    for moves in plans(50, text=words.SPAM):
        (move,) = moves
        assert (move.action, move.given) == ("decline", {"reason": "spam"})


def test_moves_come_one_after_the_other() -> None:
    for moves in plans():
        times = [move.after for move in moves]
        assert times == sorted(times)
        assert all(after >= timedelta(0) for after in times)


def test_the_stages_are_the_pipelines_in_its_order() -> None:
    stages = [stage.id for stage in SALES.stages]
    for moves in plans():
        places = [stages.index(move.given["stage"]) for move in moves if move.action == "stage"]
        assert places == sorted(set(places))


def test_what_a_stage_requires_is_given() -> None:
    required = {stage.id: set(stage.required) for stage in SALES.stages}
    for moves in plans():
        for move in moves:
            if move.action == "stage":
                assert required[move.given["stage"]] <= set(move.given)


def test_reasons_are_the_pipelines() -> None:
    reasons = {
        move.given["reason"] for moves in plans() for move in moves if "reason" in move.given
    }
    assert reasons <= set(SALES.lost_reasons)
    assert {"price", "no answer", "terms"} <= reasons


def test_a_deal_ends_once_and_nothing_follows() -> None:
    for moves in plans():
        ends = [n for n, move in enumerate(moves) if move.action in ("won", "lost", "decline")]
        assert ends in ([], [len(moves) - 1])


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"channel": "zadarma"}, {"channel": "avito"}),
        ({"campaign": "kitchens_search"}, {"campaign": "wardrobes_feed"}),
    ],
)
def test_some_sell_better_than_others(better: dict[str, str], worse: dict[str, str]) -> None:
    assert won(**better) > 1.5 * won(**worse) > 0


def test_a_demo_that_goes_on_makes_only_the_moves_that_are_left() -> None:
    moves = next(moves for moves in plans() if moves[-1].action == "won")
    found = deal()
    assert not any(is_made(found, move) for move in moves)
    found.stage = "offer"
    assert [is_made(found, move) for move in moves] == [True, True, True, False, False]
    found.status = "lost"
    assert all(is_made(found, move) for move in moves)
