"""What a decision is told to change is what it changes, and telling it changes nothing (2.3.9).

In the worlds of the plain oracle, each decision is looked at first (`--dry-run`).
"""

import pytest
from support.plain_worlds import PlainWorld
from support.tries import tries

from eventstore.card_commands import CardCommands
from eventstore.orders import CommandRefused
from eventstore.touches import bytes_of

STEPS = 35


class Previewed:
    """Commands of which each is looked at before it is carried out."""

    def __init__(self, world: "PreviewedWorld"):
        self.world = world

    def __getattr__(self, name):
        decide = getattr(CardCommands(self.world.base), name)

        def looked_at_first(*given):
            before = self.world.everything()
            told = answered(decide, *given, dry_run=True)
            assert self.world.everything() == before, f"looking at a {name} changed something"
            made = answered(decide, *given)
            assert str(made) == str(told), f"a {name} did something else than it had told"
            self.world.looks.append(made)
            if isinstance(made, CommandRefused):
                raise made
            assert made.changed.persons == differing(before[-2], self.world.stored()), name
            moved = before[-1].items() - self.world.belonging().items()
            assert made.changed.leads == len(moved), name
            return made

        return looked_at_first


def differing(before, after) -> int:
    """Persons who gained or lost a leaf card, those who are new or gone among them."""
    known, found = (
        {head: group for group, head in told.named_after.items()} for told in (before, after)
    )
    return sum(known.get(head) != found.get(head) for head in known.keys() | found.keys())


def answered(decide, *given, **how):
    """What is answered, be it a refusal."""
    try:
        return decide(*given, **how)
    except CommandRefused as refused:
        return refused


class PreviewedWorld(PlainWorld):
    def __post_init__(self):
        super().__post_init__()
        self.looks = []

    @property
    def commands(self):
        return Previewed(self)

    def everything(self):
        recorder = self.base.recorder
        return recorder.last_position(), recorder.pending(), self.stored(), self.belonging()

    def belonging(self):
        """Lead → where it stands, its person, and its deal."""
        work = self.base.work()
        work.load_leads([bytes_of(one.lead) for one in self.said])
        leads = work.leads.values()
        cards = self.base.recorder.cards([state.leaf for state in leads])
        return {one.id: (one.leaf, cards[one.leaf][1].person, one.deal) for one in leads}


@pytest.mark.parametrize("seed", range(200, 200 + tries(4)))
def test_a_decision_does_what_it_was_told_to_do_and_looking_changes_nothing(tmp_path, seed):
    world = PreviewedWorld(tmp_path / "events.db", seed)
    for _ in range(STEPS):
        world.step()
    made = [answer for answer in world.looks if not isinstance(answer, CommandRefused)]
    assert any(answer.changed.persons for answer in made)
    world.base.recorder.close()
