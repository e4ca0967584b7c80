"""A lead without identity has one leaf card for ever, whatever is told of it later."""

from uuid import NAMESPACE_URL, uuid5

import pytest
from support.worlds import Fed, base, lead

from eventstore.orders import order
from eventstore.touches import bytes_of, own_leaf

EARLIER = 1_600_000_000


@pytest.fixture
def fed(tmp_path):
    fed = Fed(base(tmp_path / "events.db"))
    yield fed
    fed.base.recorder.close()


def by(command, at):
    return order("anna", command=str(uuid5(NAMESPACE_URL, command)), at=at)


def card_of(fed, number):
    leaf = own_leaf(bytes_of(lead(number).lead_id))
    return leaf, fed.base.recorder.cards([leaf])[leaf][1]


def test_a_delivery_that_moves_its_time_does_not_open_its_card_anew(fed):
    fed.feed(lead(1))
    fed.feed(lead(1, delivery=1, at=EARLIER))
    _, card = card_of(fed, 1)
    assert card.opened_version == 1


def test_its_person_keeps_its_name_and_a_merge_can_be_undone(fed):
    fed.feed(lead(1), lead(2))
    one, other = card_of(fed, 1)[0], card_of(fed, 2)[0]
    merged = fed.commands.merge(one, other, by("merge", 1))
    fed.feed(lead(1, delivery=1, at=EARLIER))
    assert {card_of(fed, 1)[1].person, card_of(fed, 2)[1].person} == {one}
    fed.commands.undo(merged.decision, by("undo", 2))
    assert (card_of(fed, 1)[1].person, card_of(fed, 2)[1].person) == (one, other)
