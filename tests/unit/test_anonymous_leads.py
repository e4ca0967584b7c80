"""A lead without identity has one leaf card for ever, whatever is told of it later."""

from uuid import NAMESPACE_URL, uuid5

import pytest
from support.worlds import KEYRING, Fed, base, lead

from eventstore.evidence import Selection, select
from eventstore.explain import Explainer
from eventstore.orders import order
from eventstore.queries import Cards
from eventstore.touches import bytes_of, own_leaf

EARLIER = 1_600_000_000


@pytest.fixture
def fed(tmp_path):
    fed = Fed(base(tmp_path / "events.db"))
    yield fed
    fed.base.recorder.close()


def by(command, at):
    return order("anna", command=str(uuid5(NAMESPACE_URL, command)), at=at)


def card_of(fed, number):
    leaf = own_leaf(bytes_of(lead(number).lead_id))
    return leaf, fed.base.recorder.cards([leaf])[leaf][1]


def test_a_delivery_that_moves_its_time_does_not_open_its_card_anew(fed):
    fed.feed(lead(1))
    fed.feed(lead(1, delivery=1, at=EARLIER))
    _, card = card_of(fed, 1)
    assert card.opened_version == 1


def test_its_person_keeps_its_name_and_a_merge_can_be_undone(fed):
    fed.feed(lead(1), lead(2))
    one, other = card_of(fed, 1)[0], card_of(fed, 2)[0]
    merged = fed.commands.merge(one, other, by("merge", 1))
    fed.feed(lead(1, delivery=1, at=EARLIER))
    assert {card_of(fed, 1)[1].person, card_of(fed, 2)[1].person} == {one}
    fed.commands.undo(merged.decision, by("undo", 2))
    assert (card_of(fed, 1)[1].person, card_of(fed, 2)[1].person) == (one, other)


def test_it_is_found_as_cards_and_explanations_name_it(fed):
    fed.feed(lead(1), lead(2, OTHER))
    leaf = card_of(fed, 1)[0]
    cards = Cards(fed.base)
    assert cards.leaf_of(cards.names([leaf])[leaf]) == leaf
    assert cards.leaf_of("lead:" + lead(3).lead_id) is None


EMAIL, PHONE, OTHER, BROWSER = (
    ("email", "a@x.ru", "claimed"),
    ("phone", "+79120000001", "claimed"),
    ("vk", "7", "attested"),
    ("visitor", "v", "claimed"),
)


def test_the_id_of_a_lead_names_the_card_where_it_stands_now(fed):
    fed.feed(lead(1, EMAIL, PHONE))
    email, phone = (KEYRING.leaf(*one[:2]) for one in (EMAIL, PHONE))
    assert Cards(fed.base).leaf_of(lead(1).lead_id) == phone
    fed.commands.mark(phone, True, by("share", 1))
    assert Cards(fed.base).leaf_of(lead(1).lead_id) == email


def test_evidence_is_selected_by_the_card_that_its_lead_has_left(fed):
    fed.feed(lead(1))
    fed.feed(lead(1, EMAIL, PHONE, delivery=1))
    own, (email, phone) = card_of(fed, 1)[0], (KEYRING.leaf(*one[:2]) for one in (EMAIL, PHONE))
    wanted = [(*sorted((email, phone)), bytes_of(lead(1).lead_id))]
    assert list(select(fed.base, Selection(identity=own))) == wanted
    (other,) = {email, phone} - {card_of(fed, 1)[1].moved_to}
    assert list(select(fed.base, Selection(pair=(own, other)))) == wanted


def test_a_veto_on_two_cards_that_became_one_says_nothing(fed):
    fed.feed(lead(1), lead(2, EMAIL))
    email, phone = (KEYRING.leaf(*one[:2]) for one in (EMAIL, PHONE))
    fed.commands.veto(card_of(fed, 1)[0], email, by("veto", 1))
    fed.feed(lead(1, EMAIL, delivery=1), lead(3, EMAIL, PHONE))
    fed.commands.merge(email, phone, by("merge", 2))
    links = Explainer(Cards(fed.base)).person(email)["links"]
    assert {link["rule"] for link in links} == {"one form", "merge"}


def merged_by_its_own_card(fed, *identities):
    """Lead 1 came without identity, was merged with lead 2 by its own card, then got some."""
    fed.feed(lead(1), lead(2, OTHER))
    leaf = card_of(fed, 1)[0]
    fed.commands.merge(leaf, KEYRING.leaf(*OTHER[:2]), by("merge", 1))
    fed.feed(lead(1, *identities, delivery=1))
    return leaf


def person(fed, identity):
    leaf = KEYRING.leaf(*identity[:2])
    return fed.base.recorder.cards([leaf])[leaf][1].person


def test_a_merge_that_names_it_follows_the_lead_to_a_stronger_identity(fed):
    leaf = merged_by_its_own_card(fed, EMAIL)
    assert person(fed, EMAIL) == person(fed, OTHER)
    fed.commands.mark(KEYRING.leaf(*EMAIL[:2]), True, by("share", 2))
    fed.feed(lead(1, PHONE, delivery=2))
    assert person(fed, PHONE) == person(fed, OTHER) != person(fed, EMAIL)
    assert fed.base.recorder.cards([leaf])[leaf][1].moved_to == KEYRING.leaf(*PHONE[:2])


def test_a_merge_that_names_it_follows_the_lead_when_an_identity_is_shared_no_more(fed):
    fed.feed(lead(3, PHONE))
    fed.commands.mark(KEYRING.leaf(*PHONE[:2]), True, by("share", 1))
    merged_by_its_own_card(fed, PHONE, BROWSER)
    assert person(fed, BROWSER) == person(fed, OTHER) != person(fed, PHONE)
    fed.commands.mark(KEYRING.leaf(*PHONE[:2]), False, by("unshare", 3))
    assert person(fed, PHONE) == person(fed, OTHER) != person(fed, BROWSER)


def test_why_its_card_is_one_person_with_another_is_explained_by_its_own_id(fed):
    leaf = merged_by_its_own_card(fed, PHONE)
    explainer = Explainer(Cards(fed.base))
    told = explainer.person(leaf)["links"]
    assert [link["rule"] for link in told] == ["merge"]
    assert told == explainer.person(KEYRING.leaf(*PHONE[:2]))["links"]
