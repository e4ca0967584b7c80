"""What operations tell of cards holds, whatever was sent and decided: then, and of two apart."""

from itertools import combinations

import pytest
from support.talked_worlds import TalkedWorld

STEPS = 24
MOST = 1


@pytest.fixture(params=[26, 31])
def world(tmp_path, request):
    started = TalkedWorld(tmp_path, request.param)
    yield started
    started.close()


def shown(world, card, **more):
    """Without what names the reading itself."""
    told = world.ask("card.show", id=card, all=True, **more)
    return {name: value for name, value in told.items() if name not in ("version", "as_of")}


def pages(world, card, **more):
    """Every page of its timeline, each of one touch."""
    found = [shown(world, card, most=MOST, **more)]
    while older := found[-1]["older"]:
        found.append(shown(world, card, most=MOST, before=older["before"], **more))
    return found


def test_a_card_at_a_position_is_for_ever_what_it_was_then(world):
    then = []
    for number in range(STEPS):
        world.step()
        if number % 4 == 0:
            position = str(world.system.base.recorder.last_position())
            then += [
                (position, card["id"], [shown(world, card["id"]), *pages(world, card["id"])])
                for card in world.cards()
            ]
    assert len(then) > STEPS / 2
    assert max(len(told) for _, _, told in then) > 2
    for position, card, told in then:
        again = [shown(world, card, at=position), *pages(world, card, at=position)]
        assert again == told, f"position {position}"


def brought_together(world):
    """Every two leaf cards whose identities came in one lead."""
    leaf_of, found = {}, set()
    for card in world.cards():
        leaf_of |= {(leaf["kind"], leaf["value"]): leaf["id"] for leaf in card["leaves"]}
    for card in world.cards():
        for entry in shown(world, card["id"])["timeline"]:
            came = [(one["kind"], one["value"]) for one in entry.get("identities", ())]
            found |= {frozenset(pair) for pair in combinations([leaf_of[c] for c in came], 2)}
    return found


def test_two_apart_are_told_why_and_two_together_by_what(world):
    for _ in range(STEPS):
        world.step()
    persons = {leaf["id"]: card["id"] for card in world.cards() for leaf in card["leaves"]}
    together = brought_together(world)
    assert together
    for a, b in combinations(sorted(persons), 2):
        told = world.ask("card.explain", id=a, other=b)
        assert told["together"] == (persons[a] == persons[b])
        if not told["together"]:
            assert told["because"] == world.ask("card.explain", id=b, other=a)["because"]
            assert ("vetoes" in told) == (told["because"] == "veto")
            assert told["because"] != "shared" or told["shared"]
            assert ("rules" in told) == (told["because"] == "rule")
            if frozenset((a, b)) in together and not told["withdrawn"]:
                assert told["because"] != "no evidence"
