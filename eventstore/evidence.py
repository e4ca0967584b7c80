"""Which evidence a query selects, for `card withdraw` (SEMANTICS 2.3.10)."""

from collections.abc import Iterator
from dataclasses import dataclass

from eventstore.card_commands import Evidence
from eventstore.customer_base import CustomerBase
from eventstore.domain.events import Id, LeadRecorded
from eventstore.domain.matching import Action

_PAGE = 5000


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
    """Every (leaf card, leaf card, lead) whose lead says `link` and that the selection fits."""
    for lead in _leads(base, selection):
        yield from _evidence(base, lead, selection)


def _leads(base: CustomerBase, selection: Selection) -> Iterator[Id]:
    """Candidates: by an identity's leads where one is named, else over the whole store."""
    named = selection.pair[0] if selection.pair else selection.identity
    if named is not None:
        yield from sorted(lead for _, lead in base.recorder.appearances([named]))
        return
    after = 0
    seen: set[Id] = set()
    while page := base.recorder.read(after, _PAGE):
        after = page[-1].position
        for recorded in page:
            event = recorded.event
            if isinstance(event, LeadRecorded) and len(event.identities) > 1:
                if recorded.stream not in seen:
                    yield recorded.stream
                seen.add(recorded.stream)


def _evidence(base: CustomerBase, lead: Id, selection: Selection) -> Iterator[Evidence]:
    work = base.work()
    work.load_leads([lead])
    newest = work.leads[lead].newest
    if not _fits(newest, selection):
        return
    identities = newest.identities
    for i, j, _, name, action in base.policy.judged_by(newest.rules).pairs(identities):
        a, b = sorted((identities[i].leaf, identities[j].leaf))
        if action is not Action.LINK or selection.rule not in (None, name):
            continue
        if selection.identity is not None and selection.identity not in (a, b):
            continue
        if selection.pair is None or set(selection.pair) == {a, b}:
            yield a, b, lead


def _fits(newest: LeadRecorded, selection: Selection) -> bool:
    at = newest.occurred_at
    return (
        selection.version in (None, newest.rules)
        and (selection.since is None or at >= selection.since)
        and (selection.until is None or at < selection.until)
    )
