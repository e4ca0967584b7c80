"""Batched deliveries: each item has its own outcome, a bad one harms no other (SEMANTICS 1.6)."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from channels.sdk.delivery import Delivery, PollItem
from channels.sdk.errors import Unreadable
from channels.sdk.outcome import Ignored, IgnoreReason, Outcome, Quarantined, QuarantineReason

T = TypeVar("T")
S = TypeVar("S", bound=Delivery | PollItem)

MOST_ITEMS = 2000
"""Meta sends up to 1000 changes; what is beyond is kept, but not read by itself."""


def each_item(
    items: Iterable[T],
    parse_one: Callable[[T], Outcome],
    *,
    write: Callable[[T], bytes] = msgspec.json.encode,
) -> tuple[Outcome, ...]:
    """The outcome of every item, in order; an empty batch is ignored as empty.

    An item of several that goes to quarantine takes along itself alone, as `write` spells it.
    """
    batch = list(islice(items, MOST_ITEMS + 1))
    outcomes = [_isolated(item, parse_one) for item in batch[:MOST_ITEMS]]
    if len(batch) > 1:
        outcomes = [_kept_alone(o, i, write) for o, i in zip(outcomes, batch, strict=False)]
    if len(batch) > MOST_ITEMS:
        told = f"over {MOST_ITEMS} items; the first {MOST_ITEMS} were taken"
        outcomes.append(Quarantined(QuarantineReason.TOO_LARGE, told))
    return tuple(outcomes) or (Ignored(IgnoreReason.EMPTY),)


def alone(source: S, item: object) -> S:
    """The source as if it had brought only this item: what one lead of a large batch keeps as raw.

    Else each of a thousand leads would carry all thousand, and a reparse of one would yield all.
    """
    return replace(source, body=msgspec.json.encode(item))


def _kept_alone(outcome: Outcome, item: T, write: Callable[[T], bytes]) -> Outcome:
    if not isinstance(outcome, Quarantined):
        return outcome
    try:
        return replace(outcome, item=write(item))
    except (TypeError, ValueError, RecursionError):
        return outcome  # it cannot be written: the whole delivery is kept


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
