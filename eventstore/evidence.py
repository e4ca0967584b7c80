"""Which evidence a query selects, for `card withdraw` (SEMANTICS 2.3.10)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from eventstore.customer_base import CustomerBase
from eventstore.domain.events import Id, LeadRecorded
from eventstore.judging import judged
from eventstore.lead_state import LeadState
from eventstore.mailboxes import addresses, bringing
from eventstore.reading import Recorded
from eventstore.rejudging import Evidence
from eventstore.work import Work

_PAGE = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What to withdraw; what is None selects by nothing. All that are given must fit."""

    pair: tuple[Id, Id] | None = None
    rule: str | None = None
    version: int | None = None
    identity: Id | None = None
    since: int | None = None
    """Milliseconds: leads that happened then or later."""
    until: int | None = None
    """Milliseconds: leads that happened before."""


def select(base: CustomerBase, selection: Selection) -> Iterator[Evidence]:
    """Every (leaf card, leaf card, lead) whose lead says `link` and that the selection fits.

    Reads page by page, each of the last commit: what is selected may be withdrawn on the way.
    """
    selection = _as_it_bears(base.work(), selection)
    for page in _pages(base, selection):
        work = base.work()
        work.load_leads(page)
        for lead in page:
            yield from _evidence(work, work.leads[lead], selection)


def _as_it_bears(work: Work, selection: Selection) -> Selection:
    """A lead's own card that it has left stands for the leaf card where it stands (2.2.5)."""
    pair, identity = selection.pair, selection.identity
    return replace(
        selection,
        pair=(work.bears_on(pair[0]), work.bears_on(pair[1])) if pair else None,
        identity=work.bears_on(identity) if identity else None,
    )


def _pages(base: CustomerBase, selection: Selection) -> Iterator[list[Id]]:
    """Candidates: by an identity's leads where one is named, else over the whole store."""
    named = _brought(base, selection)
    if named:
        found = sorted({lead for _, lead in base.recorder.appearances(named)})
        yield from (found[start : start + _PAGE] for start in range(0, len(found), _PAGE))
        return
    after = 0
    while page := base.recorder.read(after, _PAGE):
        after = page[-1].position
        yield _first_paired(base, [one for one in page if _is_paired(base, one)])


def _brought(base: CustomerBase, selection: Selection) -> list[Id]:
    """The identities one of which a lead must bring to be selected; none where any will do."""
    work = base.work()
    if selection.pair:
        return list(bringing(work, selection.pair)[:1])
    return addresses(work, selection.identity) if selection.identity else []


def _is_paired(base: CustomerBase, recorded: Recorded) -> bool:
    """Whether this says two identities of a lead; by a fold, one address is two."""
    if not isinstance(recorded.event, LeadRecorded):
        return False
    return len(recorded.event.identities) > (0 if base.policy.folds else 1)


def _first_paired(base: CustomerBase, paired: Sequence[Recorded]) -> list[Id]:
    """The leads that had two identities here for the first time: each comes in one page only."""
    streams = base.recorder.streams({one.stream for one in paired}, personal=False)
    return [
        one.stream
        for one in paired
        if one.position
        == next(earlier.position for earlier in streams[one.stream] if _is_paired(base, earlier))
    ]


def _evidence(work: Work, lead: LeadState, selection: Selection) -> Iterator[Evidence]:
    if not _fits(lead.newest, selection):
        return
    for one in judged(work, lead):
        a, b = one.pair
        if not one.links or selection.rule not in (None, one.rule):
            continue
        if selection.version not in (None, one.version):
            continue
        if selection.identity is not None and selection.identity not in (a, b):
            continue
        if selection.pair is None or set(selection.pair) == {a, b}:
            yield a, b, lead.id


def _fits(newest: LeadRecorded, selection: Selection) -> bool:
    at = newest.occurred_at
    return (selection.since is None or at >= selection.since) and (
        selection.until is None or at < selection.until
    )
