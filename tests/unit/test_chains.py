"""The facts that the chains between two leaf cards hang on (SEMANTICS 2.4.12)."""

from random import Random

import pytest

from eventstore.chains import Link, apart_without, chain, least

LEAVES = [bytes([n]) * 16 for n in range(6)]
FACTS = [bytes([n, 1]) * 8 for n in range(18)]


def links_of(rng):
    """Some links, each with some facts; a fact is evidence for several."""
    found = []
    for _ in range(rng.randrange(4, 12)):
        a, b = sorted(rng.sample(LEAVES, 2))
        facts = tuple(sorted(rng.sample(FACTS, rng.choice([1, 2, 5]))))
        found.append(Link(a, b, "one form", 1, "rule", facts))
    return found


def is_joined(links, a, b, without):
    left = [link for link in links if set(link.facts) - without]
    return bool(chain(left, a, b))


def plainly(links, a, b, facts):
    """Each fact is given back for good unless the two are joined then."""
    left = set(facts)
    for fact in sorted(facts):
        if not is_joined(links, a, b, left - {fact}):
            left -= {fact}
    return sorted(left)


@pytest.mark.parametrize("seed", range(60))
def test_facts_given_back_one_by_one_leave_those_that_cannot_be_spared(seed):
    rng = Random(seed)
    links, (a, b) = links_of(rng), rng.sample(LEAVES, 2)
    for leaf in (a, b):
        around = {fact for link in links if leaf in (link.a, link.b) for fact in link.facts}
        assert least(links, a, b, around) == plainly(links, a, b, around)


@pytest.mark.parametrize("seed", range(60))
def test_no_chain_is_left_without_the_facts_that_are_named_and_none_is_too_many(seed):
    rng = Random(seed)
    links, (a, b) = links_of(rng), rng.sample(LEAVES, 2)
    facts = set(apart_without(links, a, b))
    assert not is_joined(links, a, b, facts)
    assert all(is_joined(links, a, b, facts - {fact}) for fact in facts)
