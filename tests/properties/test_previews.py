"""What a decision is told to change is what it changes, and telling it changes nothing (2.3.9).

In the worlds of the plain oracle, each decision is looked at first (`--dry-run`).
"""

import pytest
from support.plain_worlds import PlainWorld
from support.tries import tries

from eventstore.card_commands import CardCommands
from eventstore.deciding import Decided
from eventstore.domain.events import (
    DealJoined,
    DealOpened,
    DealRestored,
    DealSeparated,
    DealWithdrawn,
)
from eventstore.following import Follower
from eventstore.orders import CommandRefused
from eventstore.standing_links import standing_links
from eventstore.touches import bytes_of

STEPS, FIRST = 35, 200
WHAT = {
    DealOpened: "opened",
    DealRestored: "restored",
    DealWithdrawn: "withdrawn",
    DealSeparated: "separated",
    DealJoined: "joined",
}
CUTTING = 201
"""A world in which a veto cuts a link, and deals are joined."""


class Previewed:
    """Commands of which each is looked at before it is carried out."""

    def __init__(self, world: "PreviewedWorld"):
        self.world = world

    def __getattr__(self, name):
        decide = getattr(CardCommands(self.world.base), name)

        def looked_at_first(*given):
            before, leaves = (
                self.world.everything(),
                self.world.members(given) if name == "veto" else (),
            )
            links = self.world.links(leaves)
            told, cuts, fates = cut(answered(decide, *given, dry_run=True))
            assert self.world.everything() == before, f"looking at a {name} changed something"
            made = answered(decide, *given)
            if cuts is not None:
                assert {(c.a, c.b, c.rule) for c in cuts} == links - self.world.links(leaves)
                self.world.cut += len(cuts)
            if isinstance(made, Decided) and made.follow:  # the rest of what was told of comes now
                Follower(self.world.base).drain()
                made = made._replace(changed=told.changed, follow=0)
            assert str(made) == str(told), f"a {name} did something else than it had told"
            if fates is not None:
                self.world.hold(fates, before[0])
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


def cut(told):
    """The answer; apart from it the links that it cuts, and what becomes of deals."""
    if isinstance(told, CommandRefused):
        return told, None, None
    return told._replace(cuts=None, deals=None), told.cuts, told.deals


class PreviewedWorld(PlainWorld):
    def __post_init__(self):
        super().__post_init__()
        self.looks = []
        self.cut = 0
        self.fates = set()

    @property
    def commands(self):
        return Previewed(self)

    def hold(self, fates, after):
        """What was told of deals is what their streams tell since then, and nothing else."""
        named = {fate.deal.id: fate for fate in fates}
        recorder = self.base.recorder
        told = {
            recorded.stream: recorded.event
            for recorded in recorder.read(after, 10_000)
            if type(recorded.event) in WHAT
        }
        assert {d: WHAT[type(event)] for d, event in told.items()} == {
            deal: fate.what for deal, fate in named.items() if fate.what != "stays"
        }
        into = recorder.joined(named)
        for deal, fate in named.items():
            if fate.what == "joined":
                assert into[deal] == fate.into
                assert fate.into in named
            elif fate.what in {"stays", "separated", "restored"}:
                assert deal not in into
            self.fates.add(fate.what)

    def members(self, given):
        """The leaf cards of the persons of the two that a veto names."""
        work = self.base.work()
        named = [work.bears_on(leaf) for leaf in given[:2] if work.card(leaf)]
        return set(work.members({work.known_card(leaf).person for leaf in named}))

    def links(self, leaves):
        """The links that stand between these leaf cards."""
        work = self.base.work()
        members = work.members({work.known_card(leaf).person for leaf in leaves})
        persons = {}
        for leaf, card in members.items():
            persons.setdefault(card.person, {})[leaf] = card
        return {
            (link.a, link.b, link.rule)
            for one in persons.values()
            for link in standing_links(work, one)
        }

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


@pytest.mark.parametrize("seed", range(FIRST, FIRST + tries(4)))
def test_a_decision_does_what_it_was_told_to_do_and_looking_changes_nothing(tmp_path, seed):
    world = PreviewedWorld(tmp_path / "events.db", seed)
    for _ in range(STEPS):
        world.step()
    made = [answer for answer in world.looks if not isinstance(answer, CommandRefused)]
    assert any(answer.changed.persons for answer in made)
    assert world.cut or seed != CUTTING
    assert world.fates >= {"joined", "stays"} or seed != CUTTING
    world.base.recorder.close()
