"""Pairs judged again over all their evidence: a link may rise, or be gone."""

from eventstore.domain.events import Id
from eventstore.domain.matching import Action
from eventstore.judging import judged
from eventstore.rows import Pair
from eventstore.work import LeadState, Work


def rejudge(work: Work, leaves: set[Id]) -> None:
    """Judge again every lead that brings two of these identities together: keys may have risen."""
    appearing = work.appearances(leaves)
    times: dict[Id, int] = {}
    for _, lead in appearing:
        times[lead] = times.get(lead, 0) + 1
    together = [lead for lead, count in times.items() if count > 1]
    work.load_leads(together)
    withdrawn = work.withdrawn(leaves)
    found: dict[tuple[Id, Id], Pair] = {}
    for lead in together:
        _judge_into(work, work.leads[lead], leaves, withdrawn, found)
    gone: set[Id] = set()
    for key in [key for key in work.pairs_of(leaves) if set(key) <= leaves]:
        if key not in found:
            gone |= set(key)
        work.put_pair(key, found.get(key))
    for leaf in gone:
        _recount(work, leaf)


def _recount(work: Work, leaf: Id) -> None:
    """Count the partners of an identity anew, after a reparse took some away."""
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
    withdrawn: set[tuple[Id, Id, Id]],
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
