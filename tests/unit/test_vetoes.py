"""A veto holds against every link by a rule, whoever brings it (SEMANTICS 2.3.9)."""

import pytest
from support.worlds import Fed, base, lead

from eventstore.explain import Explainer
from eventstore.orders import CommandRefused, order
from eventstore.queries import Cards
from eventstore.told import text_id

PHONE, EMAIL = ("phone", "+79120000001", "claimed"), ("email", "a@x.ru", "claimed")


@pytest.fixture
def fed(tmp_path):
    """A phone and an e-mail that one form linked and a person parted."""
    started = Fed(base(tmp_path / "events.db"))
    started.feed(lead(1, PHONE, EMAIL))
    cards = Cards(started.base)
    a, b = cards.leaf_of("phone:+79120000001"), cards.leaf_of("email:a@x.ru")
    started.commands.veto(a, b, order("anna"))
    yield started
    started.base.recorder.close()


@pytest.mark.parametrize("later", [-900, 0, 900])
def test_the_same_form_again_does_not_join_what_a_veto_parted(fed, later):
    fed.feed(lead(2, PHONE, EMAIL, at=1_700_000_000 + later))
    assert len(fed.stored_persons()) == 2


def test_a_link_by_another_path_does_not_join_what_a_veto_parted(fed):
    account = ("telegram", "7", "attested")
    fed.feed(lead(2, account, PHONE), lead(3, account, EMAIL))
    assert len(fed.stored_persons()) == 2


def test_a_merge_within_a_person_is_not_refused_for_a_veto_that_a_later_merge_outdid(fed):
    number, mail, account = (
        fed.base.keyring.leaf(*name) for name in (PHONE[:2], EMAIL[:2], ("telegram", "7"))
    )
    fed.commands.merge(number, mail, order("anna"))
    fed.feed(lead(2, ("telegram", "7", "attested"), PHONE))
    fed.commands.merge(account, mail, order("anna"))
    assert len(fed.stored_persons()) == 1


def test_a_merge_is_refused_for_the_veto_that_counts_on_other_cards(fed):
    fed.feed(lead(2, ("telegram", "7", "attested"), PHONE))
    account, mail = fed.base.keyring.leaf("telegram", "7"), fed.base.keyring.leaf(*EMAIL[:2])
    with pytest.raises(CommandRefused):
        fed.commands.merge(account, mail, order("anna"))


def test_a_veto_that_is_looked_at_tells_the_links_that_it_cuts(fed):
    account, page = ("telegram", "7", "attested"), ("vk", "9", "attested")
    for decision in fed.base.recorder.hands([fed.base.keyring.leaf(*PHONE[:2])]):
        fed.commands.undo(decision.decision, order("anna"))
    fed.feed(lead(2, page, PHONE), lead(3, account))
    number, mail, bot = (
        fed.base.keyring.leaf(*name[:2]) for name in (PHONE, EMAIL, account)
    )  # fmt: skip
    merge = fed.commands.merge(mail, bot, order("anna"), reason="the same handwriting")
    decided = fed.commands.veto(number, bot, order("anna"), dry_run=True)
    (link,) = Explainer(Cards(fed.base)).links(decided.cuts)
    assert {link["a"], link["b"]} == {"phone:+79120000001", "email:a@x.ru"}
    assert (link["rule"], link["evidence"]) == ("one form", [lead(1).lead_id])
    decided = fed.commands.veto(mail, bot, order("anna"), dry_run=True)
    (link,) = Explainer(Cards(fed.base)).links(decided.cuts)
    assert (link["rule"], link["reason"]) == ("merge", "the same handwriting")
    assert link["decision"] == text_id(merge.decision)
    assert fed.commands.veto(number, bot, order("anna")).cuts is None
    assert fed.commands.veto(mail, bot, order("anna"), dry_run=True).cuts != ()
    assert fed.commands.veto(number, mail, order("anna"), dry_run=True).cuts == ()
