"""What comes to a deal after it was won or lost is put before its owner (SEMANTICS 3.3, 3.5, 7)."""

import pytest
from support.deals_oracle import returned_rows
from support.worlds import Fed, base, lead

from eventstore.deal_commands import DealCommands
from eventstore.deal_joins import DealJoins
from eventstore.orders import CommandRefused, NotThere, StaleVersion, order
from eventstore.queries import Cards
from eventstore.returned import Returns
from eventstore.returned_items import Only
from eventstore.review_queue import ReviewQueue
from eventstore.rows import BEFORE_RETURNS
from eventstore.told import text_id
from eventstore.touches import bytes_of, deal_id

ANNA = ("phone", "+79120000001", "attested")
MAIL = ("email", "a@x.ru", "attested")
BORIS = ("phone", "+79120000002", "attested")
DAY = 86_400
START = 1_700_000_000


@pytest.fixture
def fed(tmp_path):
    started = Fed(base(tmp_path / "events.db"))
    yield started
    started.base.recorder.close()


def came(number, *identities, day=0, **more):
    return lead(number, *identities, at=START + day * DAY, **more)


def deal(number):
    return deal_id(bytes_of(came(number).lead_id), "sales")


def end(fed, number=1, *, status="won", owner="anna", day=10):
    """The deal that this lead opened is accepted by its owner, and ends."""
    commands = DealCommands(fed.base)
    commands.accept(deal(number), order(owner))
    reason = "price" if status == "lost" else ""
    at = 1000 * (START + day * DAY)
    commands.close(deal(number), status, order(owner, at=at), reason=reason)


def queue(fed, only=None):
    return ReviewQueue(Cards(fed.base), similar=tuple, only=only or Only())


def items(fed, **only):
    """But for two that may be one person."""
    told = queue(fed, Only(**only)).all()
    return [item for item in told if item["kind"] in {"returned", "redecided"}]


def placed(fed, number):
    work = fed.base.work()
    name = bytes_of(came(number).lead_id)
    work.load_leads([name])
    return work.leads[name].deal


@pytest.fixture
def ended(fed):
    """A deal of Anna's that was won, and a message of the customer's since."""
    fed.feed(came(1, BORIS))
    end(fed)
    fed.feed(came(2, BORIS, day=12, kind="message"))
    return fed


@pytest.mark.parametrize("status", ["won", "lost"])
@pytest.mark.parametrize("kind", ["message", "comment", "call"])
def test_what_joins_an_ended_deal_is_an_item_with_the_deal_and_its_owner(fed, status, kind):
    fed.feed(came(1, BORIS))
    end(fed, status=status)
    fed.feed(came(2, BORIS, day=12, kind=kind))
    (item,) = items(fed)
    assert (item["kind"], item["deal"]["id"]) == ("returned", text_id(deal(1)))
    assert (item["deal"]["status"], item["deal"]["owner"]) == (status, "anna")
    assert (item["touch"]["lead"], item["touches"]) == (came(2).lead_id, 1)
    assert item["a"]["identity"] == "phone:+79120000002"


def test_a_deal_that_nobody_owns_is_told_so(fed):
    fed.feed(came(1, BORIS))
    end(fed, owner="")
    fed.feed(came(2, BORIS, day=12, kind="message"))
    (item,) = items(fed)
    assert item["deal"]["owner"] is None
    assert "nobody owns the deal" in item["reasons"]


@pytest.mark.parametrize(
    "touch",
    [
        {"kind": "form"},
        {"kind": "message", "day": 50},
        {"kind": "message", "direction": "out"},
    ],
    ids=["opens a deal", "too late", "from us"],
)
def test_what_could_open_no_deal_or_opens_one_is_no_item(fed, touch):
    fed.feed(came(1, BORIS))
    end(fed)
    fed.feed(came(2, BORIS, **{"day": 12, **touch}))
    assert items(fed) == []


def test_a_declined_deal_is_joined_by_nothing(fed):
    fed.feed(came(1, BORIS))
    DealCommands(fed.base).close(deal(1), "declined", order("anna"), reason="spam")
    fed.feed(came(2, BORIS, day=1, kind="message"))
    assert items(fed) == []


def test_more_touches_are_one_item(ended):
    ended.feed(came(3, BORIS, day=13, kind="message"), came(4, BORIS, day=11, kind="call"))
    (item,) = items(ended)
    assert (item["touch"]["lead"], item["touches"]) == (came(2).lead_id, 3)


def test_a_new_deal_takes_what_came_and_what_comes(ended):
    ended.feed(came(3, BORIS, day=13, kind="message"))
    queue(ended).accept("1", order("anna"))
    ended.feed(came(4, BORIS, day=14, kind="message"))
    assert [placed(ended, n) for n in (1, 2, 3, 4)] == [deal(1), deal(2), deal(2), deal(2)]
    assert items(ended) == returned_rows(ended.base.recorder) == []


def test_left_with_its_deal_it_is_gone_until_more_comes(ended):
    queue(ended).refuse("1", order("anna"))
    assert items(ended) == []
    ended.feed(came(3, BORIS, day=13, kind="message"))
    (item,) = items(ended)
    assert (item["touch"]["lead"], item["touches"]) == (came(3).lead_id, 1)
    assert placed(ended, 2) == deal(1)


@pytest.mark.parametrize(("verdict", "own"), [("accept", 2), ("refuse", 1)])
def test_what_was_decided_holds_when_the_person_is_decided_about_again(ended, verdict, own):
    ended.feed(came(3, BORIS, day=13, kind="message"))
    getattr(queue(ended), verdict)("1", order("anna"))
    ended.feed(came(5, MAIL, BORIS, day=14, kind="form"))
    a, b = (Cards(ended.base).leaf_of(x) for x in ("phone:+79120000002", "email:a@x.ru"))
    decided = ended.commands.veto(a, b, order("anna"))
    ended.commands.undo(decided.decision, order("anna"))
    assert items(ended) == []
    assert placed(ended, 2) == placed(ended, 3) == deal(own)


@pytest.mark.parametrize("verdict", ["accept", "refuse"])
def test_undone_it_is_an_item_as_before(ended, verdict):
    before = items(ended)
    decided = getattr(queue(ended), verdict)("1", order("anna"))
    ended.commands.undo(decided.decision, order("anna"))
    after = items(ended)
    for item in (*before, *after):
        del item["version"]
    assert after == before
    assert placed(ended, 2) == deal(1)


def test_reopened_the_deal_has_what_came(ended):
    DealCommands(ended.base).reopen(deal(1), order("anna"))
    assert items(ended) == []
    ended.feed(came(3, BORIS, day=13, kind="message"))
    DealCommands(ended.base).close(deal(1), "won", order("anna", at=1000 * (START + 14 * DAY)))
    assert items(ended) == []


def test_a_touch_split_off_by_hand_is_no_item(ended):
    ended.feed(came(3, BORIS, day=13, kind="message"))
    DealJoins(ended.base).put_apart(bytes_of(came(2).lead_id), order("anna"))
    (item,) = items(ended)
    assert (item["touch"]["lead"], item["touches"]) == (came(3).lead_id, 1)


def test_an_item_goes_with_the_link_that_brought_its_touch(fed):
    fed.feed(came(1, BORIS))
    end(fed)
    fed.feed(came(2, BORIS, MAIL, day=11, kind="message"), came(3, MAIL, day=12, kind="message"))
    (item,) = items(fed)
    assert item["touches"] == 2
    a, b = sorted(Cards(fed.base).leaf_of(x) for x in ("phone:+79120000002", "email:a@x.ru"))
    decided = fed.commands.veto(a, b, order("anna"))
    (item,) = items(fed)
    assert (item["touch"]["lead"], item["touches"]) == (came(2).lead_id, 1)
    fed.commands.undo(decided.decision, order("anna"))
    (item,) = items(fed)
    assert item["touches"] == 2


def test_the_owner_is_the_deals_now(ended):
    DealCommands(ended.base).own(deal(1), "vera", order("anna"))
    assert [item["deal"]["owner"] for item in items(ended, owner="vera")] == ["vera"]
    assert items(ended, owner="anna") == items(ended, owner="") == []


def test_a_command_that_did_not_see_the_last_touch_is_refused(ended):
    (item,) = items(ended)
    ended.feed(came(3, BORIS, day=13, kind="message"))
    with pytest.raises(StaleVersion, match=came(3).lead_id):
        queue(ended).refuse("1", order("anna", expected_version=item["version"]))
    assert items(ended)[0]["touches"] == 2


@pytest.mark.parametrize("name", ["accept", "refuse"])
def test_a_version_that_the_store_has_not_reached_is_refused(ended, name):
    by = order("anna", expected_version=ended.base.recorder.last_position() + 1)
    with pytest.raises(StaleVersion, match="from the future"):
        getattr(queue(ended), name)("1", by)
    assert items(ended)[0]["touches"] == 1


def test_where_nothing_waits_there_is_nothing_to_do(fed):
    fed.feed(came(1, BORIS))
    with pytest.raises(CommandRefused, match="nothing waits"):
        Returns(fed.base).leave([deal(1)], order("anna"))
    with pytest.raises(NotThere):
        Returns(fed.base).anew(bytes_of(came(1).lead_id), order("anna"))


def test_the_same_command_twice_is_one_effect(ended):
    by = order("anna")
    assert queue(ended).refuse("1", by) == queue(ended).refuse("1", by)
    assert len(ended.base.recorder.hands([deal(1)])) == 1


def test_what_waits_longest_comes_first_and_before_two_that_may_be_one(fed):
    other = ("phone", "+79120000003", "attested")
    fed.feed(came(1, BORIS), came(11, other))
    end(fed)
    end(fed, 11)
    fed.feed(came(12, other, day=12, kind="message"), came(2, BORIS, day=11, kind="message"))
    fed.feed(came(3, ("vk", "7", "claimed"), ("max", "8", "claimed")))
    told = queue(fed).all()
    assert [item["kind"] for item in told] == ["returned", "returned", "rule"]
    assert [item["touch"]["lead"] for item in told[:2]] == [came(2).lead_id, came(12).lead_id]
    pages, cursor = [], ""
    while cursor is not None:
        page = queue(fed).page(1, cursor)
        pages, cursor = pages + page["items"], page["next"]
    assert pages == told


def test_what_one_decision_brings_is_one_piece_of_work(fed):
    """Boris's deals of many pasts: undone, a veto brings touches to each of them at once."""
    numbers = range(3)
    for n in numbers:
        phone, mail = ("phone", f"+7912000010{n}", "attested"), ("email", f"{n}@x.ru", "attested")
        fed.feed(came(100 + n, phone), came(200 + n, phone, mail, day=1))
        end(fed, 100 + n)
    withdrawn = []
    for n in numbers:
        found = (fed.base.keyring.leaf("phone", f"+7912000010{n}"),
                 fed.base.keyring.leaf("email", f"{n}@x.ru"))  # fmt: skip
        withdrawn.append((*sorted(found), bytes_of(came(200 + n).lead_id)))
    by = order("anna")
    fed.commands.withdraw(withdrawn, by)
    for n in numbers:
        fed.feed(came(300 + n, ("email", f"{n}@x.ru", "attested"), day=12, kind="message"))
    assert items(fed) == []
    undone = fed.commands.undo(by.command, order("anna"))
    (work,) = items(fed)
    assert (work["kind"], work["deals"], work["cause"]["what"]) == ("redecided", 3, "undo")
    assert work["because"] == text_id(undone.decision)
    each = items(fed, cause=undone.decision)
    assert {item["deal"]["id"] for item in each} == {text_id(deal(100 + n)) for n in numbers}
    with pytest.raises(CommandRefused, match="look at each"):
        queue(fed).accept("1", order("anna"))
    decided = queue(fed).refuse("1", order("anna"))
    assert items(fed) == []
    fed.commands.undo(decided.decision, order("anna"))
    assert len(items(fed)) == 1


def test_what_came_just_now_is_no_work_of_a_decision_though_much_is_decided_again(fed):
    """A veto is near, so that a link decides about the whole person again."""
    other = ("phone", "+79120000003", "attested")
    fed.feed(came(1, BORIS), came(11, other))
    end(fed)
    a, b = (Cards(fed.base).leaf_of(f"phone:{one[1]}") for one in (BORIS, other))
    fed.commands.veto(a, b, order("anna"))
    fed.feed(came(2, BORIS, MAIL, day=12, kind="message"))
    (row,) = fed.base.recorder.returned(b"", None, after=BEFORE_RETURNS, most=9)
    assert row.deal == deal(1)
