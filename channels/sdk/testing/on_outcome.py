"""Rules of the outcomes: what a later version sends is taken, and items harm no neighbours."""

from collections.abc import Iterator
from typing import Any

from channels.sdk.outcome import IgnoreReason
from channels.sdk.testing.content import Content
from channels.sdk.testing.doors import Answer
from channels.sdk.testing.on_parse import broken
from channels.sdk.testing.rule import Case, NotApplicable, Subject, rule
from channels.sdk.testing.sayings import sayings
from channels.sdk.testing.spoiling import (
    JUNK,
    Path,
    at,
    places,
    with_new_fields,
    with_new_kinds,
    with_value,
)

_ADDED = ("fields", "event_id", "lead_id", "text", "occurred_at")
"""What a field more may change: forms keep it, and those without ids have their content as key."""


@rule("outcome")
def takes_later_versions(subject: Subject) -> Iterator[str]:
    """A kind that nobody knows yet is no error towards the provider, a new field no change."""
    for case in subject.deliveries:
        content = case.content
        if content is None:
            continue
        unlocked = case.unlocked
        before = sayings(unlocked.sent(content.close(content.tree)), but=_ADDED)
        is_ping = case.recording.expect.get("reason") == IgnoreReason.TEST
        for tree in with_new_fields(content.tree) if not is_ping else ():
            answer = unlocked.sent(content.close(tree))
            if sayings(answer, but=_ADDED) != before:
                yield f"{case.name}: a new field changes it: {content.close(tree).body[:120]!r}"
        for way, tree in with_new_kinds(content.tree):
            answer = unlocked.sent(content.close(tree))
            if fault := broken(answer) or _refused(answer):
                yield f"{case.name}: {fault} for a new {'.'.join(map(str, way))}"


@rule("outcome")
def isolates_items(subject: Subject) -> Iterator[str]:
    """An item that cannot be read is put aside alone; its neighbours are taken as ever."""
    found = [(case, way) for case in subject.deliveries for way in _batches(case)]
    if not found:
        raise NotApplicable("no recording holds a list of deliveries")
    for case, way in found:
        content, unlocked = case.content, case.unlocked
        if content is None:
            continue
        good = at(content.tree, way)
        ids = _event_ids(unlocked.sent(content.close(content.tree)))
        worse = list(_worse(good[0]))
        few = subject.random(case).sample(worse, min(len(worse), subject.tries))
        for bad in (*JUNK, *few):
            tree = with_value(content.tree, way, [bad, *good, bad])
            answer = unlocked.sent(content.close(tree))
            if lost := ids - _event_ids(answer):
                place = ".".join(map(str, way))
                yield f"{case.name}: {bad!r:.60} in {place} loses {len(lost)} neighbours"


def _refused(answer: Answer) -> str:
    told = answer.reply.body[:80].decode("utf-8", "replace")
    return f"the provider hears {answer.status} {told}" if answer.status >= 400 else ""


def _batches(case: Case) -> Iterator[Path]:
    """The lists of which each item has an outcome of its own: one more item, one more outcome."""
    content, unlocked = case.content, case.unlocked
    if content is None or case.recording.keyed_by == "content":
        return
    before = len(unlocked.sent(content.close(content.tree)).stored)
    for way in ((), *places(content.tree)):
        value = at(content.tree, way)
        if isinstance(value, list) and value:
            longer = content.close(_with_list(content, way, [*value, value[-1]]))
            if len(unlocked.sent(longer).stored) > before:
                yield way


def _with_list(content: Content, way: Path, value: list[Any]) -> Any:
    return with_value(content.tree, way, value)


def _worse(item: Any) -> Iterator[Any]:
    """The item itself with each of its values broken: it looks good for longer."""
    broken_values: tuple[Any, ...] = (None, [], {"": {}}, "x" * 3000, 2**80)
    for way in places(item):
        for value in broken_values:
            yield with_value(item, way, value)


def _event_ids(answer: Answer) -> set[str]:
    return {lead.event_id for lead in answer.leads}
