"""The same command twice is one effect, of a touch that was put apart too (SEMANTICS 3.7)."""

from uuid import UUID

import pytest
from support.desks import claimed, feed, lead, lead_id, opened

from leadlog.control import OperationFailed
from leadlog.operations import run

ANNA = "phone:+79120000001"


@pytest.fixture
def system(tmp_path):
    """One deal of two touches."""
    with opened(tmp_path) as system:
        feed(system, lead(1, claimed(ANNA)), lead(2, claimed(ANNA), hour=10))
        yield system


def split(system, number: int):
    (card,) = run(system, "card.show", {"id": ANNA})
    deal = min(card["deals"], key=lambda deal: deal["repeat_of"] or "")["id"]
    command = str(UUID(int=number))
    return list(run(system, "deal.split", {"id": deal, "lead": lead_id(2), "command": command}))


def test_a_touch_put_apart_by_the_same_command_again_is_answered_as_before(system):
    assert split(system, 1) == split(system, 1)
    (card,) = run(system, "card.show", {"id": ANNA})
    assert [len(deal["leads"]) for deal in card["deals"]] == [1, 1]


def test_another_command_finds_that_the_touch_is_no_longer_of_that_deal(system):
    split(system, 1)
    with pytest.raises(OperationFailed, match="is no touch of deal"):
        split(system, 2)
