"""Addresses of one mailbox, where a fold says which they are (SEMANTICS 2.1.3, 2.3.7, ADR 0031)."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as changed
from support.worlds import KEYRING, Fed, base, check, decision_id, lead

from eventstore.adoption import adopt
from eventstore.briefs import briefs
from eventstore.domain.folds import Fold, mailbox
from eventstore.domain.matching import Matching
from eventstore.evidence import Selection, select
from eventstore.explain import Explainer
from eventstore.orders import order
from eventstore.queries import Cards
from eventstore.recording import prefetch, record
from eventstore.rematching import rematch
from eventstore.told import text_id
from eventstore.touches import bytes_of
from eventstore.versions import effective_policy
from leadlog.quality.choices import Choice, persons

GMAIL = Fold(("gmail.com", "googlemail.com"), dots=True, tags="+")
PLAIN, FOLDING = Matching(), Matching(version=2, folds=(GMAIL,))
AB = "email:ab@gmail.com"


def mail(name, proof="claimed"):
    return ("email", name if "@" in name else f"{name}@gmail.com", proof)


def phone(number):
    return ("phone", f"+7912000000{number}", "claimed")


def by(number=1):
    return order("anna", command=decision_id(number), at=1_800_000_000_000)


@pytest.fixture
def fed(tmp_path):
    started = Fed(base(tmp_path / "events.db", FOLDING))
    yield started
    started.base.recorder.close()


@pytest.fixture
def unfolded(tmp_path):
    started = Fed(base(tmp_path / "events.db", PLAIN))
    adopt(started.base)
    yield started
    started.base.recorder.close()


def configured(fed, matching):
    """The same store under another version, as after a restart."""
    fed.base.policy = replace(fed.base.policy, configured=matching)
    fed.base.policy = effective_policy(fed.base.recorder, KEYRING, fed.base.policy)
    adopt(fed.base)


def leaf(name):
    return KEYRING.leaf(*name[:2])


def person(fed, name):
    return Cards(fed.base).person_of(leaf(name))


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("a.b+shop@gmail.com", "ab@gmail.com"),
        ("a..b@googlemail.com", "ab@gmail.com"),
        ("ab@googlemail.com", "ab@gmail.com"),
        ("ab@gmail.com", ""),
        ("a.b+shop@ya.ru", ""),
        ("+shop@gmail.com", ""),
        ("...@gmail.com", ""),
        ("a.b@mail.gmail.com", ""),
    ],
)
def test_a_fold_names_the_mailbox_of_what_it_reads_otherwise(address, named):
    assert mailbox([GMAIL], address) == named


def test_addresses_of_one_mailbox_are_one_person_as_the_fold_and_its_version_say(fed):
    fed.feed(lead(1, phone(1), mail("a.b+shop")), lead(2, phone(2), mail("ab")))
    assert person(fed, phone(1)) == person(fed, phone(2))
    links = Explainer(Cards(fed.base)).two(leaf(phone(1)), leaf(phone(2)))["links"]
    (fold,) = [link for link in links if link["rule"] == "one mailbox"]
    assert {fold["a"], fold["b"]} == {AB, "email:a.b+shop@gmail.com"}
    assert (fold["version"], fold["by"]) == (2, "rule")
    assert fold["evidence"] == [lead(1).lead_id]


def test_without_folds_they_are_two(unfolded):
    unfolded.feed(lead(1, phone(1), mail("a.b+shop")), lead(2, phone(2), mail("ab")))
    assert person(unfolded, phone(1)) != person(unfolded, phone(2))


def test_a_telephone_with_six_tags_of_one_mailbox_is_not_shared(fed):
    fed.feed(*(lead(n, phone(1), mail(f"ab+{n}")) for n in range(6)))
    check(fed, fed.facts())
    assert person(fed, mail("ab+1")) == person(fed, mail("ab+5")) == person(fed, phone(1))


def test_what_is_counted_by_what_was_met_before_is_not_saved_beside_what_counts_anew(fed):
    """Another worker may take the evidence away on which the count of this one stands."""
    fed.feed(lead(1, phone(1), mail("ab+1")))
    work = fed.base.work()
    (second,) = prefetch(work, [lead(2, phone(1), mail("ab+2"))])
    assert record(work, second)
    assert {leaf(phone(1)), leaf(mail("ab"))} <= work.changes.cards.keys()


def test_a_mailbox_with_six_telephones_is_shared_and_its_addresses_are_not(fed):
    fed.feed(*(lead(n, phone(n), mail(f"ab+{n}")) for n in range(6)))
    check(fed, fed.facts())
    assert person(fed, mail("ab+1")) == person(fed, phone(1)) != person(fed, mail("ab+2"))
    card = Cards(fed.base).find(AB)[0]
    assert [leaf["shared"] for leaf in card["leaves"]] == [True]


def test_a_mailbox_pushes_no_identity_out_of_its_lead_and_is_never_where_that_stands(fed):
    mails = [mail(f"{name}.{name}") for name in "bacd"]
    fed.feed(lead(1, *mails))
    work = fed.base.work()
    work.load_leads([bytes_of(lead(1).lead_id)])
    (state,) = work.leads.values()
    assert {one.leaf for one in state.identities} == {leaf(one) for one in mails}
    assert state.leaf == leaf(mail("a.a"))


def test_a_mailbox_that_one_lead_brings_with_an_address_of_it_is_linked_by_the_fold(fed):
    fed.feed(lead(1, mail("a.b"), mail("ab")))
    links = Explainer(Cards(fed.base)).two(leaf(mail("a.b")), leaf(mail("ab")))["links"]
    assert [(link["rule"], link["evidence"]) for link in links] == [
        ("one mailbox", [lead(1).lead_id])
    ]


def test_a_rematch_shows_first_whom_folds_join_and_a_later_one_parts_them_again(unfolded):
    unfolded.feed(lead(1, phone(1), mail("a.b+shop")), lead(2, phone(2), mail("a.b")))
    configured(unfolded, FOLDING)
    unfolded.feed(lead(3, phone(3), mail("ab+new")), lead(4, phone(4), mail("a.b+newer")))
    everybody = [phone(n) for n in (1, 2, 3, 4)]
    assert len({person(unfolded, one) for one in everybody}) == 4, "like limits, folds wait"
    shown = rematch(unfolded.base, by(1), dry_run=True).changed
    assert (shown.persons, shown.leads) == (4, 3)
    assert len({person(unfolded, one) for one in everybody}) == 4
    assert rematch(unfolded.base, by(2)).changed == shown
    assert len({person(unfolded, one) for one in everybody}) == 1
    configured(unfolded, changed(PLAIN, version=3))
    rematch(unfolded.base, by(3))
    assert len({person(unfolded, one) for one in everybody}) == 4
    assert Cards(unfolded.base).find(AB)[0]["leaves"][0]["value"] == "ab@gmail.com"


def test_deals_of_addresses_that_came_alone_become_one_with_their_persons(unfolded):
    unfolded.feed(lead(1, mail("a.b")), lead(2, mail("ab+x"), at=1_700_000_100))
    configured(unfolded, FOLDING)
    rematch(unfolded.base, by())
    (card,) = Cards(unfolded.base).find(AB)
    assert [deal["leads"] for deal in card["deals"]] == [[lead(n).lead_id for n in (1, 2)]]


def test_a_rematch_shows_the_same_where_the_addresses_are_on_different_pages(unfolded):
    unfolded.feed(lead(1, phone(1), mail("a.b+shop")), lead(2, phone(2), mail("a.b")))
    configured(unfolded, FOLDING)
    unfolded.base.policy = replace(unfolded.base.policy, most_items_at_once=1)
    assert rematch(unfolded.base, by(1), dry_run=True).changed.leads == 1
    assert rematch(unfolded.base, by(2)).changed.leads == 1


def test_where_a_veto_parts_them_an_address_stays_with_what_came_beside_it(fed):
    """The fold comes after the rules of its lead: the mailbox is left out."""
    fed.feed(lead(1, phone(1), mail("a.b")))
    fed.commands.veto(leaf(phone(1)), leaf(mail("ab")), by())
    assert person(fed, phone(1)) == person(fed, mail("a.b")) != person(fed, mail("ab"))


def test_a_veto_between_addresses_of_one_mailbox_holds_until_it_is_undone(fed):
    fed.feed(lead(1, phone(1), mail("a.b")), lead(2, phone(2), mail("ab+x")))
    veto = fed.commands.veto(leaf(mail("a.b")), leaf(mail("ab+x")), by(1)).decision
    assert person(fed, phone(1)) != person(fed, phone(2))
    told = Explainer(Cards(fed.base)).two(leaf(phone(1)), leaf(phone(2)))
    assert told["because"] == "veto"
    fed.commands.undo(veto, by(2))
    assert person(fed, phone(1)) == person(fed, phone(2))


@pytest.mark.parametrize(
    "selection",
    [
        Selection(rule="one mailbox"),
        Selection(rule="one mailbox", version=2),
        Selection(pair=(leaf(mail("ab")), leaf(mail("a.b")))),
        Selection(rule="one mailbox", identity=leaf(mail("ab"))),
    ],
    ids=["rule", "version", "pair", "mailbox"],
)
def test_what_a_fold_links_can_be_withdrawn_and_the_next_lead_links_it_again(fed, selection):
    fed.feed(lead(1, mail("a.b")), lead(2, mail("ab")))
    items = list(select(fed.base, selection))
    assert [item[2] for item in items] == [bytes_of(lead(1).lead_id)]
    fed.commands.withdraw(items, by(1))
    assert person(fed, mail("a.b")) != person(fed, mail("ab"))
    fed.feed(lead(3, mail("a.b")))
    assert person(fed, mail("a.b")) == person(fed, mail("ab"))


@pytest.mark.parametrize(
    "spelling", ["A.B+shop@gmail.com", "ab@googlemail.com", "a.b+never@gmail.com"]
)
def test_a_card_is_found_by_any_spelling_of_the_address(fed, spelling):
    fed.feed(lead(1, phone(1), mail("a.b+shop")))
    (found,) = Cards(fed.base).find(spelling)
    assert found["id"] == text_id(person(fed, phone(1)))


def test_a_mailbox_that_no_lead_brought_is_shown_last_as_what_it_is(fed):
    fed.feed(lead(1, mail("a.b"), at=1_700_000_000), lead(2, mail("ab+x"), at=1_700_000_100))
    told = Cards(fed.base).show("email:a.b@gmail.com")["leaves"]
    assert [one["value"] for one in told] == ["a.b@gmail.com", "ab+x@gmail.com", "ab@gmail.com"]
    assert [one.get("mailbox", False) for one in told] == [False, False, True]
    assert told[2]["first_seen"] is None
    (brief,) = briefs(Cards(fed.base), [person(fed, mail("a.b"))], lambda _: ())
    assert brief["leaves"][-1]["value"] == "ab@gmail.com"
    fed.feed(lead(3, mail("ab"), at=1_700_000_200))
    assert not any("mailbox" in one for one in Cards(fed.base).show(AB)["leaves"])


def test_mailboxes_that_no_lead_brought_are_one_person_named_after_the_first_address(fed):
    """Also where the addresses came in another order than that of their keys."""
    for number, name in enumerate(("c.d", "a.b", "e.f")):
        fed.feed(lead(number, mail(name)))
        by_hand = {"a": leaf(mail(name)), "b": leaf(mail(name.replace(".", "")))}
        fed.commands.veto(*by_hand.values(), by(number))
    fed.commands.merge(leaf(mail("ab")), leaf(mail("cd")), by(7))
    fed.commands.merge(leaf(mail("ab")), leaf(mail("ef")), by(8))
    assert person(fed, mail("ef")) == leaf(mail("cd"))
    fed.feed(lead(9, mail("ef")))
    assert person(fed, mail("cd")) == leaf(mail("ef")), "a lead brings this one itself"


def test_a_rematch_names_a_mailbox_after_the_address_that_was_recorded_first(unfolded):
    """In whatever order its pages come to the addresses."""
    mails = sorted((mail(f"{'.' * n}ab") for n in range(1, 7)), key=leaf, reverse=True)
    unfolded.feed(*(lead(n, one) for n, one in enumerate(mails)))
    configured(unfolded, FOLDING)
    rematch(unfolded.base, by())
    opened_by = unfolded.base.work().known_card(leaf(mail("ab"))).opened_by
    assert opened_by == bytes_of(lead(0).lead_id)


def test_what_other_settings_would_give_is_told_with_their_folds():
    """`leadlog quality` measures the folds of one's own [matching]."""
    leads = [lead(1, phone(1), mail("a.b")), lead(2, mail("ab+x"))]
    plain, folding = (persons(leads, Choice("", one, {})).person_of for one in (PLAIN, FOLDING))
    assert len(set(plain.values())) == 2
    assert len(set(folding.values())) == 1
