"""Which matching configuration holds for whom (SEMANTICS 2.3.7)."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from uuid import UUID

import msgspec
import pytest
from support.worlds import KEYRING, MATCHING, Fed, base, check, decision_id, lead

from eventstore import customer_base
from eventstore.adoption import adopt
from eventstore.customer_base import CustomerBase
from eventstore.domain.events import MatchingAdopted, MatchingApplied
from eventstore.domain.matching import Matching
from eventstore.domain.pipeline import SALES
from eventstore.following import Follower
from eventstore.orders import CommandRefused, CommandReused, order
from eventstore.policy import Policy
from eventstore.queries import Cards
from eventstore.recorders.sqlite import SQLiteCustomerRecorder
from eventstore.rematching import rematch
from eventstore.versions import STREAM, VersionChanged, effective_policy, in_force
from leadlog.cli.card_text import following

NO_FORMS = msgspec.structs.replace(MATCHING, version=2, rules=MATCHING.rules[:3])
"""Version 2 without the rule `one form`."""


def reopened(fed: Fed, matching: Matching) -> Fed:
    recorder = fed.base.recorder
    policy = effective_policy(recorder, KEYRING, Policy.of(matching, [SALES]))
    again = CustomerBase(recorder, KEYRING, policy)
    adopt(again)
    return Fed(again, fed.offsets, fed.events, fed.journal)


@pytest.fixture
def fed(tmp_path):
    started = Fed(base(tmp_path / "events.db"))
    adopt(started.base)
    yield started
    started.base.recorder.close()


def form(number: int, phone: str, email: str):
    return lead(number, ("phone", phone, "claimed"), ("email", email, "claimed"))


def persons(fed: Fed) -> int:
    return len(fed.stored_persons())


def test_a_lead_is_judged_by_the_version_of_its_first_record(fed):
    fed.feed(form(1, "+79120000001", "a@x.ru"))
    later = reopened(fed, NO_FORMS)
    later.feed(form(2, "+79120000002", "b@x.ru"))
    assert persons(later) == 3


def test_a_version_that_reads_otherwise_is_refused(fed):
    with pytest.raises(VersionChanged, match="higher version"):
        reopened(fed, msgspec.structs.replace(NO_FORMS, version=1))


class Overtaken(SQLiteCustomerRecorder):
    """Another process, `other`, starts in the moment before the first save."""

    other: CustomerBase | None = None

    def save(self, changes, meanwhile=None):
        if other := self.other:
            self.other = None
            adopt(other)
        return super().save(changes, meanwhile)


def two_that_start_at_once(path, matching: Matching) -> CustomerBase:
    """The later of them, with its own idea of version 1."""
    recorder = Overtaken(path)
    recorder.other = base(path)
    return CustomerBase(recorder, KEYRING, Policy.of(matching, [SALES]))


def test_of_two_that_start_at_once_one_records_the_version(tmp_path):
    later = two_that_start_at_once(tmp_path / "events.db", MATCHING)
    adopt(later)
    assert [type(r.event) for r in later.recorder.read(0, 10)] == [MatchingAdopted]


def test_of_two_that_start_at_once_with_other_content_one_is_refused(tmp_path):
    other = msgspec.structs.replace(NO_FORMS, version=1)
    with pytest.raises(VersionChanged, match="higher version"):
        adopt(two_that_start_at_once(tmp_path / "events.db", other))


LISTED = msgspec.structs.replace(MATCHING, version=2, shared=("phone:+79120000042",))


def test_what_the_list_of_shared_identities_names_is_sealed(fed, tmp_path):
    later = reopened(fed, LISTED)
    later.base.recorder.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("events.db*"))
    assert b"79120000042" not in stored
    assert b"anchors" not in stored
    again = reopened(Fed(base(tmp_path / "events.db")), LISTED)
    with pytest.raises(VersionChanged):
        reopened(again, msgspec.structs.replace(LISTED, shared=()))
    again.base.recorder.close()


def test_a_version_that_was_stored_open_is_read(fed):
    """So it was before lists were sealed."""
    content = msgspec.json.encode(LISTED)
    adopted = MatchingAdopted(number=2, content=content, at=1_700_000_000_000)
    fed.base.attempt(lambda work: work.emit(STREAM, adopted))
    later = reopened(fed, LISTED)
    last = later.base.recorder.last_position()
    assert reopened(later, LISTED).base.recorder.last_position() == last
    rematch(later.base, order("anna"))
    later.feed(form(1, "+79120000042", "a@x.ru"))
    assert persons(later) == 2


def test_a_rematch_applies_rules_to_the_past(fed):
    fed.feed(form(1, "+79120000001", "a@x.ru"))
    later = reopened(fed, NO_FORMS)
    rematch(later.base, order("anna"))
    assert persons(later) == 2


def test_a_thread_that_sees_less_takes_nothing_back(fed, monkeypatch):
    """Its batch began before the rematch, and finds out what is applied while another's does."""
    later = reopened(fed, NO_FORMS)
    recorder, policy = fed.base.recorder, later.base.policy
    shared, began, go_on = CustomerBase(recorder, KEYRING, policy), Event(), Event()

    def slowly(*given):
        if not began.is_set():
            began.set()
            go_on.wait(0.3)
        return in_force(*given)

    with recorder.snapshot() as before, ThreadPoolExecutor(1) as other:
        before.streams([STREAM], personal=False)  # the moment that it sees
        rematch(later.base, order("anna"))
        monkeypatch.setattr(customer_base, "in_force", slowly)
        earlier = other.submit(shared._policy_now, before)
        assert began.wait(60)
        with recorder.snapshot() as after:
            assert shared._policy_now(after).applied == 2
        go_on.set()
        assert earlier.result(60).applied == 1
    assert shared.policy.applied == 2


def test_new_limits_wait_for_a_rematch(fed):
    for number in range(4):
        fed.feed(form(number, "+79120000001", f"{number}@x.ru"))
    assert persons(fed) == 5
    generous = msgspec.structs.replace(MATCHING, version=2, limits={"default": 9})
    later = reopened(fed, generous)
    later.feed(form(9, "+79120000001", "9@x.ru"))
    assert persons(later) == 6
    rematch(later.base, order("anna"))
    assert persons(later) == 1


def test_a_dry_run_tells_and_changes_nothing(fed):
    fed.feed(form(1, "+79120000001", "a@x.ru"))
    later = reopened(fed, NO_FORMS)
    decided = rematch(later.base, order("anna"), dry_run=True)
    assert (decided.changed.persons, persons(later)) == (2, 1)


def test_the_reason_of_a_rematch_is_sealed_and_kept_through_its_end(fed, tmp_path):
    fed.feed(form(1, "+79120000001", "a@x.ru"))
    later = reopened(fed, NO_FORMS)
    by = order("anna", command=decision_id(1))
    decided = rematch(later.base, by, reason="Аглая просила")
    assert rematch(later.base, by, reason="Аглая просила") == decided
    with pytest.raises(CommandReused):
        rematch(later.base, by, reason="another one")
    recorded = later.base.recorder.streams([STREAM], personal=True)[STREAM]
    reasons = [one.event.reason for one in recorded if isinstance(one.event, MatchingApplied)]
    assert reasons == ["Аглая просила", ""]
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("events.db*"))
    assert "Аглая".encode() not in stored


def test_a_rematch_of_an_empty_store_is_taken_with_a_reason_too(fed):
    later = reopened(fed, NO_FORMS)
    assert rematch(later.base, order("anna"), reason="to begin with").changed == (0, 0, 0)


def test_a_second_rematch_is_refused(fed):
    with pytest.raises(CommandRefused, match="applied"):
        rematch(fed.base, order("anna"))


def test_after_a_rematch_the_partition_is_the_oracles(fed):
    for number in range(4):
        fed.feed(form(number, "+79120000001", f"{number % 3}@x.ru"))
    fed.feed(lead(4, ("telegram", "7", "attested"), ("email", "1@x.ru", "claimed")))
    later = reopened(fed, NO_FORMS)
    rematch(later.base, order("anna"))
    check(later, later.facts())
    assert sorted(map(len, later.stored_persons().values())) == [1, 1, 1, 2]


def test_more_about_a_lead_leaves_its_anchor_by_the_order_of_its_first_record(fed):
    accounts = (("telegram", "7", "attested"), ("vk", "8", "attested"))
    fed.feed(lead(1, *accounts))
    vk_first = msgspec.structs.replace(MATCHING, version=2, anchors=("vk", "telegram"))
    later = reopened(fed, vk_first)
    later.feed(lead(1, ("email", "a@x.ru", "claimed"), delivery=1))
    assert set(later.stored_stands().values()) == {KEYRING.leaf("telegram", "7")}
    later.feed(lead(2, *accounts))
    assert set(later.stored_stands().values()) == {
        KEYRING.leaf("telegram", "7"),
        KEYRING.leaf("vk", "8"),
    }


def test_after_a_rematch_more_about_a_lead_sorts_it_as_leads_left_alone(fed):
    accounts = (("telegram", "7", "attested"), ("vk", "8", "attested"))
    fed.feed(lead(1, *accounts), lead(2, *accounts))
    vk_first = msgspec.structs.replace(MATCHING, version=2, anchors=("vk", "telegram"))
    later = reopened(fed, vk_first)
    rematch(later.base, order("anna"))
    later.feed(lead(1, ("email", "a@x.ru", "claimed"), delivery=1))
    assert set(later.stored_stands().values()) == {KEYRING.leaf("vk", "8")}


def test_a_rematch_puts_leads_on_the_anchor_of_the_new_order(fed):
    fed.feed(lead(1, ("vk", "7", "attested"), ("telegram", "1", "attested")))
    first = KEYRING.leaf("telegram", "1")
    assert set(fed.stored_stands().values()) == {first}
    turned = msgspec.structs.replace(MATCHING, version=2, anchors=("vk", "telegram"))
    later = reopened(fed, turned)
    rematch(later.base, order("anna"))
    assert set(later.stored_stands().values()) == {KEYRING.leaf("vk", "7")}


def test_a_process_judges_by_what_another_has_applied_from_the_next_batch_on(fed, tmp_path):
    """It was started before, and has an earlier version configured."""
    for number in range(4):
        fed.feed(form(number, "+79120000001", f"{number}@x.ru"))
    generous = msgspec.structs.replace(MATCHING, version=2, limits={"default": 9})
    elsewhere = base(tmp_path / "events.db")
    recorder = elsewhere.recorder
    policy = effective_policy(recorder, KEYRING, Policy.of(generous, [SALES]))
    other = CustomerBase(recorder, KEYRING, policy)
    adopt(other)
    rematch(other, order("anna"))
    assert persons(fed) == 1
    fed.feed(form(9, "+79120000001", "9@x.ru"))
    assert persons(fed) == 1
    check(Fed(other, fed.offsets, fed.events, fed.journal), fed.facts())
    recorder.close()


def test_a_rematch_in_many_pieces_gives_what_one_gives(fed):
    fed.feed(*(form(n, f"+7912{n % 300:07d}", f"{n % 200}@x.ru") for n in range(450)))
    later = reopened(fed, NO_FORMS)
    told = []

    def progress(done, of):
        told.append((done, of))

    rematch(later.base, order("anna"), dry_run=True, progress=progress)
    assert told == [(200, 500), (400, 500), (500, 500)]
    assert persons(later) < 500
    told.clear()
    rematch(later.base, order("anna"), progress=progress)
    assert persons(later) == 500
    assert told == [(200, 500), (400, 500), (500, 500)]


def half_way(fed):
    """Begun, and killed after a piece; opened again."""
    fed.feed(*(form(number, f"+7912{number:07d}", f"{number}@x.ru") for number in range(300)))
    later = reopened(fed, NO_FORMS)

    def killed(done: int, of: int) -> None:
        raise KeyboardInterrupt(done, of)

    with pytest.raises(KeyboardInterrupt):
        rematch(later.base, order("anna"), progress=killed)
    assert 300 < persons(later) < 600
    return reopened(later, NO_FORMS)


def test_a_rematch_that_was_killed_goes_on_where_it_stood_when_it_is_given_again(fed):
    again = half_way(fed)
    told = []
    rematch(
        again.base,
        order("anna"),
        progress=lambda done, of: told.append((done, of)),
    )
    assert told == [(400, 600), (600, 600)]
    assert persons(again) == 600
    with pytest.raises(CommandRefused, match="applied"):
        rematch(again.base, order("anna"))


def test_whoever_reads_a_card_that_a_rematch_has_not_come_to_is_told_so(fed):
    again = half_way(fed)
    cards = Cards(again.base)
    leaves = sorted(KEYRING.leaf("email", f"{number}@x.ru") for number in range(300))
    told = {"pending": {"touches": 0, "done": 0, "rematch": {"of": 600, "done": 200}}}
    assert told.items() <= cards.show(str(UUID(bytes=leaves[-1]))).items()
    assert "pending" not in cards.show(str(UUID(bytes=leaves[0])))
    assert following(told) == "a rematch goes on: 200 of 600 cards done"


def test_a_rematch_that_was_killed_is_carried_on_beside_the_processor(fed):
    again = half_way(fed)
    again.feed(form(900, "+79120000900", "900@x.ru"))
    Follower(again.base).drain()
    assert persons(again) == 602
    assert not again.base.recorder.pending()


def test_a_rematch_that_was_killed_ends_though_the_configuration_was_put_back(fed):
    """As it would have with the version that it applies."""
    half_way(fed)
    back = reopened(fed, MATCHING)
    assert back.base.policy.matching == msgspec.structs.replace(NO_FORMS, version=1)
    back.feed(form(900, "+79120000900", "900@x.ru"))
    Follower(back.base).drain()
    assert not back.base.recorder.pending()
    assert persons(back) == 602
    back.feed(form(901, "+79120000901", "901@x.ru"))
    assert persons(back) == 604
    rematch(back.base, order("anna"))
    assert persons(back) == 302


def test_another_version_applied_meanwhile_takes_the_place_of_the_one_that_goes_on(fed):
    half_way(fed)
    back = reopened(fed, MATCHING)
    pieces = Follower(back.base).pieces()
    next(pieces)
    other = reopened(fed, MATCHING)
    rematch(other.base, order("boris"), progress=lambda *_: list(pieces))
    assert persons(back) == 300


def test_the_same_rematch_again_is_answered_as_it_was_the_first_time(fed):
    fed.feed(form(1, "+79120000001", "a@x.ru"))
    later = reopened(fed, NO_FORMS)
    by = order("anna", command=decision_id(1))
    first = rematch(later.base, by)
    later.feed(form(2, "+79120000001", "b@x.ru"))
    position = later.base.recorder.last_position()
    assert first.changed.persons == 2
    assert rematch(later.base, by) == first
    assert later.base.recorder.last_position() == position


def test_a_rematch_has_its_command_id_for_itself(fed):
    fed.feed(form(1, "+79120000001", "a@x.ru"))
    later = reopened(fed, NO_FORMS)
    by = order("anna", command=decision_id(1))
    rematch(later.base, by)
    leaf = KEYRING.leaf("phone", "+79120000001")
    with pytest.raises(CommandReused):
        later.commands.mark(leaf, True, by)
    marked = later.commands.mark(leaf, True, order("anna", command=decision_id(2)))
    newer = reopened(later, msgspec.structs.replace(MATCHING, version=3))
    for taken in (by.command, marked.decision):
        with pytest.raises(CommandReused):
            rematch(newer.base, order("anna", command=str(UUID(bytes=taken))))


def test_a_rematch_that_another_command_ended_is_answered_with_all_that_it_changed(fed):
    again = half_way(fed)
    decided = rematch(again.base, order("boris", command=decision_id(2)))
    assert decided.changed.persons == 600
    assert rematch(again.base, order("boris", command=decision_id(2))) == decided
