"""What every event store must do (eventstore/recorders/port.py), held against each of them."""

import dataclasses
import random
import threading
import time
from collections.abc import Sequence
from itertools import islice
from uuid import UUID

import pytest
from contracts.event_stores import STORES, PostgresStore, SQLiteStore, put_far
from eventsourcing.persistence import IntegrityError, StoredEvent, Tracking
from msgspec.structs import replace
from servers.postgres import fresh_database
from support.worlds import KEYRING, MATCHING, Fed, decision_id, lead

from eventstore.adoption import adopt
from eventstore.customer_base import CustomerBase, Entry, Lead
from eventstore.deal_commands import DealCommands
from eventstore.domain.deals import Deal
from eventstore.domain.events import (
    Id,
    LeadRecorded,
    NoteAdded,
    PersonFormed,
    SharedChanged,
    TouchPlaced,
)
from eventstore.domain.folds import Fold
from eventstore.domain.pipeline import SALES
from eventstore.explain import Explainer
from eventstore.following import Follower
from eventstore.orders import CommandRefused, order
from eventstore.policy import Policy
from eventstore.queries import Cards
from eventstore.recorders.port import CustomerRecorder
from eventstore.recorders.upgrade import OLD
from eventstore.rematching import rematch
from eventstore.reviewing import bring_up_to_date
from eventstore.rows import (
    BEFORE_RETURNS,
    BEFORE_REVIEWS,
    LAST,
    Appearance,
    Card,
    Changes,
    Ends,
    Hand,
    Pair,
    Pending,
    Quarantine,
    Return,
    Review,
)
from eventstore.versions import effective_policy


def an_id(number: int) -> Id:
    return number.to_bytes(16, "big")


A, B, C, D, E = (an_id(number) for number in range(1, 6))


def formed(stream: Id, version: int = 1, number: int = 0) -> tuple:
    return (stream, version, PersonFormed(leaves=(an_id(number),)), None)


def card(person: Id, **more) -> Card:
    return Card(person, "phone", A, 1, 0, **more)


def seen(*keys: tuple[Id, Id]) -> dict[tuple[Id, Id], Appearance]:
    return {key: Appearance(1) for key in keys}


def base_on(recorder: CustomerRecorder, **policy) -> CustomerBase:
    policy = dataclasses.replace(Policy.of(MATCHING, [SALES]), **policy)
    return CustomerBase(recorder, KEYRING, policy)


# --- events ---


def test_an_empty_store_has_nothing(recorder):
    assert recorder.last_position() == 0
    assert list(recorder.read(0, 10)) == []
    assert recorder.max_tracking_id("p") is None
    assert recorder.ledger() == {}
    assert list(recorder.lead_ids()) == []
    assert recorder.save(Changes()) == 0


def test_events_come_back_in_their_order_at_positions_without_holes(recorder):
    given = [formed(A, 1, 1), formed(B, 1, 2), formed(A, 2, 3)]
    assert recorder.save(Changes(events=given)) == 3
    assert recorder.save(Changes(events=[formed(B, 2, 4)])) == 4
    found = recorder.read(0, 10)
    assert [(r.position, r.stream, r.version) for r in found] == [
        (1, A, 1), (2, B, 1), (3, A, 2), (4, B, 2),
    ]  # fmt: skip
    assert [r.event for r in found[:3]] == [event for _, _, event, _ in given]
    assert [r.position for r in recorder.read(2, 1)] == [3]
    assert recorder.last_position() == 4


def test_what_leads_say_is_read_by_itself_page_by_page(recorder):
    fed = Fed(base_on(recorder))
    fed.feed(*(lead(number, ("phone", f"+7912000000{number}", "claimed")) for number in range(3)))
    placed = TouchPlaced(deal=C, leaf=B)
    recorder.save(Changes(events=[formed(A), (A, 2, placed, None), formed(A, 3)]))
    first = recorder.said(0, 3)
    assert [said.event.personal.identities[0].value[-1] for said in first] == ["0", "1", "2"]
    (last,) = recorder.said(first[-1].position, 3)
    assert (last.stream, last.version, last.event) == (A, 2, placed)
    assert list(recorder.said(last.position, 3)) == []


def test_what_was_saved_is_there_for_others_and_after_reopening(store, recorder):
    other = store.open()
    recorder.save(Changes(events=[formed(A)], positions={"p": (-1, 3)}))
    assert other.last_position() == 1
    assert other.max_tracking_id("p") == 3
    other.close()
    again = store.open()
    assert [r.stream for r in again.read(0, 10)] == [A]
    assert again.save(Changes(events=[formed(A, 2)])) == 2
    again.close()


def test_the_personal_part_is_sealed_and_only_opened_where_it_is_asked_for(store, recorder):
    base = base_on(recorder)
    secret = lead(1, ("phone", "+79120000001", "claimed"))
    base.handle([Entry("p", 0, Lead(secret))])
    (open_part,) = (r.event for r in recorder.read(0, 9) if isinstance(r.event, LeadRecorded))
    assert open_part.personal is None
    (opened,) = (
        r.event for r in recorder.read(0, 9, personal=True) if isinstance(r.event, LeadRecorded)
    )
    assert opened.personal == secret
    streams = recorder.streams([UUID(secret.lead_id).bytes], personal=True)
    assert [r.event.personal for events in streams.values() for r in events] == [secret]
    states = [bytes(state) for (state,) in store.raw("SELECT state FROM stored_events")]
    assert not any(b"79120000001" in state for state in states)
    store.raw("DELETE FROM secret")
    (gone,) = (
        r.event for r in recorder.read(0, 9, personal=True) if isinstance(r.event, LeadRecorded)
    )
    assert gone.personal is None


def test_recorded_at_never_falls_whatever_the_clock_does(store, recorder):
    recorder.save(Changes(events=[formed(A)]))
    ahead = (time.time_ns() // 1_000_000) + 3_600_000
    store.raw(f"UPDATE clock SET recorded_at = {ahead:d}")  # noqa: S608 - a number
    recorder.save(Changes(events=[formed(A, 2)]))
    recorder.save(Changes(events=[formed(A, 3)]))
    first, second, third = (r.recorded_at for r in recorder.read(0, 10))
    assert abs(first - (ahead - 3_600_000)) < 60_000
    assert second == third == ahead


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE stored_events SET topic = 'x'",
        "DELETE FROM stored_events",
        "DELETE FROM stored_events WHERE originator_version = 1",
    ],
)
def test_an_event_can_neither_be_changed_nor_deleted(store, recorder, statement):
    recorder.save(Changes(events=[formed(A)]))
    with pytest.raises(store.raw_faults, match="never"):
        store.raw(statement)
    assert recorder.last_position() == 1


# --- all or nothing, and who was first ---


def conflicts() -> list[tuple[str, Changes]]:
    return [
        ("the version of a stream", Changes(events=[formed(A)])),
        ("a key", Changes(keys={A: B})),
        ("a new card", Changes(cards={A: (0, card(A))})),
        ("a card's version", Changes(cards={B: (1, card(B))})),
        ("a card that is not there", Changes(cards={C: (1, card(C))})),
        ("a position of the log", Changes(positions={"p": (5, 5)})),
        ("an earlier position of the log", Changes(positions={"p": (5, 4)})),
        ("what follows a position that was passed", Changes(positions={"p": (3, 7)})),
        ("what follows nothing", Changes(positions={"p": (-1, 7)})),
    ]


@pytest.mark.parametrize(("what", "changes"), conflicts(), ids=[what for what, _ in conflicts()])
def test_who_comes_second_is_told_and_leaves_nothing(recorder, what, changes):
    recorder.save(
        Changes(
            events=[formed(A)],
            keys={A: B},
            cards={A: (0, card(A)), B: (0, card(B))},
            positions={"p": (-1, 5)},
        )
    )
    recorder.save(Changes(cards={B: (1, card(B))}))
    changes.events.append(formed(D, 1, 7))
    changes.keys[E] = A
    changes.cards[D] = (0, card(D))
    changes.pairs[A, B] = Pair(suggested=True)
    changes.appearances[A, D] = Appearance(1)
    changes.hands.append((Hand(E, "merge", A, B, -1), True))
    changes.withdrawn[A, B, D] = 1
    changes.ledger["account", 1, "accepted"] = 1
    changes.quarantine.append(Quarantine(E, "account", "broken_json", 1, b"{}"))
    changes.positions["q"] = (-1, 1)
    with pytest.raises(IntegrityError):
        recorder.save(changes)
    assert recorder.last_position() == 1
    assert recorder.seen([E]) == set()
    assert recorder.cards([D]) == {}
    assert recorder.cards([C]) == {}
    assert recorder.pairs([(A, B)]) == {}
    assert recorder.appearances([A]) == set()
    assert recorder.hands([A]) == []
    assert recorder.withdrawn([A]) == {}
    assert recorder.ledger() == {}
    assert recorder.quarantined() == []
    assert recorder.max_tracking_id("p") == 5
    assert recorder.max_tracking_id("q") is None
    assert recorder.save(Changes(events=[formed(D)])) == 2  # a failed save leaves no hole


def test_something_may_be_done_while_it_is_made_durable(recorder):
    done = []
    assert recorder.save(Changes(events=[formed(A)]), lambda: done.append("meanwhile")) == 1
    assert done == ["meanwhile"]
    assert [r.stream for r in recorder.read(0, 9)] == [A]
    with pytest.raises(IntegrityError):
        recorder.save(Changes(events=[formed(A)], keys={B: C}), lambda: done.append("again"))
    assert recorder.seen([B]) == set()
    assert recorder.save(Changes(events=[formed(A, 2)]), lambda: None) == 2


def test_positions_of_the_log_may_jump(recorder):
    recorder.save(Changes(positions={"p": (-1, 5), "q": (-1, 0)}))
    recorder.save(Changes(positions={"p": (5, 50), "r": (-1, 7)}))
    assert [recorder.max_tracking_id(p) for p in "pqr"] == [50, 0, 7]


# --- rows ---


def test_cards_come_back_with_their_version(recorder):
    recorder.save(Changes(cards={A: (0, card(A, leaves=2)), B: (0, card(A))}))
    assert recorder.cards([A, B, C, A]) == {A: (1, card(A, leaves=2)), B: (1, card(A))}
    recorder.save(Changes(cards={B: (1, card(B, shared=True)), C: (0, card(C))}))
    assert recorder.cards([B]) == {B: (2, card(B, shared=True))}
    assert recorder.cards([]) == {}


def test_members_are_all_leaf_cards_of_the_persons(recorder):
    cards = {A: (0, card(A)), B: (0, card(A)), C: (0, card(A)), D: (0, card(D)), E: (0, card(D))}
    recorder.save(Changes(cards=cards))
    assert set(recorder.members([A])) == {A, B, C}
    assert set(recorder.members([A, D])) == {A, B, C, D, E}
    assert recorder.members([B]).keys() == {B}
    assert recorder.members([]) == {}


def test_the_person_of_each_leaf_card_is_told(recorder):
    recorder.save(Changes(cards={A: (0, card(A)), B: (0, card(A)), D: (0, card(D))}))
    assert recorder.persons([B, A, D, C, B]) == {A: A, B: A, D: D}
    assert recorder.persons([]) == {}


def test_heads_come_in_pages_in_the_order_of_their_ids(recorder):
    recorder.save(Changes(cards={an_id(n): (0, card(an_id(n - n % 2))) for n in range(10)}))
    assert recorder.heads(b"", 3) == [an_id(0), an_id(2), an_id(4)]
    assert recorder.heads(an_id(4), 3) == [an_id(6), an_id(8)]


def test_leaf_cards_come_in_pages_in_the_order_of_their_ids(recorder):
    recorder.save(Changes(cards={leaf: (0, card(A)) for leaf in (C, A, B)}))
    assert recorder.leaves(b"", 2) == [A, B]
    assert recorder.leaves(B, 2) == [C]


def test_pairs_are_written_over_and_taken_away(recorder):
    linked = Pair(key=(5, A, 1, 0, 1))
    recorder.save(Changes(pairs={(A, B): Pair(suggested=True), (B, C): linked, (A, D): linked}))
    assert recorder.pairs([(A, B), (B, C), (C, D)]) == {
        (A, B): Pair(suggested=True),
        (B, C): linked,
    }
    assert set(recorder.pairs_of([B])) == {(A, B), (B, C)}
    assert set(recorder.pairs_of([A, B])) == {(A, B), (B, C), (A, D)}
    recorder.save(Changes(pairs={(A, B): linked, (B, C): None, (C, D): None}))
    assert recorder.pairs([(A, B), (B, C)]) == {(A, B): linked}
    assert recorder.pairs([]) == recorder.pairs_of([]) == {}


def deal_row(name: Id, **more) -> Deal:
    return Deal(name, E, "sales", **more)


def test_deals_in_rows_of_their_own_are_found_by_person_id_and_thread(recorder):
    deals = {
        A: (E, deal_row(A, activity=1, threads=[C])),
        B: (E, deal_row(B, activity=2, threads=[C, D])),
        C: (D, deal_row(C)),
    }
    recorder.save(Changes(deals=deals))
    assert recorder.deals_of([E]) == {A: deals[A], B: deals[B]}
    assert recorder.deals_of([D, E, A]) == deals
    assert recorder.deal_rows([A, C, E]) == {A: deals[A], C: deals[C]}
    assert recorder.deals_in_threads([C]) == {A: deals[A], B: deals[B]}
    assert recorder.deals_in_threads([D, A]) == {B: deals[B]}
    assert recorder.deals_of([]) == recorder.deals_in_threads([]) == recorder.deal_rows([]) == {}


def test_a_deals_row_is_written_over_and_taken_away(recorder):
    recorder.save(Changes(deals={A: (E, deal_row(A)), B: (E, deal_row(B, threads=[C]))}))
    recorder.save(Changes(deals={A: (D, deal_row(A, status="won", activity=9)), B: None, C: None}))
    assert recorder.deals_of([D, E]) == {A: (D, deal_row(A, status="won", activity=9))}
    assert recorder.deals_in_threads([C]) == {}


def test_the_leading_deals_are_the_latest_and_the_latest_that_is_open(recorder):
    rows = [
        deal_row(A, activity=5),
        deal_row(B, activity=7),
        deal_row(C, activity=7),
        deal_row(D, activity=9, status="declined"),
    ]
    other = Deal(an_id(9), E, "rent", activity=99)
    recorder.save(Changes(deals={deal.id: (E, deal) for deal in [*rows, other]}))
    assert recorder.leading_deals(E, "sales").keys() == {B, D}
    assert recorder.leading_deals(E, "rent").keys() == {other.id}
    assert recorder.leading_deals(A, "sales") == {}


def test_the_ended_deal_is_the_latest_that_a_touch_may_join(recorder):
    rows = [
        deal_row(A, activity=9, status="won", closed_at=10),
        deal_row(B, activity=5, status="lost", closed_at=20),
        deal_row(C, activity=6, status="declined", closed_at=30),
        deal_row(D, activity=8),
    ]
    recorder.save(Changes(deals={deal.id: (E, deal) for deal in rows}))
    assert recorder.ended_deal(E, "sales", 10).keys() == {A}
    assert recorder.ended_deal(E, "sales", 11).keys() == {B}
    assert recorder.ended_deal(E, "sales", 21) == {}


def test_pairs_of_two_persons_come_in_pages_in_the_order_of_their_leaf_cards(recorder):
    persons = {A: A, B: A, C: C, D: C, E: E}
    pairs = {(A, B): Pair(), (A, C): Pair(suggested=True), (B, D): Pair(), (C, D): Pair()}
    last = {(D, E): Pair()}
    recorder.save(Changes(cards={i: (0, card(p)) for i, p in persons.items()}, pairs=pairs | last))
    assert recorder.pairs_apart((b"", b""), 2) == [((A, C), pairs[A, C]), ((B, D), Pair())]
    assert recorder.pairs_apart((B, D), 2) == [((D, E), Pair())]


def test_all_pairs_come_in_pages_in_the_order_of_their_leaf_cards(recorder):
    pairs = [(A, B), (A, C), (B, D), (C, D), (D, E)]
    recorder.save(Changes(pairs=dict.fromkeys(pairs, Pair())))
    assert recorder.pairs_after((b"", b""), 2) == pairs[:2]
    assert recorder.pairs_after((A, B), 9) == pairs[1:]
    assert recorder.pairs_after((A, E), 2) == pairs[2:4]
    assert recorder.pairs_after((D, E), 2) == []


def test_some_pairs_are_no_more_than_asked_for_on_either_side(recorder):
    pairs = {(A, C): Pair(), (B, C): Pair(suggested=True), (C, D): Pair(), (D, E): Pair()}
    recorder.save(Changes(pairs=pairs))
    assert recorder.some_pairs(C, most=9) == {key: pairs[key] for key in pairs if C in key}
    assert len(recorder.some_pairs(C, most=1)) <= 2
    assert recorder.some_pairs(E, most=1) == {(D, E): Pair()}


def reviewed(a: Id, b: Id, score: int = 500, via: Id = b"") -> dict[tuple[Id, Id], Review]:
    return {(a, b): Review(a, b, "device" if via else "rule", via, score)}


def saved_reviews(recorder, reviews: dict[tuple[Id, Id], Review | None]) -> None:
    recorder.save(Changes(stirred={A}))
    recorder.save(Changes(settled=recorder.stirred(most=9), reviews=reviews))


def test_the_review_queue_is_read_best_first_in_pages(recorder):
    rows = reviewed(A, B) | reviewed(A, C, 900) | reviewed(B, D, 501) | reviewed(B, E)
    saved_reviews(recorder, rows)
    in_order = [rows[key] for key in ((A, C), (B, D), (A, B), (B, E))]
    assert recorder.reviews(after=BEFORE_REVIEWS, most=3) == in_order[:3]
    assert recorder.reviews(after=in_order[2].place, most=3) == in_order[3:]


def test_the_review_queue_is_found_by_either_side_by_a_visitor_and_by_name(recorder):
    far = bytes([7] * 16)
    rows = reviewed(A, B) | reviewed(C, far, via=E)
    saved_reviews(recorder, rows)
    assert recorder.reviews_of([A]) == recorder.reviews_of([B, A]) == [rows[A, B]]
    assert recorder.reviews_of([C]) == recorder.reviews_of([E, far]) == [rows[C, far]]
    assert recorder.reviews_named(bytes([7] * 4)) == [rows[C, far]]
    assert recorder.reviews_of([an_id(9)]) == recorder.reviews_named(b"none") == []


def test_a_row_of_the_review_queue_is_written_over_and_taken_away(recorder):
    saved_reviews(recorder, reviewed(A, B) | reviewed(C, D))
    saved_reviews(recorder, reviewed(A, B, 700, via=E) | {(C, D): None})
    assert recorder.reviews(after=BEFORE_REVIEWS, most=9) == [*reviewed(A, B, 700, via=E).values()]


def returned(*rows: Return) -> Changes:
    return Changes(returned={row.deal: row for row in rows})


def read_returned(recorder, because: Id = b"", owner=None, after=BEFORE_RETURNS, most=9):
    return recorder.returned(because, owner, after=after, most=most)


def test_what_came_to_ended_deals_is_read_by_cause_and_owner_the_oldest_first(recorder):
    anna, vera = [Return(n, 5, "anna") for n in (A, C)], Return(B, 4, "vera")
    caused = Return(D, 1, "anna", E)
    recorder.save(returned(*anna, vera, caused))
    assert read_returned(recorder) == [vera, *anna]
    assert read_returned(recorder, most=1) == [vera]
    assert read_returned(recorder, after=anna[0].place) == [anna[1]]
    assert read_returned(recorder, owner="anna") == anna
    assert read_returned(recorder, E) == read_returned(recorder, E, "anna") == [caused]
    assert read_returned(recorder, E, "vera") == read_returned(recorder, owner="") == []


def test_the_causes_by_which_something_came_to_ended_deals_are_told_once_each(recorder):
    rows = [Return(an_id(n), n, "anna", an_id(50 + n // 2)) for n in range(8)]
    recorder.save(returned(*rows, Return(an_id(9), 1, "vera", an_id(60)), Return(A, 1, "", b"")))
    causes = [an_id(n) for n in (50, 51, 52, 53, 60)]
    assert recorder.returned_causes(b"", None, most=9) == causes
    assert recorder.returned_causes(causes[1], None, most=2) == causes[2:4]
    assert recorder.returned_causes(b"", "vera", most=9) == causes[4:]
    assert recorder.returned_causes(causes[4], None, most=9) == []


def test_what_came_to_an_ended_deal_is_found_by_the_deal_and_by_the_cause(recorder):
    far, cause = bytes([7] * 16), bytes([8] * 16)
    rows = [Return(far, 1, ""), Return(A, 1, "", cause), Return(B, 1, "", cause)]
    recorder.save(returned(*rows))
    assert recorder.returned_named(bytes([7] * 4)) == rows[:1]
    assert [row.because for row in recorder.returned_named(bytes([8] * 4))] == [cause]
    assert recorder.returned_named(b"none") == []


def test_a_deal_keeps_the_cause_by_which_something_came_or_gets_another(recorder):
    recorder.save(returned(Return(A, 1, "anna", E), Return(B, 1, "anna", E)))
    recorder.save(returned(Return(A, 2, "vera", None), Return(C, 3, "vera", None)))
    assert read_returned(recorder, E) == [Return(B, 1, "anna", E), Return(A, 2, "vera", E)]
    assert read_returned(recorder) == [Return(C, 3, "vera")]
    recorder.save(returned(Return(A, 2, "vera", D)))
    recorder.save(Changes(returned={B: None, C: None, an_id(9): None}))
    assert [read_returned(recorder, cause) for cause in (b"", D, E)] == [
        [], [Return(A, 2, "vera", D)], [],
    ]  # fmt: skip


def test_what_was_stirred_again_meanwhile_is_not_settled(recorder):
    recorder.save(Changes(stirred={A, B}))
    found = recorder.stirred(most=9)
    assert found.keys() == {A, B}
    recorder.save(Changes(stirred={B}))
    with pytest.raises(IntegrityError):
        recorder.save(Changes(settled=found, reviews=reviewed(A, B)))
    assert recorder.reviews(after=BEFORE_REVIEWS, most=9) == []
    recorder.save(Changes(settled=recorder.stirred(most=1)))
    assert recorder.stirred(most=9).keys() == {B}


def test_appearances_are_a_set(recorder):
    recorder.save(Changes(appearances=seen((A, C), (A, D), (B, C))))
    recorder.save(Changes(appearances=seen((A, C), (A, E))))
    assert recorder.appearances([A]) == {(A, C), (A, D), (A, E)}
    assert recorder.appearances([A, B, D]) == {(A, C), (A, D), (A, E), (B, C)}


def test_a_lead_that_appears_otherwise_than_before_does_so_once(recorder):
    recorder.save(Changes(appearances={(A, C): Appearance(5, deal=D)}))
    stood = {(A, C): Appearance(5, deal=D)}
    recorder.save(Changes(appearances={(A, C): Appearance(5, deal=E)}, vanished=stood))
    assert recorder.deal_touches([D, E], [A, B], most=9) == {E: [(5, C)]}
    moved = Changes(
        appearances={(A, C): Appearance(3, attested=True), (B, C): Appearance(3, deal=E)},
        vanished={(A, C): Appearance(5, deal=E)},
    )
    recorder.save(moved)
    assert recorder.appearances([A, B]) == {(A, C), (B, C)}
    assert recorder.touches([A], before=LAST, most=9) == []
    assert recorder.touches([B], before=LAST, most=9) == [(3, C)]
    assert recorder.deal_touches([D, E], [A, B], most=9) == {E: [(3, C)]}
    assert recorder.ends([A]) == {A: Ends((3, C), (3, C), attested=True)}


def test_the_newest_touches_come_by_time_then_by_lead(recorder):
    times = {an_id(n): n // 2 for n in range(1, 9)}
    here = {
        (A if at % 2 else B, lead): Appearance(at, attested=at > 2, deal=b"")
        for lead, at in times.items()
    }
    elsewhere = {(A, an_id(50)): Appearance(2), (A, an_id(51)): Appearance(9, attested=True)}
    recorder.save(Changes(appearances=here | elsewhere))
    every = sorted(((at, lead) for lead, at in times.items()), reverse=True)
    assert recorder.touches([A, B, C], before=LAST, most=100) == every
    assert recorder.touches([A, B], before=LAST, most=3) == every[:3]
    assert recorder.touches([B, A], before=every[2], most=3) == every[3:6]
    assert recorder.touches([], before=LAST, most=3) == []
    assert recorder.ends([A, B, C]) == {
        A: Ends((1, an_id(2)), (9, an_id(51)), attested=True),
        B: Ends((0, an_id(1)), (4, an_id(8)), attested=True),
    }
    assert recorder.ends([]) == {}


def test_the_leads_that_bring_two_identities_come_by_time_whatever_they_prove(recorder):
    proofs = [(a, b) for a in (False, True) for b in (False, True)]
    seen, places = {}, []
    for n in range(1, 25):
        (one, other), at = proofs[n % 4], n // 3
        seen[A, an_id(n)] = Appearance(at, attested=one, deal=b"" if n % 5 else None)
        if n % 7:
            seen[B, an_id(n)] = Appearance(at, attested=other)
            places.append((at, an_id(n)))
    seen |= {(B, an_id(n)): Appearance(2) for n in range(50, 99)}
    recorder.save(Changes(appearances=seen))
    places.sort()
    before = (-1, b"")
    assert recorder.together(A, B, after=before, most=100) == places
    assert recorder.together(B, A, after=before, most=4) == places[:4]
    assert recorder.together(A, B, after=places[3], most=4) == places[4:8]
    assert recorder.together(A, C, after=before, most=4) == []


def test_a_deals_touches_are_found_without_its_persons(recorder):
    recorder.save(
        Changes(
            appearances={
                (A, an_id(n)): Appearance(n, deal=(D, E)[n % 2] if n < 20 else b"")
                for n in range(30)
            }
        )
    )
    found = recorder.deal_touches([D, E, C], [A], most=3)
    assert found == {D: [(n, an_id(n)) for n in (18, 16, 14)],
                     E: [(n, an_id(n)) for n in (19, 17, 15)]}  # fmt: skip
    assert recorder.deal_touches([b""], [A], most=3) == {}
    assert recorder.deal_touches([], [A], most=3) == {}


def test_it_is_known_into_which_deal_another_one_is_joined(recorder):
    recorder.save(Changes(joins={A: B, C: B}))
    recorder.save(Changes(joins={B: D, C: b""}))
    assert recorder.joined([A, B, C, D]) == {A: B, B: D}
    assert recorder.joined_into([B, C, D]) == {A: B, B: D}
    recorder.save(Changes(joins={A: D, B: b"", E: b""}))
    assert recorder.joined([A, B, E]) == {A: D}


def test_the_latest_deals_of_each_pipeline(recorder):
    deals = [Deal(an_id(n), C, "ab"[n % 2], activity=n // 4) for n in range(12)]
    other = Deal(an_id(90), C, "a", activity=99)
    recorder.save(Changes(deals={d.id: (A, d) for d in deals} | {other.id: (B, other)}))
    found = recorder.latest_deals(A, most=2)
    assert sorted(found) == [an_id(n) for n in (8, 9, 10, 11)]
    assert found[an_id(9)] == (A, deals[9])
    assert recorder.latest_deals(C, most=2) == {}


def test_appearances_are_counted(recorder):
    recorder.save(Changes(appearances=seen((A, C), (A, D), (B, C))))
    assert recorder.appearance_counts([A, B, C]) == {A: 2, B: 1}
    assert recorder.appearance_counts([]) == {}
    assert recorder.counted([A, B, C], most=9) == {A: 2, B: 1}
    assert recorder.counted([A, B, C], most=1) == {A: 1, B: 1}
    assert recorder.counted([], most=1) == {}


def test_decisions_stand_where_their_events_stand(recorder):
    recorder.save(Changes(events=[formed(A), formed(B)]))
    merge, veto = Hand(C, "merge", A, B, -2), Hand(D, "veto", B, E, -1)
    recorder.save(
        Changes(events=[formed(D), formed(C), formed(E)], hands=[(merge, True), (veto, True)])
    )
    veto, merge = veto._replace(position=3), merge._replace(position=4)
    assert recorder.hands([B]) == [veto, merge]
    assert recorder.hands([A]) == [merge]
    assert recorder.hands([E, B, B]) == [veto, merge]
    assert recorder.decision(C) == [(merge, True)]
    recorder.save(Changes(events=[formed(an_id(9))], hands=[(merge, False)]))
    assert recorder.hands([A, B]) == [veto]
    assert recorder.hands_ever([A, B]) == [veto, merge]
    assert recorder.hands_ever([]) == []
    assert recorder.decision(C) == [(merge, False)]
    recorder.save(Changes(hands=[(merge, True)]))
    assert recorder.decision(C) == [(merge, True)]
    assert recorder.decision(E) == []


def test_a_decision_made_and_undone_at_once_is_not_in_force(recorder):
    merge = Hand(C, "merge", A, B, -1)
    recorder.save(Changes(events=[formed(C)], hands=[(merge, True), (merge, False)]))
    assert recorder.decision(C) == [(merge._replace(position=1), False)]


def test_withdrawals_add_up(recorder):
    recorder.save(Changes(withdrawn={(A, B, C): 1, (A, B, D): 2}))
    recorder.save(Changes(withdrawn={(A, B, C): 1, (A, B, D): -2, (B, C, D): 1}))
    assert recorder.withdrawn([A]) == {(A, B, C): 2}
    assert recorder.withdrawn([A, B]) == {(A, B, C): 2, (B, C, D): 1}


def test_work_in_pieces_goes_on_from_where_it_is_known_to_be(recorder):
    one, other = Pending("deals", 0, 9), Pending("evidence", 3, 4)
    recorder.save(Changes(pending={A: (0, one), B: (0, other)}))
    assert recorder.pending() == {A: (1, one), B: (1, other)}
    recorder.save(Changes(pending={A: (1, further := Pending("deals", 5, 9))}))
    assert recorder.pending([A]) == {A: (2, further)}
    for known in (0, 1, 3):
        with pytest.raises(IntegrityError):
            recorder.save(Changes(pending={A: (known, one)}))
        with pytest.raises(IntegrityError):
            recorder.save(Changes(pending={A: (known or 3, None)}))
    recorder.save(Changes(pending={A: (2, None)}))
    with pytest.raises(IntegrityError):
        recorder.save(Changes(pending={A: (2, further)}))
    assert recorder.pending() == {B: (1, other)}


def test_what_work_in_pieces_has_counted_is_known_until_it_is_removed(recorder):
    recorder.save(Changes(counted={(A, C), (A, D), (B, C)}))
    with pytest.raises(IntegrityError):
        recorder.save(Changes(counted={(A, B), (A, C)}))
    assert recorder.counts_of(A, [B, C, D]) == {C, D}
    assert recorder.counts_of(B, []) == set()
    assert sorted(recorder.some_counts(A, most=5)) == sorted([C, D])
    assert len(recorder.some_counts(A, most=1)) == 1
    recorder.save(Changes(uncounted={(A, C), (A, D)}))
    assert recorder.some_counts(A, most=5) == []
    assert recorder.counts_of(B, [C]) == {C}


def test_event_ids_that_have_a_key_are_seen(recorder):
    recorder.save(Changes(keys={A: C, B: C}))
    assert recorder.seen([A, B, C, D, A]) == {A, B}
    assert recorder.seen([]) == set()


def test_keys_tell_what_they_stand_for(recorder):
    recorder.save(Changes(keys={A: C, B: D}))
    assert recorder.keyed([A, B, C]) == {A: C, B: D}
    assert recorder.keyed([]) == {}


def test_streams_are_read_whole_and_once(recorder):
    recorder.save(Changes(events=[formed(A, 1), formed(B, 1), formed(A, 2), formed(C, 1)]))
    found = recorder.streams([A, B, D, A], personal=False)
    assert {s: [r.version for r in events] for s, events in found.items()} == {A: [1, 2], B: [1]}
    assert [r.position for r in found[A]] == [1, 3]
    assert recorder.positions([(A, 2), (C, 1), (C, 2)]) == {(A, 2): 3, (C, 1): 4}
    assert recorder.positions([]) == {}


def test_the_first_event_of_a_stream_is_read_alone(recorder):
    recorder.save(Changes(events=[formed(A, 1, 1), formed(B, 1, 2), formed(A, 2, 3)]))
    first = recorder.first_events([A, A, B, C], personal=True)
    assert {stream: one.position for stream, one in first.items()} == {A: 1, B: 2}
    assert first[A].event == formed(A, 1, 1)[2]
    assert recorder.first_events([], personal=True) == {}


def test_what_formed_persons_since_a_position_is_told(recorder):
    shared = (B, 1, SharedChanged(shared=True, by="mark"), None)
    noted = (A, 3, NoteAdded(command=C, actor="anna", at=1, text="x", leaf=A), None)
    recorder.save(Changes(events=[formed(A), formed(A, 2), shared, noted, formed(C)]))
    assert {one.position for one in recorder.formed([A, B, B], 1)} == {2, 3}
    assert recorder.formed([A, B], 4) == recorder.formed([], 0) == []


def test_the_ledger_counts(recorder):
    recorder.save(Changes(ledger={("a", 1, "accepted"): 2, ("b", 1, "ignored"): 1}))
    recorder.save(Changes(ledger={("a", 1, "accepted"): 3, ("a", 2, "accepted"): 1}))
    assert recorder.ledger() == {
        ("a", 1, "accepted"): 5,
        ("b", 1, "ignored"): 1,
        ("a", 2, "accepted"): 1,
    }


def test_the_quarantine_keeps_each_delivery_once_until_it_is_released(recorder):
    first, second = Quarantine(A, "a", "spam", 9, b"{1}"), Quarantine(B, "b", "spam", 3, b"{2}")
    recorder.save(Changes(quarantine=[first, second, first._replace(content=b"later")]))
    recorder.save(Changes(quarantine=[first._replace(content=b"later still")]))
    assert recorder.quarantined() == [second, first]
    assert recorder.quarantined([A, C]) == [first]
    assert recorder.quarantined([]) == []
    recorder.save(Changes(released=[A, C]))
    assert recorder.quarantined() == [second]


def test_leads_are_named_once(recorder):
    base = base_on(recorder)
    ids = [lead(n, ("phone", f"+7912000000{n}", "claimed")) for n in range(3)]
    again = lead(1, ("phone", "+79120000001", "claimed"), delivery=1)
    base.handle([Entry("p", n, Lead(one)) for n, one in enumerate([*ids, again])])
    assert sorted(recorder.lead_ids()) == sorted(UUID(one.lead_id).bytes for one in ids)


def test_any_number_of_keys_can_be_asked_for_at_once(recorder):
    many = [an_id(n) for n in range(20_000)]
    recorder.save(Changes(cards={i: (0, card(i)) for i in many[::2]}, keys=dict.fromkeys(many, A)))
    assert recorder.cards(many).keys() == set(many[::2])
    assert recorder.seen(many) == set(many)
    assert len(recorder.pairs([(i, i) for i in many])) == 0
    assert len(recorder.streams(many, personal=False)) == 0


# --- the library's own ways ---


def test_the_librarys_own_methods_tell_the_same(recorder, request, store):
    if isinstance(store, SQLiteStore):
        why = "the library asks SQLite for a column rowid, which our table calls position"
        request.applymarker(pytest.mark.xfail(reason=why, strict=True))
    recorder.save(Changes(events=[formed(A), formed(B), formed(A, 2)]))
    stream = UUID(bytes=A)
    events = recorder.select_events(stream)
    assert [(e.originator_id, e.originator_version) for e in events] == [(stream, 1), (stream, 2)]
    newest = recorder.select_events(stream, desc=True, limit=1)
    assert [e.originator_version for e in newest] == [2]
    assert [e.originator_version for e in recorder.select_events(stream, gt=1, lte=2)] == [2]
    found = recorder.select_notifications(1, 10, inclusive_of_start=False)
    assert [(n.id, n.originator_version) for n in found] == [(2, 1), (3, 2)]
    assert [n.id for n in recorder.select_notifications(1, 1)] == [1]
    assert recorder.max_notification_id() == 3
    more = StoredEvent(stream, 3, "F", events[0].state)
    assert list(recorder.insert_events([more], tracking=Tracking("p", 4))) == [4]
    assert recorder.max_tracking_id("p") == 4
    with pytest.raises(IntegrityError):
        recorder.insert_events([StoredEvent(stream, 4, "F", more.state)], tracking=Tracking("p", 4))
    assert recorder.last_position() == 4


# --- many at once ---


def test_a_snapshot_shows_one_moment_to_its_end(store, recorder):
    other = store.open()
    recorder.save(Changes(cards={A: (0, card(A))}, events=[formed(A)]))
    with recorder.snapshot() as moment:
        assert moment.cards([A, B]).keys() == {A}
        other.save(Changes(cards={A: (1, card(B)), B: (0, card(B))}, events=[formed(B)]))
        assert moment.cards([A, B]) == {A: (1, card(A))}
        assert moment.streams([A, B], personal=False).keys() == {A}
    assert recorder.cards([A, B]) == {A: (2, card(B)), B: (1, card(B))}
    other.close()


def test_a_reader_that_follows_ten_writers_misses_nothing(store):
    """Commits out of order, or positions given out and not used, would lose events for ever."""
    stop = threading.Event()
    faults: list[BaseException] = []

    def write(number: int, recorder: CustomerRecorder) -> None:
        rng, stream, version = random.Random(number), an_id(number + 10), 0
        try:
            for turn in range(40):
                size = rng.randrange(1, 6)
                events = [formed(stream, version + n + 1, turn) for n in range(size)]
                doomed = turn % 5 == 4  # written, then refused: its positions must not be missed
                keys = {an_id(1): A} if doomed else {}
                try:
                    recorder.save(Changes(events=events, keys=keys))
                except IntegrityError:
                    assert doomed
                else:
                    assert not doomed or number == 0
                    version += size
        except BaseException as fault:  # noqa: BLE001 - told to the test
            faults.append(fault)
        finally:
            recorder.close()

    reader, seen = store.open(), []

    def follow() -> None:
        while not stop.is_set() or (reader.last_position() > (seen[-1].position if seen else 0)):
            seen.extend(reader.read(seen[-1].position if seen else 0, 7))

    reader.save(Changes(keys={an_id(1): A}))
    writers = [threading.Thread(target=write, args=(n, store.open())) for n in range(10)]
    follower = threading.Thread(target=follow)
    for thread in (follower, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    follower.join()
    assert not faults
    everything = reader.read(0, 100_000)
    reader.close()
    assert seen == list(everything)
    assert [r.position for r in seen] == list(range(1, len(seen) + 1))
    assert [r.recorded_at for r in seen] == sorted(r.recorded_at for r in seen)
    assert len({r.stream for r in seen}) == 10


def test_writers_of_the_same_rows_in_any_order_never_deadlock(store):
    """Whoever is second is told so, at once or after the first; the store never breaks one off."""
    recorder = store.open()
    leaves = [an_id(n) for n in range(12)]
    recorder.save(Changes(cards={leaf: (0, card(leaf)) for leaf in leaves}))
    faults: list[BaseException] = []
    saved = []

    def write(number: int, own: CustomerRecorder) -> None:
        rng = random.Random(number)
        try:
            for turn in range(60):
                chosen = rng.sample(leaves, 6)
                read = own.cards(chosen)
                changes = Changes(
                    events=[formed(an_id(1000 + number * 100 + turn))],
                    cards={leaf: (read[leaf][0], card(leaf)) for leaf in chosen},
                    pairs={
                        (a, b): Pair()
                        for a, b in zip(chosen, reversed(chosen), strict=True)
                        if a < b
                    },
                    appearances=seen(*((leaf, A) for leaf in chosen)),
                    ledger={("a", rng.randrange(3), "accepted"): 1},
                )
                try:
                    own.save(changes)
                except IntegrityError:
                    continue
                saved.append(len(chosen))
        except BaseException as fault:  # noqa: BLE001 - told to the test
            faults.append(fault)
        finally:
            own.close()

    threads = [threading.Thread(target=write, args=(n, store.open())) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    versions = sum(version - 1 for version, _ in recorder.cards(leaves).values())
    recorder.close()
    assert not faults
    assert saved
    assert versions == sum(saved)


def test_processors_that_are_given_the_same_leads_count_each_once(store):
    """Four at once, overlapping batches, shared people: a repeat is a repeat whoever had it."""
    rng = random.Random(7)
    leads = [
        lead(n, ("phone", f"+791200000{n % 30:02}", "claimed"), ("vk", str(n % 11), "attested"))
        for n in range(300)
    ]
    faults: list[BaseException] = []

    def process(number: int, order_: Sequence[int], recorder: CustomerRecorder) -> None:
        base = base_on(recorder)
        try:
            for start in range(0, len(order_), 10):
                entries = [
                    Entry(f"p{number}", start + n, Lead(leads[i]))
                    for n, i in enumerate(order_[start : start + 10])
                ]
                base.handle(entries)
        except BaseException as fault:  # noqa: BLE001 - told to the test
            faults.append(fault)
        finally:
            recorder.close()

    orders = [rng.sample(range(300), 300) for _ in range(4)]
    threads = [
        threading.Thread(target=process, args=(n, order_, store.open()))
        for n, order_ in enumerate(orders)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    recorder = store.open()
    totals: dict[str, int] = {}
    for (_, _, outcome), number in recorder.ledger().items():
        totals[outcome] = totals.get(outcome, 0) + number
    assert totals == {"accepted": 300, "duplicate": 900}
    recorded = [r for r in recorder.read(0, 100_000) if isinstance(r.event, LeadRecorded)]
    assert len(recorded) == len({r.stream for r in recorded}) == 300
    recorder.close()


# --- the same on every store ---


def random_world(fed: Fed, seed: int) -> None:
    """Leads, repeats, and decisions by hand, the same for the same seed."""
    rng = random.Random(seed)
    decisions: list[bytes] = []
    for number in range(60):
        if rng.random() < 0.7:
            ids = [
                (kind, value, proof)
                for kind, value, proof in (
                    ("phone", f"+7912000000{rng.randrange(6)}", "claimed"),
                    ("email", f"{rng.randrange(6)}@example.ru", "claimed"),
                    ("vk", str(rng.randrange(4)), "attested"),
                )
                if rng.random() < 0.6
            ]
            events = [
                lead(rng.randrange(40), *ids, at=1_700_000_000 + rng.randrange(10**6), delivery=d)
                for d in range(rng.randrange(1, 3))
            ]
            fed.feed(*events)
            for _ in islice(Follower(fed.base, piece=2).pieces(), rng.randrange(3)):
                pass
            continue
        leaves = sorted(leaf for leaves in fed.stored_persons().values() for leaf in leaves)
        if len(leaves) < 2:
            continue
        a, b = rng.sample(leaves, 2)
        by = order("anna", command=decision_id(seed * 1000 + number), at=1_800_000_000_000)
        commands = fed.commands
        try:
            match rng.randrange(4):
                case 0:
                    decisions.append(commands.merge(a, b, by).decision)
                case 1:
                    decisions.append(commands.veto(a, b, by).decision)
                case 2:
                    decisions.append(commands.mark(a, rng.random() < 0.5, by).decision)
                case 3 if decisions:
                    decisions.append(commands.undo(rng.choice(decisions), by).decision)
        except CommandRefused:
            continue


def reviews_kept(base: CustomerBase) -> list[Review]:
    bring_up_to_date(base)
    return base.recorder.reviews(after=BEFORE_REVIEWS, most=10**6)


@pytest.mark.parametrize(("seed", "at_once"), [(0, 1000), (1, 1000), (2, 2), (3, 1)])
def test_the_same_happens_on_every_store(seed, at_once, tmp_path, postgres):
    """Event for event and row for row: no decision may hang on the database."""
    found = []
    for bind in STORES.values():
        recorder = bind(tmp_path, lambda: fresh_database(postgres)).open()
        fed = Fed(base_on(recorder, most_touches_at_once=at_once))
        random_world(fed, seed)
        events = [replace(r, recorded_at=0) for r in recorder.read(0, 10**6, personal=True)]
        heads = recorder.heads(b"", 10**6)
        leaves = set(recorder.members(heads))
        found.append(
            {
                "events": events,
                "cards": recorder.cards(leaves),
                "pairs": recorder.pairs_of(leaves),
                "appearances": recorder.appearances(leaves),
                "hands": recorder.hands(leaves),
                "ledger": recorder.ledger(),
                "pending": recorder.pending(),
                "deals": recorder.deals_of(leaves),
                "stands": fed.stored_stands(),
                "stirred": recorder.stirred(most=10**6),
                "reviews": reviews_kept(fed.base),
            }
        )
        recorder.close()
    assert len(found[0]["events"]) > 50
    for other in found[1:]:
        assert other == found[0]


def test_a_store_from_before_appearances_had_an_order_is_brought_up_to_date(store):
    """Opened, it has the rows that it would have had from the beginning (ADR 0024)."""
    recorder = store.open()
    random_world(Fed(base_on(recorder)), 5)
    recorder.close()
    put_far(store)
    kept = "SELECT leaf, role, at, lead, deal FROM appearance ORDER BY leaf, role, at, lead"
    joins = "SELECT deal, target FROM deal_joined ORDER BY deal"
    before = store.raw(kept), store.raw(joins)
    assert len(before[0]) > 30
    assert before[1]
    postgres = isinstance(store, PostgresStore)
    kind = "bytea" if postgres else "BLOB"
    for statement in (
        "CREATE TABLE copied AS SELECT leaf, lead FROM appearance",
        "DROP TABLE appearance",
        f"CREATE TABLE appearance (leaf {kind}, lead {kind}, PRIMARY KEY (leaf, lead))",
        "INSERT INTO appearance SELECT leaf, lead FROM copied",
        "DROP TABLE copied",
        "DROP TABLE deal_joined",
        *(["COMMENT ON TABLE clock IS NULL"] if postgres else []),
    ):
        store.raw(statement)
    for _ in range(2):
        store.open().close()
        assert (store.raw(kept), store.raw(joins)) == before
    with pytest.raises(store.raw_faults):
        store.raw(f"SELECT leaf FROM {OLD}")  # noqa: S608 - a name of ours


def test_a_store_from_before_the_review_queue_was_kept_is_brought_up_to_date(store):
    """Opened, it has noted about whom the queue is to be made: it is what it was (ADR 0028)."""
    recorder = store.open()
    fed = Fed(base_on(recorder))
    random_world(fed, 6)
    visitor, phone, vk = (("visitor", "v"), ("phone", "+79121111111"), ("vk", "77"))
    fed.feed(
        *(
            lead(100 + n, (*visitor, "claimed"), (*who, "claimed"))
            for n, who in enumerate((phone, vk))
        )
    )
    fed.feed(lead(103, ("max", "7", "claimed"), ("vk", "78", "claimed")))
    expected = reviews_kept(fed.base)
    assert {row.why for row in expected} >= {"rule", "device", "limit"}
    recorder.close()
    store.raw("DROP TABLE review")
    store.raw("DROP TABLE review_stirred")
    if isinstance(store, PostgresStore):
        store.raw("COMMENT ON TABLE clock IS NULL")
    for _ in range(2):
        recorder = store.open()
        assert reviews_kept(base_on(recorder)) == expected
        recorder.close()


def sold_world(fed: Fed) -> None:
    """Customers whose deals end, and who come back; some have many deals."""
    commands, rng = DealCommands(fed.base), random.Random(7)
    for number in range(120):
        who = ("phone", f"+7912000000{rng.randrange(6)}", "claimed")
        kind, way = rng.choice(["message", "message", "form"]), rng.choice(["in", "in", "out"])
        fed.feed(lead(number, who, at=1_700_000_000 + number, kind=kind, direction=way))
        for deal in deals_told(fed).values():
            by = order("anna", command=decision_id(rng.randrange(2**64)), at=1_700_000_000_000)
            if deal.status == "open" and rng.random() < 0.3:
                commands.close(deal.id, "won", by)
            elif deal.status == "won" and rng.random() < 0.01:
                commands.reopen(deal.id, by)
            elif rng.random() < 0.2:
                commands.own(deal.id, rng.choice(["anna", "vera"]), by)


def deals_told(fed: Fed) -> dict[Id, Deal]:
    recorder = fed.base.recorder
    rows = {d: row for d, (_, row) in recorder.deals_of(recorder.heads(b"", 99)).items()}
    for _, card in recorder.cards(recorder.heads(b"", 99)).values():
        rows |= {deal.id: deal for deal in card.deals}
    return rows


def test_a_store_from_before_returns_were_kept_is_brought_up_to_date(store):
    """Opened, it knows what came to its ended deals, as if it had always noted that (ADR 0032)."""
    recorder = store.open()
    fed = Fed(base_on(recorder, most_deals_in_a_row=2))
    sold_world(fed)
    deals, rows = deals_told(fed), read_returned(recorder, most=99)
    assert len(rows) > 3
    assert {type(recorder.deal_rows([row.deal]).get(row.deal)) for row in rows} == {
        tuple,
        type(None),
    }
    forgotten = Changes()
    for leaf, (version, card) in recorder.cards(recorder.heads(b"", 99)).items():
        for deal in card.deals:
            deal.returned = None
        forgotten.cards[leaf] = (version, card)
    for name, (person, deal) in recorder.deal_rows(deals).items():
        deal.returned = None
        forgotten.deals[name] = (person, deal)
    recorder.save(forgotten)
    assert all(deal.returned is None for deal in deals_told(fed).values())
    recorder.close()
    store.raw("DROP TABLE returned")
    if isinstance(store, PostgresStore):
        store.raw("COMMENT ON TABLE clock IS NULL")
    for _ in range(2):
        recorder = store.open()
        fed.base.recorder = recorder
        assert read_returned(recorder, most=99) == rows
        assert deals_told(fed) == deals
        recorder.close()


def test_addresses_of_one_mailbox_become_one_person_by_a_rematch(recorder):
    base = base_on(recorder)
    adopt(base)
    mails = [("email", f"{name}@gmail.com", "claimed") for name in ("a.b", "ab+x", "c.d")]
    leads = [lead(n, mail, ("phone", f"+7912000000{n}", "claimed")) for n, mail in enumerate(mails)]
    base.handle([Entry("log", n, Lead(one)) for n, one in enumerate(leads)])
    folding = replace(MATCHING, version=2, folds=(Fold(("gmail.com",), dots=True, tags="+"),))
    base = base_on(recorder, configured=folding, most_items_at_once=1, most_leads_at_once=0)
    base.policy = effective_policy(recorder, KEYRING, base.policy)
    adopt(base)
    rematch(base, order("anna", command=decision_id(1)))
    first, second, third = (KEYRING.leaf(*mail[:2]) for mail in mails)
    mailbox = KEYRING.leaf("email", "ab@gmail.com")
    rows = {
        leaf: card for leaf, (_, card) in recorder.cards([first, second, third, mailbox]).items()
    }
    assert rows[first].person == rows[second].person == rows[mailbox].person != rows[third].person
    assert (rows[second].mailbox, rows[mailbox].unbrought) == (mailbox, True)
    (link,) = Explainer(Cards(base)).two(second, mailbox)["links"]
    assert (link["rule"], link["version"]) == ("one mailbox", 2)
