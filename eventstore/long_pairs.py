"""Pairs that very many leads bring together, judged again without reading all of those.

The links of a pair are weighed by time first. So its leads are gone through in the order of time,
page by page, to the first that says `link`.
"""

from collections.abc import Collection, Iterator
from heapq import merge
from itertools import islice

from eventstore.domain.events import Id
from eventstore.domain.matching import Action
from eventstore.judging import Judged, judged
from eventstore.mailboxes import bringing
from eventstore.rows import LinkKey, Pair, Place
from eventstore.work import Work

Held = Collection[tuple[Id, Id, Id]]
"""Evidence that is withdrawn: (leaf card, leaf card, lead)."""

_BEFORE_ALL: Place = (-(2**63), b"")
_AFTER_OTHERS = b"\xff" * 16
_FEW, _PAGE = 20, 500


def judge_long(
    work: Work, key: tuple[Id, Id], held: Held, *, back: Collection[Id], anew: bool
) -> Pair | None:
    """The pair as its evidence has it now; None where no lead brings both any more.

    `back`: leads whose evidence was withdrawn and counts again. `anew` where other rules may hold
    than those by which it was judged; else nothing links that happened before what did so far.
    """
    if next(_judged(work, key, ()), None) is None:
        return None
    known = work.pair(key) or Pair()
    work.load_leads(back)
    again = [one for name in back for one in _of(work, name, key, held)]
    times = [one.key[0] for one in again if one.links]
    if known.key:
        times.append(known.key[0])
    after = _BEFORE_ALL if anew else (min(times, default=0) - 1, _AFTER_OTHERS)
    link = _first_link(_judged(work, key, held, after)) if times or anew else None
    suggested = any(one.action is Action.SUGGEST for one in again)
    if not suggested and (known.suggested or anew):
        every = _judged(work, key, held)
        suggested = any(one.action is Action.SUGGEST for one in every)
    return Pair(link, suggested)


def _first_link(found: Iterator[Judged]) -> LinkKey | None:
    return next((one.key for one in found if one.links), None)


def _judged(
    work: Work, key: tuple[Id, Id], held: Held, after: Place = _BEFORE_ALL
) -> Iterator[Judged]:
    """The evidence that counts, in the order of time."""
    places, most = _places(work, key, after), _FEW
    while page := [lead for _, lead in islice(places, most)]:
        unread = [lead for lead in page if lead not in work.leads and (*key, lead) not in held]
        work.load_leads(unread)
        for lead in page:
            yield from _of(work, lead, key, held)
        for lead in unread:  # they may be very many
            work.leads.pop(lead, None)
        most = _PAGE


def _of(work: Work, lead: Id, key: tuple[Id, Id], held: Held) -> Iterator[Judged]:
    if (*key, lead) not in held:
        yield from (one for one in judged(work, work.leads[lead]) if one.pair == key)


def _places(work: Work, key: tuple[Id, Id], after: Place) -> Iterator[Place]:
    """Every lead that may bring both, by time; those of this batch as they are by now."""
    ours = {stream for stream, _, _, _ in work.changes.events if stream in work.leads}
    mine = [(work.leads[lead].newest.occurred_at, lead) for lead in ours]
    stored = (place for place in _stored(work, key, after) if place[1] not in ours)
    return merge(stored, sorted(place for place in mine if place > after))


def _stored(work: Work, key: tuple[Id, Id], after: Place) -> Iterator[Place]:
    most, brought = _FEW, bringing(work, key)
    while page := work.source.together(*brought, after=after, most=most):
        yield from page
        after, most = page[-1], _PAGE
