"""Where leads appear is told alike by every event store, wherever it keeps that."""

import random
from collections.abc import Mapping
from itertools import count

import pytest
from contracts.event_stores import put_far
from contracts.test_event_store import an_id, base_on, card, formed, random_world
from msgspec.structs import replace
from support.worlds import Fed, check_appearances, lead

from eventstore.domain.events import Id
from eventstore.recorders.port import CustomerRecorder
from eventstore.recorders.sqlite_appearances import MOST_NEAR
from eventstore.rows import LAST, Appearance, Changes, Ends

LEAVES = [an_id(n) for n in range(1, 7)]
DEALS = [an_id(n) for n in range(50, 56)]
NEVER = (-99, b"")
"""Before every place."""

Seen = dict[tuple[Id, Id], Appearance]


@pytest.mark.parametrize("at_once", [1, 4])
def test_what_is_told_is_what_was_written(recorder, at_once):
    """Leads come, some of those that there are appear otherwise, and some nowhere any more."""
    rng = random.Random(at_once)
    numbers = count(1000)
    cards: dict[Id, int] = {}
    seen: Seen = {}
    for _ in range(100):
        changes = Changes()
        for _ in range(rng.randrange(at_once + 1)):
            comes(rng, an_id(next(numbers)), changes, seen, cards)
        if rng.random() < 1.6 / at_once:
            changes_its_mind(rng, changes, seen)
        recorder.save(changes)
        if rng.random() < 0.3:
            check(recorder, seen, rng)
    check(recorder, seen, rng)
    most = max(sum(leaf == one for one, _ in seen) for leaf in LEAVES)
    assert at_once == 1 or most > 3 * MOST_NEAR


def test_a_store_from_before_leads_stood_near_goes_on(store):
    recorder = store.open()
    fed = Fed(base_on(recorder))
    random_world(fed, 5)
    recorder.close()
    put_far(store)
    for round_ in range(2):
        recorder = store.open()
        fed.base = base_on(recorder)
        for n in range(30):
            who = ("phone", f"+7912000000{n % 6}", "claimed")
            fed.feed(lead(100 + 30 * round_ + n, who, at=1_700_000_000 + n))
        check_appearances(fed.base, fed.events)
        recorder.close()


def comes(rng: random.Random, name: Id, changes: Changes, seen: Seen, cards: dict[Id, int]) -> None:
    """A new lead, with the rows of its leaf cards, as processing it writes them."""
    changes.events.append(formed(name))
    for leaf in rng.sample(LEAVES[: rng.choice((2, 6))], rng.choice((1, 1, 2))):
        seen[leaf, name] = changes.appearances[leaf, name] = appearance(rng, name, seen)
        if rng.random() < 0.9:
            changes.cards.setdefault(leaf, (cards.get(leaf, 0), card(leaf)))
    for leaf, (version, _) in changes.cards.items():
        cards[leaf] = version + 1


def appearance(rng: random.Random, name: Id, seen: Seen) -> Appearance:
    """A lead has one time on all its leaf cards, and stands on one of them."""
    stands = any(one.deal is not None for (_, lead), one in seen.items() if lead == name)
    deal = None if stands else rng.choice((None, b"", *DEALS))
    return Appearance(name[-1] % 43 - 3, attested=rng.random() < 0.5, deal=deal)


def changes_its_mind(rng: random.Random, changes: Changes, seen: Seen) -> None:
    stored = [key for key in sorted(seen) if key not in changes.appearances]
    for key in rng.sample(stored, min(len(stored), rng.randrange(1, 5))):
        what = rng.choice(("gone", "moved", "deal"))
        if what == "deal" and seen[key].deal is not None:
            seen[key] = changes.appearances[key] = replace(seen[key], deal=rng.choice(DEALS))
            continue
        changes.vanished[key] = seen.pop(key)
        moved = (rng.choice(LEAVES), key[1])
        if what == "moved" and moved not in seen and (moved not in changes.vanished):
            seen[moved] = changes.appearances[moved] = appearance(rng, key[1], seen)
        elif what == "moved":
            seen[key] = changes.appearances[key] = appearance(rng, key[1], seen)


def check(source: CustomerRecorder, seen: Seen, rng: random.Random) -> None:
    every = [*LEAVES, an_id(99)]
    of = {leaf: {k[1]: a for k, a in seen.items() if k[0] == leaf} for leaf in every}
    counts = {leaf: len(leads) for leaf, leads in of.items() if leads}
    assert source.appearances(every) == set(seen)
    assert source.appearance_counts(every) == counts
    assert source.counted(every, most=9) == {leaf: min(9, n) for leaf, n in counts.items()}
    assert source.ends(every) == {leaf: ends(leads) for leaf, leads in of.items() if leads}
    some = rng.sample(LEAVES, 3)
    standing = {(a.at, lead) for leaf in some for lead, a in of[leaf].items() if a.deal is not None}
    newest = sorted(standing, reverse=True)
    assert source.touches(some, before=LAST, most=7) == newest[:7]
    assert source.touches(some, before=(20, b""), most=99) == [p for p in newest if p < (20, b"")]
    touches: dict[Id, set[tuple[int, Id]]] = {}
    for (_, name), one in seen.items():
        if one.deal:
            touches.setdefault(one.deal, set()).add((one.at, name))
    assert source.deal_touches(DEALS, every, most=5) == {
        deal: sorted(places, reverse=True)[:5] for deal, places in touches.items()
    }
    a, b = some[:2]
    both = sorted(
        {(x.at, lead) for lead, x in of[a].items() if lead in of[b] and of[b][lead].at == x.at}
    )
    assert source.together(a, b, after=NEVER, most=99) == both
    assert source.together(b, a, after=(5, b""), most=2) == [p for p in both if p > (5, b"")][:2]


def ends(leads: Mapping[Id, Appearance]) -> Ends:
    places = sorted((one.at, lead) for lead, one in leads.items())
    return Ends(places[0], places[-1], any(one.attested for one in leads.values()))
