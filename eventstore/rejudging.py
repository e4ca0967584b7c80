"""Pairs judged again over all their evidence: a link may rise, or be gone."""

from collections import Counter
from collections.abc import Collection

from eventstore.domain.events import Id
from eventstore.domain.matching import Action
from eventstore.judging import judged
from eventstore.lead_state import LeadState
from eventstore.long_pairs import judge_long
from eventstore.rows import Pair
from eventstore.work import Work

Evidence = tuple[Id, Id, Id]
"""(leaf card, leaf card, lead), the lower leaf card first."""


def rejudge(
    work: Work, leaves: set[Id], *, back: Collection[Evidence] = (), anew: bool = False
) -> None:
    """Judge again what brings two of these identities together: keys may have risen.

    `back` is evidence that was withdrawn and counts again. `anew`: other rules may hold by now.
    """
    counts = work.appearance_counts(leaves)
    most = work.policy.most_leads_at_once
    long = {leaf for leaf, count in counts.items() if count > most}
    held = work.withdrawn(leaves)
    found = _read(work, leaves, long, held)
    gone: set[Id] = set()
    for key in [key for key in work.pairs_of(leaves) if set(key) <= leaves]:
        if long.issuperset(key):
            again = [lead for a, b, lead in back if (a, b) == key]
            found[key] = judge_long(work, key, held, back=again, anew=anew)
        if found.get(key) is None:
            gone |= set(key)
        work.put_pair(key, found.get(key))
    for leaf in gone:
        _recount(work, leaf)


def _read(
    work: Work, leaves: set[Id], long: set[Id], held: set[Evidence]
) -> dict[tuple[Id, Id], Pair | None]:
    """Pairs of which one at least is in few leads, by reading all of these."""
    long = long if len(long) > 1 else set()
    appearing = work.appearances(leaves - long)
    times = Counter(lead for _, lead in appearing)
    together = [lead for lead, count in times.items() if count > 1 or long]
    work.load_leads(together)
    found: dict[tuple[Id, Id], Pair] = {}
    for lead in together:
        _judge_into(work, work.leads[lead], leaves, held, found)
    return {key: pair for key, pair in found.items() if not long.issuperset(key)}


def _recount(work: Work, leaf: Id) -> None:
    """Count the partners of an identity anew, after leads that bring some no more."""
    partners = [other for key in work.pairs_of([leaf]) for other in key if other != leaf]
    work.load_cards(partners)
    degrees: dict[str, int] = {}
    for other in partners:
        kind = work.known_card(other).kind
        if kind != "visitor":
            degrees[kind] = degrees.get(kind, 0) + 1
    work.changing(leaf).degrees = degrees


def _judge_into(
    work: Work,
    state: LeadState,
    leaves: set[Id],
    withdrawn: set[Evidence],
    found: dict[tuple[Id, Id], Pair],
) -> None:
    for one in judged(work, state):
        key = one.pair
        if not set(key) <= leaves:
            continue
        pair = found.setdefault(key, Pair())
        if (*key, state.id) in withdrawn:
            continue
        if one.links:
            pair.key = one.key if pair.key is None else min(pair.key, one.key)
        elif one.action is Action.SUGGEST:
            pair.suggested = True
