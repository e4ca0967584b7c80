"""A decision on a card that changed since it was seen is refused with what changed (3.7)."""

from dataclasses import replace

import pytest
from support.worlds import KEYRING, Fed, base, lead

from eventstore.orders import StaleVersion, order
from eventstore.queries import Cards
from eventstore.review_queue import ReviewQueue
from eventstore.touches import bytes_of

PHONE = ("phone", "+79120000001", "claimed")
EMAIL = ("email", "a@x.ru", "claimed")
TELEGRAM = ("telegram", "7", "attested")
VK = ("vk", "8", "attested")


@pytest.fixture
def fed(tmp_path):
    """One person by phone and e-mail, and two others."""
    started = Fed(base(tmp_path / "events.db"))
    started.feed(lead(1, PHONE, EMAIL), lead(2, TELEGRAM), lead(3, VK))
    yield started
    started.base.recorder.close()


def leaf(identity) -> bytes:
    return KEYRING.leaf(identity[0], identity[1])


def seen(fed, identity=PHONE):
    """The orders of somebody who looks at a card now."""
    version = Cards(fed.base).show(f"{identity[0]}:{identity[1]}")["version"]
    return order("anna", expected_version=version)


def merge(fed, one=PHONE, other=TELEGRAM, by=None) -> bytes:
    return fed.commands.merge(leaf(one), leaf(other), by or order("boris")).decision


def what(refused) -> list[str]:
    return [change["what"] for change in refused.value.changes]


DECISIONS = {
    "merge": lambda fed, by: fed.commands.merge(leaf(PHONE), leaf(VK), by),
    "veto": lambda fed, by: fed.commands.veto(leaf(EMAIL), leaf(VK), by),
    "share": lambda fed, by: fed.commands.mark(leaf(EMAIL), True, by),
    "withdraw": lambda fed, by: fed.commands.withdraw(
        [(*sorted((leaf(PHONE), leaf(EMAIL))), bytes_of(lead(1).lead_id))], by, seen=[leaf(PHONE)]
    ),
}


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_on_a_card_that_changed_is_refused_with_what_when_and_by_whom(fed, name):
    by = seen(fed)
    merged = merge(fed)
    position = fed.base.recorder.last_position()
    with pytest.raises(StaleVersion, match=r"merge .* by boris at 20") as refused:
        DECISIONS[name](fed, by)
    (change,) = refused.value.changes
    assert bytes_of(change["decision"]) == merged
    assert by.expected_version < change["version"] <= position
    assert fed.base.recorder.last_position() == position


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_on_a_card_as_it_is_is_taken(fed, name):
    DECISIONS[name](fed, seen(fed))


def test_leads_that_only_come_are_no_change_of_the_card(fed):
    by = seen(fed)
    fed.feed(lead(4, PHONE, EMAIL, at=1_700_000_900), lead(5, VK, at=1_700_000_950))
    DECISIONS["merge"](fed, by)


def test_a_lead_that_brings_an_identity_is_told(fed):
    by = seen(fed)
    fed.feed(lead(4, PHONE, ("email", "b@x.ru", "claimed"), at=1_700_000_900))
    with pytest.raises(StaleVersion) as refused:
        DECISIONS["merge"](fed, by)
    (change,) = refused.value.changes
    assert (change["what"], change["lead"]) == ("lead", lead(4).lead_id)


def test_a_card_that_lost_its_other_identity_has_changed(fed):
    by = seen(fed)
    fed.commands.mark(leaf(EMAIL), True, order("boris"))
    with pytest.raises(StaleVersion) as refused:
        fed.commands.merge(leaf(PHONE), leaf(VK), by)
    assert what(refused) == ["share"]


def test_an_undo_of_what_the_card_shows_no_more_is_refused_with_the_undo(fed):
    merged = merge(fed)
    by = seen(fed)
    undone = fed.commands.undo(merged, order("clara")).decision
    fed.commands.undo(undone, order("boris"))
    with pytest.raises(StaleVersion) as refused:
        fed.commands.undo(merged, by)
    assert [(c["what"], c["actor"]) for c in refused.value.changes] == [
        ("undo", "clara"),
        ("undo", "boris"),
    ]


def test_an_undone_veto_that_parted_nobody_is_a_change(fed):
    vetoed = fed.commands.veto(leaf(PHONE), leaf(VK), order("boris")).decision
    by = seen(fed)
    fed.commands.undo(vetoed, order("boris"))
    with pytest.raises(StaleVersion):
        DECISIONS["merge"](fed, by)


def test_a_withdrawal_is_a_change_of_every_card_it_concerns_also_where_it_parts_nobody(fed):
    fed.feed(lead(4, PHONE, EMAIL, at=1_700_000_900))
    by = seen(fed, EMAIL)
    DECISIONS["withdraw"](fed, order("boris"))
    with pytest.raises(StaleVersion) as refused:
        fed.commands.mark(leaf(EMAIL), True, by)
    assert what(refused) == ["withdraw"]


def test_the_other_card_of_a_merge_has_to_be_as_it_was_seen_too(fed):
    by = seen(fed)
    merge(fed, TELEGRAM, VK)
    with pytest.raises(StaleVersion):
        fed.commands.merge(leaf(PHONE), leaf(VK), by)


@pytest.mark.parametrize("name", DECISIONS)
def test_a_version_from_the_future_is_refused(fed, name):
    position = fed.base.recorder.last_position()
    by = order("anna", expected_version=position + 1)
    with pytest.raises(StaleVersion, match=rf"future: the card stands at {position}") as refused:
        DECISIONS[name](fed, by)
    assert (refused.value.version, refused.value.changes) == (position, [])


def test_an_undo_with_a_version_from_the_future_is_refused(fed):
    merged = merge(fed)
    by = order("anna", expected_version=fed.base.recorder.last_position() + 1)
    with pytest.raises(StaleVersion, match="from the future"):
        fed.commands.undo(merged, by)


def test_a_command_that_was_carried_out_is_answered_whatever_version_it_has_now(fed):
    by = order("anna")
    merged = fed.commands.merge(leaf(PHONE), leaf(VK), by)
    ahead = fed.base.recorder.last_position() + 1
    assert fed.commands.merge(leaf(PHONE), leaf(VK), replace(by, expected_version=ahead)) == merged


def test_the_queue_refuses_a_verdict_on_a_card_that_changed(fed):
    fed.feed(*(lead(n, VK, ("email", f"{n}@x.ru", "claimed")) for n in range(10, 13)))
    queue = ReviewQueue(Cards(fed.base))
    (item,) = (item for item in queue.all() if item["kind"] == "limit")
    by = order("anna", expected_version=item["version"])
    merged = merge(fed, VK, PHONE)
    with pytest.raises(StaleVersion):
        queue.accept(item["id"], by)
    fed.commands.undo(merged, order("boris"))
    with pytest.raises(StaleVersion):
        queue.refuse(item["id"], by)
    queue.refuse(item["id"], order("anna", expected_version=queue.all()[0]["version"]))
