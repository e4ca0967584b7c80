"""`card show --at` gives what was shown then, whatever came since (SEMANTICS 5.4)."""

import json
import re
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from support.desks import claimed, client, feed, lead, lead_id, opened
from support.waiting import wait_until

from channels.sdk.times import canonical_time
from leadlog.control import OperationFailed
from leadlog.operations import run
from projections.moments import write_moment

OFFICE, ANNA, BORIS = "phone:+74950000001", "email:anna@x.ru", "email:boris@x.ru"


@pytest.fixture
def system(tmp_path):
    with opened(tmp_path) as system:
        yield system


def shown(system, name, **more):
    """Without what names the reading itself."""
    (card,) = run(system, "card.show", {"id": name, **more})
    return {key: value for key, value in card.items() if key not in ("version", "as_of")}


def check_then(system, *names):
    """What is shown now, whole and as a page, is for ever what was known here.

    Gives a check to be made later.
    """
    position = str(system.base.recorder.last_position())
    asked = [(name, {"all": every}) for name in names for every in (False, True)]
    asked += [(name, {"all": True, "most": 1}) for name in names]
    now = [shown(system, name, **more) for name, more in asked]

    def check():
        for (name, more), card in zip(asked, now, strict=True):
            assert shown(system, name, at=position, **more) == card, more

    check()
    return check


def move(system, deal, action, **given):
    list(run(system, "deal.command", {"id": deal, "action": action, **given}))


def test_a_list_that_came_later_shares_nothing_before(tmp_path):
    with opened(tmp_path) as system:
        feed(system, lead(1, claimed(OFFICE), claimed(ANNA)))
        position = str(system.base.recorder.last_position())
        before = shown(system, OFFICE)
    settings = f'[matching]\nversion = 2\nshared = ["{OFFICE}"]\n'
    with opened(tmp_path, settings) as system:
        list(run(system, "card.rematch", {}))
        assert [leaf["shared"] for leaf in shown(system, OFFICE)["leaves"]] == [True]
        assert shown(system, OFFICE, at=position) == before


def test_a_lead_without_identity_is_shown_as_known_and_where_it_went(system):
    feed(system, lead(1, kind="call"))
    (own,) = run(system, "card.list", {})
    check = check_then(system, own["id"])
    feed(system, lead_more(1, claimed(ANNA)))
    later = check_then(system, own["id"], ANNA)
    feed(system, lead(2, claimed(ANNA), claimed(OFFICE)))
    check()
    later()


def lead_more(number, *identities, hour=10):
    told = json.loads(lead(number, *identities, hour=hour, kind="call", amends=True))
    return json.dumps({**told, "event_id": lead_id(1000 + number)})


def test_deals_of_others_and_of_later_are_not_shown(system):
    feed(system, lead(1, claimed(OFFICE), claimed(ANNA)))
    (mark,) = run(system, "card.mark", {"id": OFFICE, "shared": True})
    check = check_then(system, OFFICE, ANNA)
    feed(system, lead(2, claimed(OFFICE), claimed(BORIS), hour=10))
    (merge,) = run(system, "card.merge", {"id": ANNA, "other": BORIS})
    joined = check_then(system, ANNA, BORIS)
    for decision in (merge, mark):
        list(run(system, "card.undo", {"decision": decision["decision"]}))
    check_then(system, ANNA, BORIS)
    check()
    joined()


def test_deals_are_in_the_order_of_their_opening_with_the_amounts_of_then(system):
    order = {"order": {"amount": "100", "currency": "EUR"}}
    feed(system, lead(1, claimed(ANNA), hour=12, **order), lead(2, claimed(BORIS), hour=11))
    late, early = (shown(system, name)["deals"][0]["id"] for name in (ANNA, BORIS))
    move(system, late, "won", amount="777")
    move(system, early, "accept")
    list(run(system, "card.merge", {"id": ANNA, "other": BORIS}))
    check = check_then(system, ANNA)
    first, second = shown(system, ANNA)["deals"]
    assert (first["id"], second["id"]) == (early, late)
    assert (second["amount"], second["currency"]) == ("777", "EUR")
    move(system, early, "lost", reason="price")
    check()


def test_any_position_may_be_asked_for_also_amid_what_was_recorded_at_once(system):
    feed(system, lead(1, claimed(ANNA), claimed(OFFICE)), lead(2, claimed(BORIS)))
    list(run(system, "card.merge", {"id": ANNA, "other": BORIS}))
    newest = system.base.recorder.last_position()
    known = [position for position in range(1, newest + 3) if is_known(system, ANNA, position)]
    assert known == list(range(known[0], newest + 1))


def is_known(system, name, position):
    try:
        return bool(shown(system, name, at=str(position)))
    except OperationFailed:
        return False


def test_a_page_is_what_it_was_too(system):
    feed(
        system,
        *(lead(n, claimed(ANNA), hour=n, order={"amount": f"{n}", "currency": "EUR"})
          for n in range(1, 6)),
        lead(6, claimed(ANNA), claimed(OFFICE), hour=6, kind="call"),
    )  # fmt: skip
    position, first = str(system.base.recorder.last_position()), shown(system, ANNA, most=2)
    place = first["older"]["before"]
    second = shown(system, ANNA, most=2, before=place)
    assert second["older"]["touches"] == 2
    assert [leaf["proof"] for leaf in first["leaves"]] == ["claimed", "claimed"]
    assert [deal["amount"] for deal in first["deals"]] == ["5"]
    feed(system, *(lead(n, attested(ANNA), hour=n) for n in (7, 8, 9)))
    feed(system, lead_more(2, attested(OFFICE), hour=0))
    move(system, first["deals"][0]["id"], "won", amount="777")
    assert shown(system, ANNA, most=2)["leaves"] != first["leaves"]
    assert shown(system, ANNA, most=2, at=position) == first
    assert shown(system, ANNA, most=2, before=place, at=position) == second


def attested(name):
    return (*claimed(name)[:2], "attested")


def test_a_proof_by_one_of_many_leads_is_told_also_where_it_gives_it_no_more(system):
    for number in range(5):
        proven = attested(ANNA) if number == 2 else claimed(ANNA)
        feed(system, lead(number, proven, hour=number + 5))
    check = check_then(system, ANNA)
    assert [leaf["proof"] for leaf in shown(system, ANNA, most=1)["leaves"]] == ["attested"]
    check()
    feed(system, lead_more(2, *(claimed(f"email:{n}@x.ru") for n in range(4)), hour=1))
    assert [leaf["proof"] for leaf in shown(system, ANNA, most=1)["leaves"]] == ["claimed"]
    check()


def test_joins_that_were_undone_then_tell_nothing(system):
    feed(system, lead(1, claimed(ANNA), hour=11, order={"amount": "50", "currency": "EUR"}))
    feed(system, lead(2, claimed(BORIS), hour=12, order={"amount": "100", "currency": "EUR"}))
    apart = check_then(system, ANNA, BORIS)
    (merge,) = run(system, "card.merge", {"id": ANNA, "other": BORIS})
    joined = check_then(system, ANNA)
    list(run(system, "card.undo", {"decision": merge["decision"]}))
    for check in (apart, joined, check_then(system, ANNA, BORIS)):
        check()


def test_a_card_as_known_at_a_time_is_that_of_the_last_position_by_then(system):
    feed(system, lead(1, claimed(ANNA), claimed(OFFICE)))
    last = system.base.recorder.last_position()
    (newest,) = system.base.recorder.read(last - 1, 1)
    before, now = shown(system, ANNA), newest.recorded_at
    wait_until(lambda: time.time_ns() // 1_000_000 > now)
    list(run(system, "card.mark", {"id": OFFICE, "shared": True}))
    assert shown(system, ANNA) != before
    assert shown(system, ANNA, at=write_moment(now)) == before == shown(system, ANNA, at=str(last))
    with pytest.raises(OperationFailed, match="nobody knew"):
        shown(system, ANNA, at="2020-01-01")


AHEAD = {
    "9999": ("the newest is", "Позиции 9999 ещё нет"),
    "2999-01-31": ("2999-01-31T00:00:00.000Z is in the future", "ещё не наступило"),
}


@pytest.mark.parametrize("at", AHEAD)
def test_what_will_be_known_then_nobody_can_tell(system, at):
    feed(system, lead(1, claimed(ANNA)))
    with pytest.raises(OperationFailed, match=AHEAD[at][0]) as refused:
        shown(system, ANNA, at=at)
    assert refused.value.status == 2
    with client(system) as desk:
        for language, told in zip(("en", "ru"), AHEAD[at], strict=True):
            desk.headers["Accept-Language"] = language
            for path in (f"/api/v1/cards/{ANNA}?at=", f"/cards/{ANNA}?at=", "/numbers?as_of="):
                answer = desk.get(path + at)
                assert (answer.status_code, told in answer.text) == (400, True), path


def test_a_page_of_the_past_tells_its_time_as_other_pages_do(system):
    feed(system, lead(1, claimed(ANNA)))
    moment = datetime.now(timezone(timedelta(hours=3))).isoformat(timespec="milliseconds")
    position = system.base.recorder.last_position()
    with client(system) as desk:
        desk.headers["Accept-Language"] = "ru"
        by_time = desk.get(f"/cards/{ANNA}", params={"at": moment}).text
        by_position = desk.get(f"/cards/{ANNA}", params={"at": str(position)}).text
    assert re.search(f'на\\s+<time datetime="{canonical_time(moment)}"', by_time)
    assert f"Как было известно на позиции {position}." in by_position


def test_a_day_is_shown_as_it_was_known_at_its_end_and_today_as_it_is_now(system):
    feed(system, lead(1, claimed(ANNA)))
    today = datetime.now(UTC)
    with client(system) as desk:
        past = desk.get(f"/cards/{ANNA}", params={"day": "2020-01-31"}, follow_redirects=False)
        now = desk.get(f"/cards/{ANNA}", params={"day": f"{today:%Y-%m-%d}"}).text
        wrong = desk.get(f"/cards/{ANNA}", params={"day": "2020-02-31"})
    assert past.headers["Location"].endswith("?at=2020-01-31T23%3A59%3A59.999Z")
    assert "As it was known" not in now
    assert "as known at the end of" in now
    assert wrong.status_code == 400
    assert "no time: " in wrong.text


def test_the_cards_that_a_withdrawal_was_about_are_told_in_one_order(system):
    mails = [f"email:{name}@x.ru" for name in ("a", "b", "c", "d")]
    feed(system, *(lead(n, claimed(OFFICE), claimed(mail)) for n, mail in enumerate(mails)))
    (card,) = run(system, "card.show", {"id": OFFICE})
    office, *others = (leaf["id"] for leaf in card["leaves"])
    list(run(system, "card.withdraw", {"identity": OFFICE}))
    (card,) = run(system, "card.show", {"id": OFFICE})
    (told,) = (e["leaves"] for e in card["timeline"] if e["type"] == "decision")
    pairs = sorted(sorted((office, other)) for other in others)
    assert told == list(dict.fromkeys(leaf for pair in pairs for leaf in pair))


def test_what_waited_at_an_ended_deal_is_told_as_it_waited_then(system):
    feed(system, lead(1, claimed(ANNA)))
    (deal,) = [deal["id"] for deal in shown(system, ANNA)["deals"]]
    move(system, deal, "won")
    then = []

    def note():
        deals = shown(system, ANNA)["deals"]
        then.append((str(system.base.recorder.last_position()), deals))
        return deals[0].get("returned")

    def written(number, **more):
        feed(system, lead(number, claimed(ANNA), hour=9 + number, kind="message", **more))
        found = note()
        return found and (found["touches"], found["first"])

    def decided(name, **given):
        (told,) = run(system, name, given)
        note()
        return told["decision"]

    assert [written(2, direction="out"), written(3), written(4)] == [
        None, (1, lead_id(3)), (2, lead_id(3)),
    ]  # fmt: skip
    left = decided("deal.leave", id=deal)
    assert written(5) == (1, lead_id(5))
    decided("card.undo", decision=left)
    assert written(6) == (4, lead_id(3))
    decided("card.undo", decision=decided("deal.anew", id=deal))
    move(system, deal, "reopen")
    move(system, deal, "lost", reason="price")
    assert written(7) == (1, lead_id(7))
    for position, deals in then:
        assert shown(system, ANNA, at=position)["deals"] == deals
