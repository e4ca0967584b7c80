"""Evidence withdrawn by a query, in pieces (SEMANTICS 2.3.10)."""

import pytest
from support.worlds import KEYRING, Fed, base, decision_id, lead

from eventstore.domain.matching import Matching
from eventstore.evidence import Selection, select
from eventstore.explain import Explainer
from eventstore.following import Follower
from eventstore.orders import CommandRefused, order
from eventstore.queries import Cards
from eventstore.touches import bytes_of
from leadlog.cli.card_text import following

PIECE, FORMS = 10, 12
"""Items in a piece, and forms: more than that."""


@pytest.fixture
def fed(tmp_path):
    started = Fed(base(tmp_path / "events.db", Matching(), most_items_at_once=PIECE))
    started.feed(*(form(n) for n in range(FORMS)))
    yield started
    started.base.recorder.close()


def form(number: int, **more):
    return lead(
        number,
        ("phone", f"+7912{number % FORMS:07d}", "claimed"),
        ("email", f"{number % FORMS}@x.ru", "claimed"),
        **more,
    )


def evidence_withdrawn(fed):
    """How many withdrawals hold what, by everybody's leaf cards."""
    leaves = {leaf for found in fed.stored_persons().values() for leaf in found}
    return fed.base.recorder.withdrawn(leaves)


def one_form(fed):
    return select(fed.base, Selection(rule="one form"))


def persons(fed) -> int:
    return len(fed.stored_persons())


def test_all_links_of_a_rule_are_withdrawn_in_pieces_with_progress(fed):
    told = []
    decided = fed.commands.withdraw(
        one_form(fed), order("anna"), progress=lambda *far: told.append(far)
    )
    assert persons(fed) == 2 * FORMS
    assert told == [(PIECE, FORMS), (FORMS, FORMS)]
    assert decided.changed.persons == 2 * FORMS


def test_a_withdrawal_from_before_it_had_rows_is_undone_for_a_reason(fed):
    """The reason is sealed with the keys of the leaf cards that the evidence names."""
    decision = fed.commands.withdraw(list(one_form(fed))[:3], order("anna")).decision
    with fed.base.recorder.datastore.transaction(commit=True) as cursor:
        cursor.execute("DELETE FROM hand WHERE kind = 'evidence'")
    undone = fed.commands.undo(decision, order("anna"), reason="a mistake").decision
    assert persons(fed) == FORMS
    (recorded,) = fed.base.recorder.streams([undone], personal=True)[undone]
    assert recorded.event.reason == "a mistake"


def test_a_large_withdrawal_is_undone_in_pieces(fed):
    decided = fed.commands.withdraw(one_form(fed), order("anna"))
    fed.commands.undo(decided.decision, order("anna"))
    assert persons(fed) == 2 * FORMS
    left = [row.left for row in Follower(fed.base).pieces()]
    assert left == [FORMS - PIECE, 0]
    assert persons(fed) == FORMS
    assert not fed.base.recorder.pending()


def test_an_undo_that_was_killed_goes_on_where_it_stood(fed):
    decided = fed.commands.withdraw(one_form(fed), order("anna"))
    fed.commands.undo(decided.decision, order("anna"))
    next(Follower(fed.base).pieces())
    assert persons(fed) == 2 * FORMS - PIECE
    assert [row.left for row in Follower(fed.base).pieces()] == [0]
    assert persons(fed) == FORMS


def test_the_undo_of_an_undo_that_goes_on_turns_it_round(fed):
    decided = fed.commands.withdraw(one_form(fed), order("anna"))
    undone = fed.commands.undo(decided.decision, order("anna"))
    next(pieces := Follower(fed.base).pieces())
    again = fed.commands.undo(undone.decision, order("anna"))
    list(pieces)
    assert persons(fed) == 2 * FORMS
    fed.commands.undo(again.decision, order("anna"))
    Follower(fed.base).drain()
    assert persons(fed) == FORMS
    assert not evidence_withdrawn(fed)


def test_two_who_undo_the_same_give_back_each_item_once(fed):
    decided = fed.commands.withdraw(one_form(fed), order("anna"))
    fed.commands.undo(decided.decision, order("anna"))
    one, other = (Follower(fed.base).pieces() for _ in range(2))
    while next(one, None) or next(other, None):
        pass
    assert not evidence_withdrawn(fed)
    assert persons(fed) == FORMS


def test_a_dry_run_of_a_large_undo_counts_everybody(fed):
    decided = fed.commands.withdraw(one_form(fed), order("anna"))
    told = fed.commands.undo(decided.decision, order("anna"), dry_run=True)
    assert told.changed.persons == 2 * FORMS
    assert not fed.base.recorder.pending()


def killed_after_a_piece(fed):
    """A withdrawal that stopped there, as its command's id has it."""
    by = order("anna", command=decision_id(1))

    def killed(done: int, of: int) -> None:
        raise KeyboardInterrupt(done, of)

    with pytest.raises(KeyboardInterrupt):
        fed.commands.withdraw(one_form(fed), by, progress=killed)
    assert persons(fed) == FORMS + PIECE
    return by


def test_a_withdrawal_that_was_undone_does_not_go_on(fed):
    by = killed_after_a_piece(fed)
    fed.commands.undo(by.command, order("anna"))
    with pytest.raises(CommandRefused, match="undone"):
        fed.commands.withdraw(one_form(fed), by)
    Follower(fed.base).drain()
    assert persons(fed) == FORMS
    assert not evidence_withdrawn(fed)


def test_a_withdrawal_that_was_killed_goes_on_when_it_is_given_again(fed):
    by = killed_after_a_piece(fed)
    decided = fed.commands.withdraw(one_form(fed), by)
    assert decided.changed == (2 * FORMS, 0, 0), "each lead stays with its number"
    assert persons(fed) == 2 * FORMS
    assert set(evidence_withdrawn(fed).values()) == {1}
    fed.commands.undo(by.command, order("anna"))
    Follower(fed.base).drain()
    assert persons(fed) == FORMS


def test_a_withdrawal_that_was_killed_is_carried_on_beside_the_processor(fed):
    by = killed_after_a_piece(fed)
    fed.feed(form(FORMS - 1, at=1_700_000_900, delivery=1), form(FORMS, at=1_700_000_900))
    assert Follower(fed.base).left() == FORMS - PIECE
    Follower(fed.base).drain()
    assert not fed.base.recorder.pending()
    assert len(evidence_withdrawn(fed)) == FORMS
    assert persons(fed) == 2 * FORMS - 1, "a lead that came meanwhile is not meant, and links"
    decided = fed.commands.withdraw(one_form(fed), by)
    assert decided.changed == (2 * FORMS, 0, 0), "each lead stays with its number"


def test_a_withdrawal_that_was_undone_and_brought_back_before_its_end_comes_to_it(fed):
    by = killed_after_a_piece(fed)
    undone = fed.commands.undo(by.command, order("anna"))
    next(Follower(fed.base).pieces())
    fed.commands.undo(undone.decision, order("anna"))
    Follower(fed.base).drain()
    assert persons(fed) == 2 * FORMS
    position = fed.base.recorder.last_position()
    assert fed.commands.withdraw(one_form(fed), by).changed.persons == 2 * FORMS
    assert fed.base.recorder.last_position() == position


def test_a_follower_leaves_alone_what_a_command_is_about_to_carry_out(fed):
    beside = []

    def told(_done: int, _of: int) -> None:
        beside.append((bool(fed.base.recorder.pending()), Follower(fed.base).names()))

    fed.commands.withdraw(one_form(fed), order("anna"), progress=told)
    assert beside == [(True, []), (False, [])]
    assert not fed.base.in_hand


def test_whoever_reads_a_card_meanwhile_is_told_how_far_the_withdrawal_is(fed):
    cards = Cards(fed.base)
    by = killed_after_a_piece(fed)
    fed.feed(lead(900, ("phone", "+79129999999", "claimed")))
    pending = {"touches": 0, "done": 0, "evidence": {"of": FORMS, "done": PIECE}}
    for name in ("email:0@x.ru", f"email:{FORMS - 1}@x.ru"):
        assert cards.show(name)["pending"] == pending
    assert "pending" not in cards.show("phone:+79129999999")
    fed.commands.undo(by.command, order("anna"))
    told = Explainer(cards).person(KEYRING.leaf("email", "0@x.ru"))
    assert told["pending"]["evidence"] == {"of": FORMS, "done": FORMS - PIECE}
    assert "is carried out: 2 of 12 links done" in following(told)
    Follower(fed.base).drain()
    assert "pending" not in cards.show("email:0@x.ru")


def test_a_dry_run_carries_nothing_on(fed):
    by = killed_after_a_piece(fed)
    fed.commands.withdraw(one_form(fed), by, dry_run=True)
    assert persons(fed) == FORMS + PIECE


def test_the_same_withdrawal_twice_is_one_effect_also_on_leads_that_came_since(fed):
    by = order("anna", command=decision_id(1))
    first = fed.commands.withdraw(one_form(fed), by)
    fed.feed(form(FORMS, at=1_700_000_900))
    position = fed.base.recorder.last_position()
    assert fed.commands.withdraw(one_form(fed), by) == first
    assert fed.base.recorder.last_position() == position


def test_what_a_query_selects_is_told_while_it_is_found(fed):
    item = next(iter(select(fed.base, Selection(rule="one form"))))
    told = []
    fed.commands.withdraw(
        [item] * 2500, order("anna"), dry_run=True, progress=lambda *far: told.append(far)
    )
    assert told == [(1000, 0), (2000, 0)]


def test_a_dry_run_of_a_large_withdrawal_counts_everybody_once(fed):
    decided = fed.commands.withdraw(one_form(fed), order("anna"), dry_run=True)
    assert decided.changed.persons == 2 * FORMS
    assert persons(fed) == FORMS


def test_a_lead_with_several_deliveries_is_selected_once(fed):
    fed.feed(form(3, delivery=1, at=1_700_000_900), form(3, delivery=2, at=1_700_001_900))
    found = list(one_form(fed))
    assert len(found) == len(set(found)) == FORMS
    assert any(item[2] == bytes_of(form(3).lead_id) for item in found)


def test_a_query_that_fits_nothing_is_refused(fed):
    with pytest.raises(CommandRefused, match="no evidence fits"):
        fed.commands.withdraw(select(fed.base, Selection(rule="device")), order("anna"))
