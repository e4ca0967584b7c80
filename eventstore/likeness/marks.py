"""What tells names apart that sound the same: `Клиент 17` and `Клиент 18`, `User A` and `User B`.

Parts of names (eventstore.likeness.names) leave numbers and initials out, for `Анна` and `Анна П.`
may be one person. `Анна П.` and `Анна К.` hardly are.
"""

import re
from typing import Final

from eventstore.likeness.names import latin

_LETTER: Final = r"[^\W\d_]"
_MARKED: Final = re.compile(
    rf"\d|(?<={_LETTER}{_LETTER})[\W_]+(?:(?P<letter>{_LETTER})|(?P<roman>[IVX]+))[\W_]*$"
)
_DIGITS: Final = 10
"""Of more, as of a telephone's number, the last: the rest is a country's code, or none."""
_ROMAN: Final = {"I": 1, "V": 5, "X": 10}


def mark_of(name: str) -> str:
    """The number in a name, or the letter or Roman number after its words; empty for none."""
    found = _MARKED.search(name)
    if found is None:
        return ""
    if letter := found["letter"]:
        return latin(letter)
    if roman := found["roman"]:
        return str(_number(roman))
    return "".join(filter(str.isdecimal, name))[-_DIGITS:].lstrip("0") or "0"


def marks_differ(one: str, other: str) -> bool:
    """Whether both names have a mark, and not the same."""
    mine, theirs = mark_of(one), mark_of(other)
    return bool(mine and theirs) and mine != theirs


def _number(roman: str) -> int:
    worth = [_ROMAN[letter] for letter in roman]
    after = [*worth[1:], 0]
    return sum(-one if one < next_ else one for one, next_ in zip(worth, after, strict=True))
