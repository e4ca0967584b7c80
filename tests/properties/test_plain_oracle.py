"""Persons are those of a second telling of SEMANTICS 2.2 to 2.4, whatever is sent and decided.

Seeded worlds, so that a failure names the world that shows it: the last line of the assertion is
what was done last, and `PlainWorld(path, seed)` with as many steps does it again.
"""

from itertools import combinations

import pytest
from support.plain_worlds import PlainWorld
from support.tries import tries
from support.worlds import check_appearances

STEPS = 35


@pytest.mark.parametrize("seed", range(tries(12)))
def test_the_store_agrees_with_the_plain_oracle_after_every_step(tmp_path, seed):
    world = PlainWorld(tmp_path / "events.db", seed)
    for number in range(STEPS):
        world.step()
        expected, stored = world.expected(), world.stored()
        assert stored == expected, f"world {seed}, step {number}: {world.told[-1]}"
        check_appearances(world.base, {one.lead for one in world.said})
    world.base.recorder.close()


def test_the_worlds_hold_every_kind_of_decision_and_undo_undone(tmp_path):
    kinds, undone_undos = set(), 0
    for seed in range(4):
        world = PlainWorld(tmp_path / f"{seed}.db", seed)
        for _ in range(STEPS):
            world.step()
        kinds |= {decision.kind for decision in world.decisions}
        undone_undos += sum(
            world.decisions[one.of].kind == "undo" for one in world.decisions if one.kind == "undo"
        )
        world.base.recorder.close()
    assert kinds == {"merge", "veto", "mark", "withdraw", "undo"}
    assert undone_undos


def joined(links: dict, a: str, b: str, without: set[str]) -> bool:
    """Whether the links that have a fact left join the two."""
    reached = {a}
    while True:
        more = {
            card
            for pair, facts in links.items()
            if facts - without and not reached.isdisjoint(pair)
            for card in pair
        } - reached
        if not more:
            return b in reached
        reached |= more


def check_explanation(world: PlainWorld, a: str, b: str) -> None:
    """2.4.12: the facts part the two, none of them is too many, and no fewer would do."""
    links = world.standing()
    chain, facts = world.explained(a, b)
    assert all((min(pair), max(pair)) in links for pair in chain)
    assert not joined(links, a, b, facts), "they would still be joined"
    assert all(joined(links, a, b, facts - {fact}) for fact in facts), "one is too many"
    group = next(group for group in world.expected().persons if a in group)
    concerned = sorted({f for pair, found in links.items() if pair[0] in group for f in found})
    if len(concerned) <= 12:
        for fewer in combinations(concerned, len(facts) - 1):
            assert joined(links, a, b, set(fewer)), f"{fewer} would do"


@pytest.mark.parametrize("seed", range(100, 100 + tries(6)))
def test_an_explanation_names_a_smallest_set_of_facts_that_parts_the_two(tmp_path, seed):
    world = PlainWorld(tmp_path / "events.db", seed)
    for _ in range(STEPS):
        world.step()
        persons = [sorted(group) for group in world.expected().persons if len(group) > 1]
        if persons:
            check_explanation(world, *world.rng.sample(world.rng.choice(persons), 2))
    world.base.recorder.close()
