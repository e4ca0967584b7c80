"""Two identities that very many leads bring together, judged again without reading all of these."""

from dataclasses import replace
from itertools import count

import msgspec
import pytest
from support.worlds import KEYRING, MATCHING, Fed, base, decision_id, lead

from eventstore.adoption import adopt
from eventstore.customer_base import CustomerBase
from eventstore.domain.pipeline import SALES
from eventstore.following import Follower
from eventstore.long_pairs import judge_long
from eventstore.orders import order
from eventstore.policy import Policy
from eventstore.rejudging import rejudge
from eventstore.rematching import rematch
from eventstore.touches import bytes_of
from eventstore.versions import effective_policy

PHONE, EMAIL = ("phone", "+79120000001", "claimed"), ("email", "a@x.ru", "claimed")
KEY = tuple(sorted(KEYRING.leaf(*identity[:2]) for identity in (PHONE, EMAIL)))
NO_FORMS = msgspec.structs.replace(MATCHING, version=2, rules=MATCHING.rules[:3])
LEADS = 90
MOST = {"most_leads_at_once": 5, "most_items_at_once": 10}


@pytest.fixture
def fed(tmp_path):
    started = Fed(base(tmp_path / "events.db", **MOST))
    adopt(started.base)
    started.feed(*(form(number) for number in range(LEADS)))
    yield started
    started.base.recorder.close()


def form(number, *, at=None, **more):
    moment = 1_700_000_000 + (number * 7 % LEADS if at is None else at)
    return lead(number, PHONE, EMAIL, at=moment, **more)


def in_order():
    """The numbers of the leads in the order of time."""
    return sorted(range(LEADS), key=lambda number: number * 7 % LEADS)


def items(*numbers):
    return [(*KEY, bytes_of(form(number).lead_id)) for number in numbers]


def linked_by(fed):
    """The number of the lead by which the pair is linked; None where it is not."""
    key = fed.base.work().pair(KEY).key
    return key and next(n for n in range(LEADS) if bytes_of(form(n).lead_id) == key[1])


def withdraw(fed, *numbers, command):
    return fed.commands.withdraw(items(*numbers), order("anna", command=decision_id(command)))


def test_without_its_earliest_evidence_the_next_one_links_a_pair(fed):
    first, second, third, *_ = in_order()
    assert linked_by(fed) == first
    decision = withdraw(fed, first, second, command=1).decision
    assert linked_by(fed) == third
    fed.commands.undo(decision, order("anna"))
    assert linked_by(fed) == first


def test_a_pair_is_apart_without_any_evidence_and_together_with_the_first_given_back(fed):
    decision = withdraw(fed, *range(LEADS), command=1).decision
    assert linked_by(fed) is None
    assert len(fed.stored_persons()) == 2
    fed.commands.undo(decision, order("anna"))
    next(pieces := Follower(fed.base).pieces())
    given_back = range(LEADS)[-MOST["most_items_at_once"] :]
    assert linked_by(fed) == min(given_back, key=lambda number: number * 7 % LEADS)
    list(pieces)
    assert linked_by(fed) == in_order()[0]
    assert len(fed.stored_persons()) == 1


def test_what_two_decisions_withdrew_counts_once_both_are_undone(fed):
    first, second, *_ = in_order()
    decisions = [withdraw(fed, first, command=number).decision for number in (1, 2)]
    fed.commands.undo(decisions[0], order("anna"))
    assert linked_by(fed) == second
    fed.commands.undo(decisions[1], order("anna"))
    assert linked_by(fed) == first


def test_a_lead_that_turns_out_to_be_earlier_links_from_then_on(fed):
    late = in_order()[-1]
    fed.feed(form(late, at=-50, delivery=1))
    assert linked_by(fed) == late


def test_few_leads_are_read_for_one_that_no_longer_counts(fed):
    fed.commands.withdraw(items(in_order()[0]), order("anna"))
    work = fed.base.work()
    read, load = [], work.load_leads
    work.load_leads = lambda ids: (read.extend(ids), load(ids))
    rejudge(work, set(KEY))
    assert 0 < len(read) < LEADS / 2


def test_a_pair_that_no_lead_brings_any_more_is_gone(fed):
    stranger = KEYRING.leaf("phone", "+79120000009")
    key = tuple(sorted((stranger, KEY[0])))
    assert judge_long(fed.base.work(), key, (), back=(), anew=False) is None


def test_other_rules_find_what_they_link(fed):
    """Version 2 links what is typed into one form, as version 1 did not."""
    links = linked_by(fed)
    again = reopened(fed.base.recorder, NO_FORMS)
    rematch(again, order("anna"))
    pair = again.work().pair(KEY)
    assert (pair.key, pair.suggested) == (None, True)
    late = Fed(again, count(LEADS), fed.events)
    late.feed(lead(900, (*PHONE[:2], "attested"), (*EMAIL[:2], "attested"), at=1_700_000_900))
    assert again.work().pair(KEY).key[1] == bytes_of(lead(900).lead_id)
    once_more = reopened(fed.base.recorder, msgspec.structs.replace(MATCHING, version=3))
    rematch(once_more, order("anna"))
    assert linked_by(Fed(once_more)) == links


def reopened(recorder, matching):
    policy = effective_policy(recorder, KEYRING, Policy.of(matching, [SALES]))
    again = CustomerBase(recorder, KEYRING, replace(policy, **MOST))
    adopt(again)
    return again
