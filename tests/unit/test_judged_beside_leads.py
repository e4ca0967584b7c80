"""A pair that is judged again while a lead comes that brings its two identities together."""

import pytest
from support.worlds import KEYRING, Fed, base, decision_id, lead

from eventstore.orders import order
from eventstore.touches import bytes_of

PHONE, EMAIL = ("phone", "+79120000001", "claimed"), ("email", "a@x.ru", "claimed")
OTHERS = ("phone", "+79120000002", "claimed"), ("email", "b@x.ru", "claimed")
KEY = tuple(sorted(KEYRING.leaf(*identity[:2]) for identity in (PHONE, EMAIL)))
AT = 1_700_000_000
FIRST, LATE, LAST = (lead(n, PHONE, EMAIL, at=AT + n) for n in range(3))
OTHER = lead(3, *OTHERS, at=AT)


@pytest.fixture(params=[1000, 1], ids=["at once", "in pieces"])
def fed(tmp_path, request):
    started = Fed(base(tmp_path / "events.db", most_items_at_once=request.param))
    started.feed(OTHER)
    yield started
    started.base.recorder.close()


def withdraw_first(fed, *, meanwhile=()):
    """Withdraw what the first lead shows; these leads are saved after it was decided, before it."""
    recorder, waiting = fed.base.recorder, list(meanwhile)
    save = recorder.save

    def save_later(changes, meanwhile=None):
        if waiting and (*KEY, bytes_of(FIRST.lead_id)) in changes.withdrawn:
            fed.feed(waiting.pop())
        return save(changes, meanwhile)

    recorder.save = save_later
    others = tuple(sorted(KEYRING.leaf(*identity[:2]) for identity in OTHERS))
    items = [(*KEY, bytes_of(FIRST.lead_id)), (*others, bytes_of(OTHER.lead_id))]
    try:
        fed.commands.withdraw(items, order("anna", command=decision_id(1)))
    finally:
        recorder.save = save
    assert not waiting


def linked_by(fed):
    key = fed.base.work().pair(KEY).key
    return key and key[1]


def test_a_lead_that_comes_while_its_pair_is_judged_again_counts(fed):
    fed.feed(FIRST, LAST)
    withdraw_first(fed, meanwhile=[LATE])
    assert linked_by(fed) == bytes_of(LATE.lead_id)


def test_the_only_lead_left_links_the_pair_though_it_came_meanwhile(fed):
    fed.feed(FIRST)
    withdraw_first(fed, meanwhile=[LATE])
    assert linked_by(fed) == bytes_of(LATE.lead_id)
    assert set(KEY) in fed.stored_persons().values()
