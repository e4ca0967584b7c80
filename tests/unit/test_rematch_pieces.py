"""A rematch is the same whole or in pieces, cut anywhere (SEMANTICS 2.3.7, ADR 0021)."""

import shutil
from contextlib import suppress
from dataclasses import replace

import msgspec
import pytest
from support.worlds import KEYRING, MATCHING, Fed, base, check, decision_id, lead

from eventstore.adoption import adopt
from eventstore.customer_base import CustomerBase
from eventstore.domain.pipeline import SALES
from eventstore.following import Follower
from eventstore.orders import order
from eventstore.policy import Policy
from eventstore.recorders.sqlite import SQLiteCustomerRecorder
from eventstore.rematch_pages import is_behind, page_after
from eventstore.rematching import rematch
from eventstore.replay import read_deals
from eventstore.touches import bytes_of, deal_id
from eventstore.versions import STREAM, effective_policy

OFFICE, LISTED = ("phone", "+79120000001", "claimed"), ("email", "info@x.ru", "claimed")
ONE, OTHER = ("telegram", "1", "attested"), ("vk", "7", "attested")
NEW = msgspec.structs.replace(
    MATCHING,
    version=2,
    anchors=("vk", "telegram"),
    limits={"default": 7, "visitor": 1},
    shared=("email:info@*",),
    rules=MATCHING.rules[:3],
)
"""Others are shared, other rules link, and other identities are the anchors."""
SMALL = {"most_items_at_once": 1, "most_leads_at_once": 1}
BY = order("anna", command=decision_id(1), at=1_800_000_000_000)


def leads():
    """An office of six, a person who wrote thirty times, and what NEW links otherwise."""
    mails = [("email", f"{n}@x.ru", "claimed") for n in range(6)]
    brought = [(OFFICE, mail) for mail in mails] + [(ONE, OTHER)] * 30
    brought += [(LISTED, ("phone", f"+7912000001{n}", "claimed")) for n in range(2)]
    brought += [(("visitor", "a", "claimed"), mail) for mail in mails[:3]]
    brought += [(mails[0], ("telegram", "2", "attested")), (ONE, ("whatsapp", "5", "claimed"))]
    return [lead(n, *some, at=1_700_000_000 + n * 7 % 40) for n, some in enumerate(brought)]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    path = tmp_path_factory.mktemp("stored") / "events.db"
    fed = Fed(base(path))
    adopt(fed.base)
    fed.feed(*leads())
    fed.base.recorder.close()
    return path, fed


@pytest.fixture
def opened(stored, tmp_path):
    """Gives the store with NEW configured, each time a copy of its own."""
    path, fed = stored
    bases = []

    def open_one(**policy) -> Fed:
        copy = shutil.copy(path, tmp_path / f"{len(bases)}.db")
        bases.append(again := reopened(SQLiteCustomerRecorder(copy), **policy))
        return replace(fed, base=again)

    yield open_one
    for one in bases:
        one.recorder.close()


def reopened(recorder, matching=NEW, **policy):
    known = effective_policy(recorder, KEYRING, Policy.of(matching, [SALES]))
    again = CustomerBase(recorder, KEYRING, replace(known, **policy))
    adopt(again)
    return again


def state(fed):
    """Everything that a rematch decides."""
    recorder, work = fed.base.recorder, fed.base.work()
    pairs = recorder.pairs(recorder.pairs_after((b"", b""), 10_000))
    opens = {deal_id(bytes_of(name), "sales") for name in fed.events}
    deals = {
        name: (deal.into, deal.withdrawn, deal.repeat_of)
        for name, deal in read_deals(work, opens).items()
    }
    work.load_leads([bytes_of(name) for name in fed.events])
    places = {name: (one.leaf, one.deal) for name, one in work.leads.items()}
    return fed.stored_persons(), pairs, deals, places


def test_it_is_the_oracles_and_the_same_in_the_smallest_pieces(opened):
    whole, small = opened(), opened(**SMALL)
    for fed in (whole, small):
        before = state(fed)
        rematch(fed.base, BY)
        Follower(fed.base).drain()
        check(fed, fed.facts())
        assert [one != other for one, other in zip(before, state(fed), strict=True)] == [True] * 4
    assert state(small) == state(whole)


@pytest.mark.parametrize("pieces", [1, 2, 5, 8, 13, 19])
def test_killed_and_resumed_it_comes_to_the_same_end_and_answer(opened, pieces):
    whole, killed = opened(**SMALL), opened(**SMALL)
    answer = rematch(whole.base, BY)
    left = pieces

    def progress(_done: int, _of: int) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise KeyboardInterrupt

    with suppress(KeyboardInterrupt):
        rematch(killed.base, BY, progress=progress)
    assert killed.base.recorder.pending(), "void: it had come to its end"
    resumed = replace(killed, base=reopened(killed.base.recorder, **SMALL))
    assert rematch(resumed.base, BY) == answer
    for fed in (whole, resumed):
        Follower(fed.base).drain()
    assert state(resumed) == state(whole)
    assert not resumed.base.recorder.some_counts(STREAM, most=1)


@pytest.mark.parametrize(("items", "most"), [(1, 1000), (3, 1000), (500, 4), (500, 1000)])
def test_pages_have_every_leaf_card_and_every_pair_once(opened, items, most):
    fed = opened(most_items_at_once=items, most_leads_at_once=most)
    recorder, after = fed.base.recorder, b""
    leaves, pairs = [], []
    while page := page_after(recorder, fed.base.policy, after):
        assert len(page.pairs) <= items
        counts = recorder.appearance_counts({leaf for pair in page.pairs for leaf in pair})
        read = sum(count for count in counts.values() if count <= most)
        assert read <= most or len(page.pairs) == 1
        leaves += page.leaves
        pairs += page.pairs
        after = page.after
    assert leaves == recorder.leaves(b"", 1000)
    assert pairs == recorder.pairs_after((b"", b""), 1000)


def test_after_each_piece_persons_are_those_whom_pairs_link(opened):
    fed = opened(**SMALL)

    def linked(_done: int, _of: int) -> None:
        recorder = fed.base.recorder
        pairs = recorder.pairs(recorder.pairs_after((b"", b""), 1000))
        groups = {leaf: {leaf} for leaf in recorder.leaves(b"", 1000)}
        cards = recorder.cards(groups)
        for (a, b), pair in pairs.items():
            if pair.key and not (cards[a][1].shared or cards[b][1].shared):
                one = groups[a] | groups[b]
                groups |= dict.fromkeys(one, one)
        assert {frozenset(one) for one in groups.values()} == {
            frozenset(leaves) for leaves in fed.stored_persons().values()
        }

    rematch(fed.base, BY, progress=linked)


def test_a_dry_run_in_pieces_sees_what_a_list_and_a_rule_change_together(tmp_path):
    once = msgspec.structs.replace(NEW, version=1)
    fed = Fed(base(tmp_path / "listed.db", once))
    adopt(fed.base)
    forms = [("phone", f"+7912000000{n}", "claimed") for n in range(6)]
    fed.feed(*(lead(n, LISTED, phone) for n, phone in enumerate(forms)))
    assert len(fed.stored_persons()) == 7
    unlisted = msgspec.structs.replace(once, version=2, shared=(), rules=MATCHING.rules)
    again = reopened(fed.base.recorder, matching=unlisted, **SMALL)
    assert rematch(again, BY, dry_run=True).changed.persons == 7
    fed.base.recorder.close()


def test_a_leaf_card_is_behind_once_all_its_pairs_are():
    a, b = b"a" * 16, b"b" * 16
    assert [is_behind(leaf, a + b) for leaf in (a, b)] == [False, False]
    assert [is_behind(leaf, a + b"\xff" * 16) for leaf in (a, b)] == [True, False]
