"""Pairs judged again over all their evidence: a link may rise, or be gone."""

from collections import Counter
from collections.abc import Collection

from eventstore.domain.events import Id
from eventstore.domain.matching import Action
from eventstore.judging import judged
from eventstore.lead_state import LeadState
from eventstore.long_pairs import judge_long
from eventstore.mailboxes import bringing, count_anew, with_mailboxes
from eventstore.rows import Pair, Pairing
from eventstore.work import Work

Evidence = tuple[Id, Id, Id]
"""(leaf card, leaf card, lead), the lower leaf card first."""

_WORTH = 10
"""To read a lead takes as long as to find so many of an identity."""


def rejudge(work: Work, leaves: set[Id]) -> None:
    """Judge again what brings two of these identities together: keys may have risen."""
    rejudge_pairs(work, [key for key in work.pairs_of(leaves) if set(key) <= leaves])


def rejudge_pairs(
    work: Work,
    keys: Collection[Pairing],
    *,
    back: Collection[Evidence] = (),
    anew: bool = False,
) -> set[Id]:
    """Judge these pairs again; gives the leaf cards of those that are otherwise than before.

    Those that do not come together are passed over. `back` is evidence that was withdrawn and
    counts again. `anew`: other rules may hold by now.
    """
    work.load_pairs(keys)
    keys = [key for key in keys if work.pair(key) is not None]
    brought = {leaf for key in keys for leaf in bringing(work, key)}
    counts = work.appearance_counts(brought)
    most = work.policy.most_leads_at_once
    long = {leaf for leaf, count in counts.items() if count > most}
    held = work.withdrawn({leaf for key in keys for leaf in key})
    found = _read(work, set(keys), _unread(counts, long), held)
    changed: set[Id] = set()
    gone: set[Id] = set()
    for key in keys:
        if long.issuperset(bringing(work, key)):
            again = [lead for a, b, lead in back if (a, b) == key]
            found[key] = judge_long(work, key, held, back=again, anew=anew)
        pair = found.get(key)
        if pair is None:
            gone |= set(key)
        if pair != work.pair(key):
            work.put_pair(key, pair)
            changed |= set(key)
    for leaf in with_mailboxes(work, gone):
        count_anew(work, leaf)
    return changed


def _unread(counts: Counter[Id], long: set[Id]) -> set[Id]:
    """Those of the `long` ones whose leads need not be gone through to find what others bring."""
    many = sum(counts[leaf] for leaf in long)
    return long if len(long) > 1 or many > _WORTH * (counts.total() - many) else set()


def _read(
    work: Work, keys: set[Pairing], unread: set[Id], held: set[Evidence]
) -> dict[Pairing, Pair | None]:
    """Pairs of which one at least is in few leads, by reading all of these."""
    brought = {bringing(work, key) for key in keys}
    leaves = {leaf for key in brought if not unread.issuperset(key) for leaf in key}
    enough = {a for a, b in brought if a == b}
    appearing = work.appearances(leaves - unread)
    times = Counter(lead for _, lead in appearing)
    alone = {lead for leaf, lead in appearing if leaf in enough}
    together = [lead for lead, count in times.items() if count > 1 or unread or lead in alone]
    work.load_leads(together)
    found: dict[Pairing, Pair] = {}
    for lead in together:
        _judge_into(work, work.leads[lead], keys, held, found)
    return {k: pair for k, pair in found.items() if not unread.issuperset(bringing(work, k))}


def _judge_into(
    work: Work,
    state: LeadState,
    keys: set[Pairing],
    withdrawn: set[Evidence],
    found: dict[Pairing, Pair],
) -> None:
    for one in judged(work, state):
        key = one.pair
        if key not in keys:
            continue
        pair = found.setdefault(key, Pair())
        if (*key, state.id) in withdrawn:
            continue
        if one.links:
            pair.key = one.key if pair.key is None else min(pair.key, one.key)
        elif one.action is Action.SUGGEST:
            pair.suggested = True
