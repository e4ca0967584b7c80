"""What concerns many touches changes who is whom at once, and their deals in pieces (2.3.8)."""

from itertools import islice

import pytest
from support.deals_oracle import check_deals
from support.worlds import KEYRING, Fed, base, check, check_partition, decision_id, lead

from eventstore.briefs import briefs
from eventstore.deal_commands import DealCommands
from eventstore.domain.events import TouchPlaced
from eventstore.explain import Explainer
from eventstore.following import Follower, follow
from eventstore.orders import CommandRefused, order
from eventstore.queries import Cards
from eventstore.told import text_id
from eventstore.touches import bytes_of, deal_id
from eventstore.work import Work
from leadlog.cli.deals import tell as tell_deals

PHONE = ("phone", "+79120000001", "claimed")
PHONE_LEAF = KEYRING.leaf("phone", "+79120000001")
LEADS = 12


@pytest.fixture
def fed(tmp_path):
    """One number, with whom two addresses came: no more, and it is of several persons."""
    started = Fed(base(tmp_path / "events.db", most_touches_at_once=4))
    started.feed(*(form(n, n % 2) for n in range(LEADS)))
    yield started
    started.base.recorder.close()


def form(number, mail, **more):
    return lead(number, PHONE, email(mail), at=1_700_000_000 + number, **more)


def email(number):
    return ("email", f"{number}@x.ru", "claimed")


def crossed(fed):
    """A third address: the number is shared from here on."""
    fed.feed(form(LEADS, 2))


def pending(fed):
    return fed.base.recorder.pending()


def deal_of(fed, number):
    work = fed.base.work()
    lead_id = bytes_of(lead(number).lead_id)
    work.load_leads([lead_id])
    return work.leads[lead_id].deal


def own_deal(number):
    return deal_id(bytes_of(lead(number).lead_id), "sales")


def placed(fed):
    return [e for e in fed.base.recorder.read(0, 10_000) if isinstance(e.event, TouchPlaced)]


def test_who_is_whom_changes_at_once_and_the_deals_follow_in_pieces(fed):
    crossed(fed)
    check_partition(fed, fed.facts())
    assert {deal_of(fed, n) for n in range(LEADS)} == {own_deal(0)}
    pieces = list(Follower(fed.base, piece=5).pieces())
    assert len(pieces) > 3
    check(fed, fed.facts())
    check_deals(fed, fed.facts(), [])
    assert {deal_of(fed, n) for n in range(LEADS)} == {own_deal(0), own_deal(1)}
    assert not pending(fed)


class Left(Exception):
    pass


@pytest.mark.parametrize("beats", range(8))
def test_a_run_can_be_left_at_every_beat_while_it_reads(fed, beats):
    crossed(fed)
    left = iter([False] * beats)

    def beat():
        if next(left, True):
            raise Left

    with pytest.raises(Left):
        next(Follower(fed.base, piece=LEADS).pieces_of(PHONE_LEAF, beat))
    assert not placed(fed)
    Follower(fed.base).drain()
    check_deals(fed, fed.facts(), [])


def test_what_is_long_to_go_through_has_beats(fed):
    beats = []
    work = Work(fed.base.recorder, KEYRING, fed.base.policy, beat=lambda: beats.append(0))
    assert list(work.each(range(3000))) == [*range(3000)]
    assert len(beats) > 2


def test_few_touches_are_decided_about_at_once(tmp_path):
    fed = Fed(base(tmp_path / "events.db", most_touches_at_once=LEADS + 1))
    fed.feed(*(form(n, n % 2) for n in range(LEADS)))
    crossed(fed)
    assert not pending(fed)
    check_deals(fed, fed.facts(), [])
    fed.base.recorder.close()


def test_a_touch_that_comes_meanwhile_has_a_deal_once_they_have_followed(fed):
    crossed(fed)
    fed.feed(lead(50, email(0), at=1_700_000_500, kind="message"))
    assert deal_of(fed, 50) == b""
    Follower(fed.base).drain()
    assert deal_of(fed, 50) == own_deal(0)


def test_a_touch_between_two_pieces_is_taken_in(fed):
    crossed(fed)
    pieces = Follower(fed.base, piece=2).pieces()
    next(pieces)
    fed.feed(lead(50, email(1), at=1_700_000_500, kind="message"))
    assert list(pieces)
    assert not pending(fed)
    check(fed, fed.facts())
    check_deals(fed, fed.facts(), [])


def test_a_command_meanwhile_is_accepted_and_stays(fed):
    crossed(fed)
    pieces = Follower(fed.base, piece=2).pieces()
    next(pieces)
    by = order("anna", at=1_700_000_600_000)
    assert DealCommands(fed.base).close(own_deal(0), "won", by) == 2
    with pytest.raises(CommandRefused, match="won"):
        DealCommands(fed.base).close(own_deal(0), "won", order("anna"))
    event = fed.base.recorder.streams([own_deal(0)], personal=False)[own_deal(0)][-1].event
    fed.journal.append(("command", own_deal(0), event))
    list(pieces)
    Follower(fed.base).drain()
    check_deals(fed, fed.facts(), [])


def test_one_that_was_killed_goes_on_with_what_is_left(fed):
    crossed(fed)
    list(islice(Follower(fed.base, piece=2).pieces(), 3))
    written = len(placed(fed))
    assert written
    Follower(fed.base, piece=2).drain()
    check_deals(fed, fed.facts(), [])
    moved = [e.stream for e in placed(fed)]
    assert len(moved) > written
    assert len(moved) == len(set(moved)), "no touch was placed twice"


def test_a_decision_meanwhile_begins_it_anew(fed):
    crossed(fed)
    pieces = Follower(fed.base, piece=2).pieces()
    next(pieces)
    fed.commands.mark(PHONE_LEAF, False, order("anna", command=decision_id(1)))
    list(pieces)
    Follower(fed.base).drain()
    facts = fed.facts(marks={PHONE_LEAF: False})
    check(fed, facts)
    check_deals(fed, facts, [])
    assert {deal_of(fed, n) for n in range(LEADS)} == {own_deal(0)}


def test_two_at_once_do_no_harm(fed):
    crossed(fed)
    one, other = (Follower(fed.base, piece=2).pieces() for _ in range(2))
    while next(one, None) or next(other, None):
        pass
    Follower(fed.base).drain()
    check(fed, fed.facts())
    check_deals(fed, fed.facts(), [])


def test_who_was_concerned_from_afar_is_awaited_too(tmp_path):
    """A touch that stood on the number and stands on a visitor now, who was nobody else's."""
    fed = Fed(base(tmp_path / "events.db", most_touches_at_once=4))
    visitor = ("visitor", "a", "claimed")
    fed.feed(lead(40, visitor, at=1_600_000_000))
    fed.feed(*(form(n, n % 2) for n in range(LEADS)))
    fed.feed(lead(41, PHONE, visitor, at=1_700_000_100, kind="message"))
    crossed(fed)
    assert KEYRING.leaf("visitor", "a") not in pending(fed)
    next(follow(fed.base, PHONE_LEAF))
    assert KEYRING.leaf("visitor", "a") in pending(fed)
    Follower(fed.base).drain()
    check(fed, fed.facts())
    check_deals(fed, fed.facts(), [])
    fed.base.recorder.close()


def test_a_dry_run_tells_what_would_become_of_the_deals(fed):
    position = fed.base.recorder.last_position()
    decided = fed.commands.mark(PHONE_LEAF, True, order("anna"), dry_run=True)
    assert decided.changed.deals
    assert fed.base.recorder.last_position() == position
    assert not pending(fed)


def test_a_decision_tells_how_much_follows(fed):
    decided = fed.commands.mark(PHONE_LEAF, True, order("anna"))
    assert decided.changed.persons
    assert decided.follow == Follower(fed.base).left() > LEADS
    assert fed.commands.mark(PHONE_LEAF, True, order("anna"), dry_run=True).follow == 0


def test_the_same_decision_again_tells_how_much_followed(fed):
    by = order("anna", command=decision_id(1))
    first = fed.commands.mark(PHONE_LEAF, True, by)
    Follower(fed.base).drain()
    assert first.follow
    assert fed.commands.mark(PHONE_LEAF, True, by) == first


def test_a_person_who_is_joined_to_one_whose_deals_are_awaited_waits_with_it(tmp_path):
    """Also where the person keeps the name of the one that nobody waited for."""
    fed = Fed(base(tmp_path / "events.db", most_touches_at_once=4))
    account = ("telegram", "1", "attested")
    fed.feed(lead(60, account, at=1_600_000_000))
    fed.feed(*(form(n, n % 2) for n in range(LEADS)))
    crossed(fed)
    fed.feed(lead(61, account, email(0), at=1_700_000_700, kind="message"))
    assert deal_of(fed, 61) == b""
    Follower(fed.base).drain()
    check(fed, fed.facts())
    check_deals(fed, fed.facts(), [])
    fed.base.recorder.close()


def test_whoever_reads_a_deal_at_the_terminal_is_told_that_it_follows(capsys):
    names = ("id", "version", "person", "name", "pipeline", "stage", "status")
    empty = dict.fromkeys(("also_open", "joined", "timeline", "history", "decisions"), ())
    shown = dict.fromkeys(names, "x") | empty | {"fields": {}}
    tell_deals([{**shown, "pending": {"touches": 1200, "done": 500}}])
    assert "deals follow: 500 of 1,200 touches done" in capsys.readouterr().out


def test_whoever_reads_a_card_meanwhile_is_told_how_far_its_deals_are(fed):
    cards = Cards(fed.base)
    name = f"phone:{PHONE[1]}"
    assert "pending" not in cards.show(name)
    crossed(fed)
    told = {"pending": {"touches": LEADS + 1, "done": 0}}
    assert told.items() <= cards.show(name).items()
    assert told.items() <= Explainer(cards).person(PHONE_LEAF).items()
    assert told.items() <= briefs(cards, [PHONE_LEAF], lambda leaves: [])[0].items()
    assert [deal["id"] for deal in cards.show(name)["deals"]] == [text_id(own_deal(0))]
    pieces = Follower(fed.base, piece=LEADS).pieces()
    next(pieces)
    assert cards.show("email:0@x.ru")["pending"] == {"touches": 6, "done": 6}
    list(pieces)
    assert "pending" not in cards.show(name)
    assert Follower(fed.base).left() == 0
