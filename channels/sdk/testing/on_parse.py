"""Rules of `parse`: the recordings are read as they say, and nothing breaks it or holds it up."""

import time
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from channels.sdk.adapter import WebhookAdapter
from channels.sdk.delivery import Delivery
from channels.sdk.outcome import QuarantineReason
from channels.sdk.testing.bodies import BODIES
from channels.sdk.testing.content import Source
from channels.sdk.testing.doors import Answer, PlainDoor
from channels.sdk.testing.expected import differences
from channels.sdk.testing.rule import Case, Subject, rule
from channels.sdk.testing.spoiling import at, places, spoilt, with_value

BUDGET_S = 0.1
"""The longest that any one delivery may take of the processor."""
_BATCH = 500
_LARGEST = 1024 * 1024
_SIZED = 12
_DEEP = 800
_FILLERS = ("я", "9", "(", " ", "<", "a@", "\\", "+7 ", "{", "\r\n", "http://a.ru/?")


@rule("parse")
def reads_its_recordings(subject: Subject) -> Iterator[str]:
    """Of each recorded delivery comes what its recording says."""
    if not subject.recordings:
        folder = subject.adapter.recordings
        yield f"there are none: put one delivery of each kind into {folder}/ beside the adapter"
    for case in subject.cases:
        for difference in differences(case.recording.expect, case.sent()):
            yield f"{case.name}: {difference}"


@rule("parse")
def survives_hostile_content(subject: Subject) -> Iterator[str]:
    """Whatever a delivery holds, it is kept and answered; `parse` raises nothing but Unreadable."""
    for case in subject.deliveries:
        unlocked = case.unlocked
        for source in hostile(subject, case):
            answer = unlocked.sent(source)
            if fault := broken(answer):
                yield f"{case.name}: {fault} for {_shown(source)}"


@rule("parse")
def survives_any_size(subject: Subject) -> Iterator[str]:
    """Empty, huge and deeply nested deliveries are kept and answered like any other."""
    for case in subject.some:
        unlocked = case.unlocked
        for source in sized(subject, case):
            if fault := broken(unlocked.sent(source)):
                yield f"{case.name}: {fault} for {len(source.body)} bytes, {_shown(source)}"


@rule("parse")
def keeps_its_time(subject: Subject) -> Iterator[str]:
    """No delivery takes more than 100 ms of the processor; a batch no more for each 500 items."""
    for case in subject.some:
        unlocked = case.unlocked
        for source in (case.source, *sized(subject, case)):
            if seconds := _too_long(unlocked, source):
                size = len(source.body)
                yield f"{case.name}: {seconds * 1000:.0f} ms for {size} bytes, {_shown(source)}"


def broken(answer: Answer) -> str:
    """What is wrong with the answer to an authentic delivery, whatever it held; else nothing."""
    if answer.fault:
        return f"an exception gets out, {answer.fault},"
    if answer.status >= 500:
        return f"the provider hears {answer.status}"
    for one in answer.stored:
        if one.reason == QuarantineReason.PARSER_FAULT:
            return f"parse raises {one.detail},"
    if not answer.stored and not answer.handshake and answer.status < 400:
        return "success is said and nothing stored"
    return ""


def hostile(subject: Subject, case: Case) -> Iterator[Source]:
    """The delivery with junk instead of its body, and in the places of its values."""
    for body in BODIES:
        yield with_body(case.source, body)
    if content := case.content:
        for tree in spoilt(content.tree, subject.random(case), most=subject.tries):
            yield content.close(tree)


def with_body(source: Source, body: bytes) -> Source:
    """The same delivery with other bytes."""
    if isinstance(source, Delivery):
        return replace(source, body=body)
    is_text = isinstance(source.item, str)
    return replace(source, item=body.decode("utf-8", "replace") if is_text else body, body=body)


def sized(subject: Subject, case: Case) -> Iterator[Source]:
    """The delivery filled up to its limit: long texts, long lists, many fields, deep nesting."""
    limit = _limit(case)
    for piece in (b"[", b'{"a":', b"a=b&", b"<a>", b"\n", b"\xd1", b"[{},"):
        yield with_body(case.source, (piece * (limit // len(piece) + 1))[:limit])
    content = case.content
    if content is None:
        return
    random = subject.random(case)
    for way in list(places(content.tree))[:_SIZED]:
        yield content.close(with_value(content.tree, way, nested(_DEEP)))
    room = max(limit - len(case.source.body) * 2, 0) // 7  # escapes are up to seven times as long
    ways = list(places(content.tree))
    for way in random.sample(ways, min(_SIZED, len(ways))):
        yield content.close(with_value(content.tree, way, _huge(at(content.tree, way), room, way)))


def nested(depth: int) -> Any:
    """Lists and objects within one another."""
    value: Any = 1
    for number in range(depth):
        value = [value] if number % 2 else {"a": value}
    return value


def _huge(value: Any, room: int, way: tuple[Any, ...]) -> Any:
    if isinstance(value, list) and value:
        return value * max(1, room // max(1, len(str(value))))
    if isinstance(value, dict):
        return {**value, **{f"field {number}": "x" for number in range(room // 20)}}
    filler = _FILLERS[len(str(way)) % len(_FILLERS)]
    return filler * (room // len(filler))


def _limit(case: Case) -> int:
    if isinstance(case.adapter, WebhookAdapter) and isinstance(case.source, Delivery):
        return min(case.adapter.body_limit(case.source.content_type), _LARGEST)
    return _LARGEST


def _too_long(case: Case, source: Source) -> float:
    """The seconds of the quickest of three runs, if even that is over the budget."""
    quickest = 0.0
    for _ in range(3):
        started = time.process_time()
        items = len(PlainDoor().send(case.adapter, source).stored)
        taken = time.process_time() - started
        if taken <= BUDGET_S * max(1.0, items / _BATCH):
            return 0.0
        quickest = min(quickest or taken, taken)
    return quickest


def _shown(source: Source) -> str:
    query = f"?{source.query[:80]} " if isinstance(source, Delivery) and not source.body else ""
    return f"{query}{source.body[:120]!r}"
