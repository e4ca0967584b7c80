"""Batched deliveries: each item has its own outcome, a bad one harms no other (SEMANTICS 1.6)."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from channels.sdk.errors import Unreadable
from channels.sdk.outcome import Ignored, IgnoreReason, Outcome, Quarantined, QuarantineReason

T = TypeVar("T")


def each_item(items: Iterable[T], parse_one: Callable[[T], Outcome]) -> tuple[Outcome, ...]:
    """The outcome of every item, in order; an empty batch is ignored as empty."""
    outcomes = tuple(_isolated(item, parse_one) for item in items)
    return outcomes or (Ignored(IgnoreReason.EMPTY),)


def _isolated(item: T, parse_one: Callable[[T], Outcome]) -> Outcome:
    try:
        return parse_one(item)
    except Unreadable as error:
        return Quarantined(error.reason, error.detail)
    except RecursionError:
        return Quarantined(QuarantineReason.TOO_LARGE, "the item is nested too deeply")
    except Exception as error:  # noqa: BLE001 - a parser's bug must not lose the item's neighbours
        return parser_fault(error)


def parser_fault(error: Exception) -> Quarantined:
    """A bug of ours: its class, and where it was raised; never its text, which may name people."""
    where = error.__traceback__
    while where and where.tb_next:
        where = where.tb_next
    line = f"{where.tb_frame.f_code.co_name}:{where.tb_lineno}" if where else "?"
    return Quarantined(QuarantineReason.PARSER_FAULT, f"{type(error).__name__} in {line}")
