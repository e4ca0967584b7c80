"""Of a lead's identities beyond eight the last to happen are mentions (SEMANTICS 1.5, 2.1.1)."""

import pytest
from support.worlds import KEYRING, Fed, base, check, lead

from eventstore.orders import order
from eventstore.queries import Cards
from eventstore.touches import bytes_of

LATE = [
    ("telegram", "1", "attested"),
    ("email", "c@x.ru", "claimed"),
    ("telegram", "2", "attested"),
]
MIDDLE = [("vk", "7", "claimed"), ("telegram", "3", "attested"), ("whatsapp", "8", "attested")]
EARLY = [
    ("phone", "+79120000001", "claimed"),
    ("email", "a@x.ru", "claimed"),
    ("max", "1", "attested"),
]


TOLD = [(LATE, 3), (MIDDLE, 2), (EARLY, 1)]
"""The last to be told of happened first: what beyond eight is pushed out is telegram 2."""


@pytest.fixture
def fed(tmp_path):
    started = Fed(base(tmp_path / "events.db"))
    started.feed(lead(2, LATE[-1]))
    yield started
    started.base.recorder.close()


def deliveries():
    return [
        lead(1, *identities, at=1_700_000_000 + 3600 * hour, delivery=number)
        for number, (identities, hour) in enumerate(TOLD)
    ]


def test_an_identity_that_an_earlier_delivery_pushes_out_is_no_longer_the_leads(fed):
    for delivery in deliveries():
        fed.feed(delivery)
    check(fed, fed.facts())


def test_it_is_no_longer_the_leads_either_where_all_of_it_comes_in_one_batch(fed):
    fed.feed(*deliveries())
    check(fed, fed.facts())


def test_a_lead_leaves_the_leaf_card_of_an_identity_that_is_pushed_out_from_under_it(fed):
    stood = KEYRING.leaf("telegram", "2")
    fed.feed(lead(1, LATE[-1], at=1_700_010_800))
    assert fed.stored_stands()[bytes_of(lead(1).lead_id)] == stood
    eight = [*EARLY, *MIDDLE, ("avito", "5", "claimed"), ("email", "b@x.ru", "claimed")]
    for number, some in enumerate((eight[:4], eight[4:]), 1):
        fed.feed(lead(1, *some, at=1_700_000_000 + number, delivery=number))
        check(fed, fed.facts())
    assert fed.stored_stands()[bytes_of(lead(1).lead_id)] != stood


def test_what_is_pushed_out_is_shown_as_a_mention(fed):
    fed.feed(*deliveries())
    (touch,) = Cards(fed.base).newest_first("max:1")
    assert [(one.kind, one.value) for one in touch.content.mentions] == [("telegram", "2")]


def test_evidence_of_what_came_beyond_eight_can_be_withdrawn_and_is_nothing(fed):
    """Whoever read the deliveries may select it; it has no leaf card."""
    fed.feed(*deliveries(), lead(1, ("telegram", "9", "attested"), at=1_700_999_999, delivery=9))
    before = fed.stored_persons()
    pair = sorted(KEYRING.leaf("telegram", value) for value in ("1", "9"))
    fed.commands.withdraw([(*pair, bytes_of(lead(1).lead_id))], order("anna"))
    assert fed.stored_persons() == before
