"""On the card of a shared identity a touch joins only a deal of its thread (SEMANTICS 3.3).

Also where a person merged that card with another by hand: then a deal has threads of touches that
stand elsewhere.
"""

import pytest
from support.worlds import Fed, base, lead

from eventstore.orders import order
from eventstore.queries import Cards
from eventstore.touches import bytes_of, deal_id

ANNA = ("phone", "+79120000001", "claimed")
MAIL = ("email", "anna@x.ru", "claimed")
INFO = ("email", "info@x.ru", "claimed")


@pytest.fixture(params=[20, 0], ids=["in the row", "in rows of their own"])
def fed(tmp_path, request):
    """Anna has a deal, and info@ is shared."""
    started = Fed(base(tmp_path / "events.db", most_deals_in_a_row=request.param))
    started.feed(touch(1, ANNA, "first"), touch(50, INFO, "begin"))
    started.commands.mark(leaf(started, INFO), True, order("anna"))
    yield started
    started.base.recorder.close()


def touch(number: int, who, thread: str):
    at = 1_700_000_000 + number
    return lead(number, who, thread=thread, at=at)


def leaf(fed, who) -> bytes:
    return Cards(fed.base).leaf_of(f"{who[0]}:{who[1]}")


def merge(fed, a, b) -> bytes:
    return fed.commands.merge(leaf(fed, a), leaf(fed, b), order("anna")).decision


def deal(number: int) -> bytes:
    return deal_id(bytes_of(lead(number).lead_id), "sales")


def placed(fed, number: int) -> bytes:
    name = bytes_of(lead(number).lead_id)
    work = fed.base.work()
    work.load_leads([name])
    return work.leads[name].deal


def test_it_joins_the_deal_that_has_a_later_touch_of_its_thread(fed):
    merge(fed, ANNA, INFO)
    fed.feed(touch(2, ANNA, "later"), touch(3, INFO, "later"), touch(4, INFO, "other"))
    assert placed(fed, 2) == deal(1)
    assert placed(fed, 3) == deal(1)
    assert placed(fed, 4) == deal(4)


def test_so_it_does_where_the_touch_came_before_the_merge(fed):
    fed.feed(touch(2, ANNA, "later"))
    merge(fed, ANNA, INFO)
    fed.feed(touch(3, INFO, "later"))
    assert placed(fed, 3) == deal(1)


def test_once_the_merge_is_undone_it_has_a_deal_of_its_own_again(fed):
    decision = merge(fed, ANNA, INFO)
    fed.feed(touch(2, ANNA, "later"), touch(3, INFO, "later"))
    fed.commands.undo(decision, order("anna"))
    assert placed(fed, 3) == deal(3)
    fed.feed(touch(5, INFO, "later"))
    assert placed(fed, 5) == deal(3)


def test_so_it_does_where_a_lead_links_a_third_card_whose_deal_has_the_thread(fed):
    merge(fed, ANNA, INFO)
    fed.feed(touch(6, MAIL, "begun"), touch(7, MAIL, "later"))
    fed.feed(lead(8, ANNA, MAIL, at=1_700_000_008, kind="message"))
    fed.feed(touch(9, INFO, "later"))
    assert placed(fed, 7) == deal(6), "which the rule has joined into the earlier one"
    assert placed(fed, 9) == deal(1)


def test_so_it_does_once_a_card_of_a_person_becomes_shared(fed):
    fed.feed(touch(10, MAIL, "mail"))
    merge(fed, ANNA, MAIL)
    fed.feed(touch(11, ANNA, "later"))
    fed.commands.mark(leaf(fed, MAIL), True, order("anna"))
    fed.feed(touch(12, MAIL, "later"), touch(13, MAIL, "other"))
    assert placed(fed, 12) == placed(fed, 11)
    assert placed(fed, 13) == deal(13)
    fed.feed(touch(14, ANNA, "new"), touch(15, MAIL, "new"))
    assert placed(fed, 15) == placed(fed, 14)
