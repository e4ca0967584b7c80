"""A deal that is withdrawn while it is joined into another, and comes back (SEMANTICS 3.4, 3.5)."""

import json

import pytest
from support.desks import claimed, feed, lead, lead_id, opened

from leadlog.demo.board import Board
from leadlog.operations import run

PHONE, ACCOUNT = "phone:+79120000001", "telegram:7"


@pytest.fixture
def system(tmp_path):
    """Of two persons who were merged, one has told the other's number from the beginning."""
    account = ("telegram", "7", "attested")
    with opened(tmp_path) as system:
        feed(system, lead(1, claimed(PHONE)), lead(2, account, hour=10))
        list(run(system, "card.merge", {"id": PHONE, "other": ACCOUNT}))
        more = json.loads(lead(2, account, claimed(PHONE), hour=10, amends=True))
        feed(system, json.dumps({**more, "event_id": lead_id(1002)}))
        yield system


def statuses(system) -> list[str]:
    (card,) = run(system, "card.show", {"id": PHONE, "all": True})
    return [deal["status"] for deal in card["deals"]]


def test_a_joined_deal_that_is_restored_is_joined_as_it_was(system):
    assert statuses(system) == ["open", "withdrawn"]
    list(run(system, "card.withdraw", {"id": PHONE, "other": ACCOUNT}))
    assert statuses(system) == ["open", "joined"]
    (card,) = run(system, "card.show", {"id": PHONE, "all": True})
    kept, joined = card["deals"]
    assert joined["into"] == kept["id"]
    (told,) = run(system, "deal.show", {"id": joined["id"]})
    assert told["status"] == "joined"


def test_a_joined_deal_that_is_restored_stands_for_itself_once_the_join_is_gone(system):
    list(run(system, "card.withdraw", {"id": PHONE, "other": ACCOUNT}))
    (card,) = run(system, "card.show", {"id": PHONE})
    (merge,) = (e for e in card["timeline"] if e.get("what") == "merge")
    list(run(system, "card.undo", {"decision": merge["decision"]}))
    assert statuses(system) == ["open"]
    (card,) = run(system, "card.show", {"id": ACCOUNT, "all": True})
    assert [deal["status"] for deal in card["deals"]] == ["open"]


def test_the_demo_counts_a_joined_deal_no_more_once_it_is_restored(system):
    board = Board(system.base.recorder)
    board.follow()
    assert board.statuses() == {"open": 1}
    list(run(system, "card.withdraw", {"id": PHONE, "other": ACCOUNT}))
    board.follow()
    assert statuses(system) == ["open", "joined"]
    assert board.statuses() == {"open": 1}
    (card,) = run(system, "card.show", {"id": PHONE})
    (merge,) = (e for e in card["timeline"] if e.get("what") == "merge")
    list(run(system, "card.undo", {"decision": merge["decision"]}))
    board.follow()
    assert board.statuses() == {"open": 2}
