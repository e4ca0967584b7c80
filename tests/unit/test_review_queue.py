"""One queue for the team, what crossed the limit in it (SEMANTICS 2.3.8, 2.3.9)."""

import pytest
from msgspec.structs import replace
from support.worlds import Fed, base, lead

from channels.sdk.lead import Profile
from eventstore.orders import NotThere, order
from eventstore.queries import Cards
from eventstore.review_queue import ReviewQueue
from eventstore.reviewing import bring_up_to_date

OFFICE = ("phone", "+79120000001", "claimed")


@pytest.fixture
def fed(tmp_path):
    started = Fed(base(tmp_path / "events.db"))
    yield started
    started.base.recorder.close()


def colleagues(fed, count: int) -> None:
    """So many people who type one phone, each with an e-mail of their own; the limit is 2."""
    fed.feed(*(lead(n, OFFICE, ("email", f"{n}@x.ru", "claimed")) for n in range(count)))


def queue(fed) -> ReviewQueue:
    return ReviewQueue(Cards(fed.base))


def crossed(fed) -> list[dict]:
    return [item for item in queue(fed).all() if item["kind"] == "limit"]


def test_an_identity_within_its_limit_is_not_in_the_queue(fed):
    colleagues(fed, 2)
    assert crossed(fed) == []


def test_crossing_the_limit_puts_an_item_that_names_what_it_split(fed):
    colleagues(fed, 3)
    (item,) = crossed(fed)
    assert item["a"]["identity"] == "phone:+79120000001"
    assert {side["identity"] for side in item["split"]} == {f"email:{n}@x.ru" for n in range(3)}
    assert "3 different identities of kind email, the limit is 2" in item["reasons"][0]


def test_unshare_is_one_step_away_and_brings_back_what_was_split(fed):
    colleagues(fed, 3)
    decided = queue(fed).accept(crossed(fed)[0]["id"], order("anna"))
    assert len(fed.stored_persons()) == 1
    assert crossed(fed) == []
    fed.commands.undo(decided.decision, order("anna"))
    assert len(fed.stored_persons()) == 4
    assert len(crossed(fed)) == 1


def test_an_identity_that_somebody_says_is_shared_is_reviewed(fed):
    colleagues(fed, 3)
    queue(fed).refuse("1", order("anna"))
    assert crossed(fed) == []
    assert len(fed.stored_persons()) == 4


def test_a_listed_identity_is_not_in_the_queue(fed):
    hotline = ("phone", "+78001234567", "claimed")
    fed.feed(*(lead(n, hotline, ("email", f"{n}@x.ru", "claimed")) for n in range(4)))
    assert crossed(fed) == []


def test_a_stopped_link_that_was_reviewed_is_not_shown_again(fed):
    mail = ("email", "a@x.ru", "claimed")
    fed.feed(lead(1, OFFICE), lead(2, mail))
    a, b = (Cards(fed.base).leaf_of(name) for name in ("phone:+79120000001", "email:a@x.ru"))
    fed.commands.veto(a, b, order("anna"))
    fed.feed(lead(3, OFFICE, mail))
    assert [item["kind"] for item in queue(fed).all()] == ["stopped"]
    queue(fed).refuse("1", order("boris"))
    assert queue(fed).all() == []
    fed.feed(lead(4, OFFICE, mail))
    assert queue(fed).all() == []


def test_items_have_kind_score_and_reasons_best_first(fed):
    colleagues(fed, 3)
    fed.feed(lead(8, ("telegram", "7", "claimed"), ("vk", "9", "claimed")))
    items = queue(fed).all()
    assert [(item["n"], item["kind"]) for item in items] == [(1, "limit"), (2, "rule")]
    assert all(item["score"] and item["reasons"] for item in items)


def test_an_item_that_is_not_there_says_so(fed):
    with pytest.raises(NotThere, match="no suggestion '7'"):
        queue(fed).accept("7", order("anna"))


def test_a_merge_that_a_veto_leaves_out_is_shown_as_not_in_force(fed):
    fed.feed(lead(1, OFFICE), lead(2, ("vk", "9", "attested")))
    cards = Cards(fed.base)
    a, b = cards.leaf_of("phone:+79120000001"), cards.leaf_of("vk:9")
    fed.commands.merge(a, b, order("anna"))
    fed.commands.veto(a, b, order("anna"))
    decisions = [e for e in cards.show("vk:9")["timeline"] if e["type"] == "decision"]
    assert [(d["what"], d["in_force"]) for d in decisions] == [("merge", False), ("veto", True)]


def test_pages_of_the_queue_are_the_queue(fed):
    fed.feed(*(lead(n, ("phone", f"+7912{n:07}", "claimed"), ("vk", str(n), "claimed"))
               for n in range(7)))  # fmt: skip
    everything, pages, cursor = queue(fed).all(), [], ""
    while cursor is not None:
        page = queue(fed).page(3, cursor)
        pages.append(len(page["items"]))
        assert page["items"] == everything[sum(pages[:-1]) : sum(pages)]
        cursor = page["next"]
    assert pages == [3, 3, 1]


def test_two_of_whom_each_is_held_apart_from_others_are_suggested(fed):
    third, fourth = ("email", "c@x.ru", "claimed"), ("email", "d@x.ru", "claimed")
    vk = ("vk", "9", "claimed")
    fed.feed(lead(1, OFFICE), lead(2, vk), lead(3, third), lead(4, fourth))
    leaf = Cards(fed.base).leaf_of
    fed.commands.veto(leaf("phone:+79120000001"), leaf("email:c@x.ru"), order("anna"))
    fed.commands.veto(leaf("vk:9"), leaf("email:d@x.ru"), order("anna"))
    fed.feed(lead(5, OFFICE, vk))
    assert [item["why"] for item in queue(fed).all()] == ["rule"]


def named(number: int, name: str, *identities: tuple[str, str, str]):
    return replace(lead(number, *identities, at=1_700_000_000 + number), profile=Profile(name=name))


def test_a_name_that_comes_later_moves_the_two_up(fed):
    vk = ("vk", "9", "claimed")
    fed.feed(lead(1, OFFICE, vk))
    assert [item["score"] for item in queue(fed).all()] == [0.5]
    fed.feed(named(2, "Анна Берёзкина", OFFICE), named(3, "Berezkina Anna", vk))
    assert [item["score"] for item in queue(fed).all()] == [1.0]


def test_a_browser_that_comes_back_with_somebody_else_puts_the_two_into_the_queue(fed):
    visitor = ("visitor", "v", "claimed")
    fed.feed(lead(1, visitor, OFFICE))
    assert queue(fed).all() == []
    fed.feed(lead(2, visitor, ("email", "a@x.ru", "claimed")))
    assert [item["why"] for item in queue(fed).all()] == ["device"]


def test_two_of_three_of_one_browser_who_turn_out_to_be_one_leave_two(fed):
    """Joined by a plain link, with nobody in the queue before."""
    visitor, mail = ("visitor", "v", "claimed"), ("email", "a@x.ru", "claimed")
    fed.feed(
        *(lead(n, visitor, who) for n, who in enumerate((OFFICE, mail, ("vk", "9", "claimed"))))
    )
    assert queue(fed).all() == []
    fed.feed(lead(7, OFFICE, mail))
    assert [item["why"] for item in queue(fed).all()] == ["device"]


def test_of_two_who_bring_it_up_to_date_at_once_the_slower_finds_it_done(
    fed, tmp_path, monkeypatch
):
    """The one beside the processor and a reader: nobody tries in vain until the page fails."""
    colleagues(fed, 3)
    other = base(tmp_path / "events.db")
    save, tries = fed.base.recorder.save, []

    def overtaken(changes, *how):
        tries.append(changes)
        if len(tries) == 1:
            bring_up_to_date(other)
        return save(changes, *how)

    monkeypatch.setattr(fed.base.recorder, "save", overtaken)
    assert len(crossed(fed)) == 1
    assert len(tries) == 1
    other.recorder.close()
