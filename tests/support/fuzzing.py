"""What must hold for whatever an adapter is given, and deliveries that nobody would send.

The lab of `channels.sdk.testing` tries a fixed set of copies; here they are drawn, so that each run
tries others, and a failure shrinks to what matters.
"""

import time
from collections.abc import Iterator
from functools import cache
from typing import Any

from hypothesis import strategies as st

from channels.registry import adapter_class
from channels.sdk.adapter import WebhookAdapter
from channels.sdk.delivery import OK, Delivery
from channels.sdk.errors import NotAuthentic
from channels.sdk.testing import read_recordings
from channels.sdk.testing.content import Source
from channels.sdk.testing.doors import Answer, PlainDoor
from channels.sdk.testing.on_parse import BUDGET_S, broken, nested
from channels.sdk.testing.rule import Case, Subject
from channels.sdk.testing.secrets import secrets_in
from channels.sdk.testing.spoiling import JUNK, Path, at, places, with_value, without
from channels.sdk.testing.well_formed import faults_of

_RUNS = 4
"""The quickest counts: another process, or the collection of garbage, is none of its doing."""
_DEPTH = 60


@cache
def cases(account_type: str) -> tuple[Case, ...]:
    """The recorded deliveries of a type."""
    adapter = adapter_class(account_type)
    subject = Subject(adapter=adapter, recordings=read_recordings(adapter), door=PlainDoor())
    return tuple(subject.cases)


@cache
def unlocked(account_type: str) -> tuple[Case, ...]:
    """The same, taken whoever sent them: for contents that nobody could sign."""
    return tuple(case.unlocked for case in cases(account_type))


def faults(case: Case, open_case: Case, source: Source) -> Iterator[str]:
    """What is wrong with how an adapter takes `source`, by its locked door and by its open one."""
    yield from _faults_of_verify(case, source)
    for one in (case, open_case):
        answer = one.sent(source)
        if fault := broken(answer):
            yield f"{fault} for it"
        if not answer.handshake:  # which repeats what its caller says
            yield from secrets_in(answer, case.adapter.settings.secrets())
        for lead in answer.leads:
            yield from faults_of(lead, one.adapter)
    if _seconds(open_case, source) > BUDGET_S:
        quickest = min(_seconds(open_case, source) for _ in range(_RUNS))
        if quickest > BUDGET_S:
            yield f"it takes {quickest * 1000:.0f} ms of the processor"


def _faults_of_verify(case: Case, source: Source) -> Iterator[str]:
    """`verify` and `handshake` raise nothing but NotAuthentic."""
    if not isinstance(source, Delivery) or not isinstance(case.adapter, WebhookAdapter):
        return
    for step in (case.adapter.handshake, case.adapter.verify):
        try:
            step(source)
        except NotAuthentic as refused:
            yield from secrets_in(
                Answer(refused.reply, fault=str(refused)) if refused.reply else _said(refused),
                case.adapter.settings.secrets(),
            )
        except Exception as error:  # noqa: BLE001 - it is what we are after
            yield f"{step.__name__} raises {type(error).__name__}: {error}"


def _said(refused: NotAuthentic) -> Answer:
    return Answer(OK, fault=str(refused))


def _seconds(case: Case, source: Source) -> float:
    started = time.process_time()
    case.sent(source)
    return time.process_time() - started


_TEXTS = st.text(max_size=60) | st.text(
    st.characters(categories=["Cs", "Cc", "Cf", "Nd", "Zs", "Mn"]), max_size=12
)
_NUMBERS = st.integers() | st.integers(-(2**70), 2**70) | st.floats()
_LEAVES = st.none() | st.booleans() | _NUMBERS | _TEXTS | st.sampled_from(JUNK)
VALUES: st.SearchStrategy[Any] = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(_TEXTS | st.just("id"), inner, max_size=4)
    ),
    max_leaves=12,
)
"""What may stand where something else should."""


@st.composite
def spoilt(draw: st.DrawFn, tree: Any, secrets: tuple[str, ...]) -> Any:
    """The tree with up to four changes of its structure."""
    for _ in range(draw(st.integers(1, 4))):
        ways = list(places(tree))
        if not ways:
            return draw(VALUES)
        tree = _changed(draw, tree, draw(st.sampled_from(ways)), secrets)
    return tree


def _changed(draw: st.DrawFn, tree: Any, way: Path, secrets: tuple[str, ...]) -> Any:
    value = at(tree, way)
    match draw(st.sampled_from(("other", "lost", "moved", "wrapped", "renamed", "cast", "many"))):
        case "lost":
            return without(tree, way)
        case "renamed" if isinstance(way[-1], str):
            renamed = (*way[:-1], draw(_TEXTS))
            return with_value(without(tree, way), renamed, value)
        case "moved":  # what stands elsewhere in the delivery
            new = at(tree, draw(st.sampled_from(list(places(tree)))))
        case "wrapped":
            new = draw(st.sampled_from(([value], {"id": value}, [[value]])))
        case "cast":
            new = _cast(draw, value)
        case "many" if isinstance(value, list) and value:
            new = value * draw(st.integers(2, 40))
        case _:
            new = draw(st.sampled_from((*secrets, nested(_DEPTH))) | VALUES)
    return with_value(tree, way, new)


def _cast(draw: st.DrawFn, value: Any) -> Any:
    """The same in another type, or a number far away from it."""
    if isinstance(value, bool | int | float):
        return draw(st.sampled_from((str(value), -value, value * 2**60, value / 7, [value])))
    if isinstance(value, str):
        numbers = (int(value[:400]),) if value.isascii() and value[:400].isdigit() else ()
        return draw(st.sampled_from((value * 30, value[::-1], value.upper(), [*value], *numbers)))
    return str(value)
