"""Persons are those of a second telling of SEMANTICS 2.2 to 2.4, whatever is sent and decided.

Seeded worlds, so that a failure names the world that shows it: the last line of the assertion is
what was done last, and `PlainWorld(path, seed)` with as many steps does it again.
"""

import pytest
from support.plain_worlds import PlainWorld

STEPS = 35


@pytest.mark.parametrize("seed", range(24))
def test_the_store_agrees_with_the_plain_oracle_after_every_step(tmp_path, seed):
    world = PlainWorld(tmp_path / "events.db", seed)
    for number in range(STEPS):
        world.step()
        expected, stored = world.expected(), world.stored()
        assert stored == expected, f"world {seed}, step {number}: {world.told[-1]}"
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
