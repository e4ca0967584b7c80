"""The few lines of a vCard (RFC 6350, 2426) that a shared contact needs."""

import re

_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(r"\r\n|\n|\r")
_LONGEST = 20_000
_MOST_VALUES = 10


def values_of(card: str, name: str) -> list[str]:
    """The values of a property: `item1.TEL;TYPE=cell:tel:+7…` has the value `+7…`."""
    found: list[str] = []
    for line in _LINE.split(_FOLD.sub("", card[:_LONGEST])):
        label, colon, value = line.partition(":")
        plain = label.partition(";")[0].rpartition(".")[2].strip().upper()
        if colon and plain == name and value.strip():
            found.append(value.strip().removeprefix("tel:"))
    return found[:_MOST_VALUES]
