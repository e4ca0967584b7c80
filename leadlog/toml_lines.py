"""Line numbers for the places of a TOML file, so that a fault can be pointed at."""

import re

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\-\"']+)\s*=")
_QUOTES = ('"""', "'''")

Place = tuple[str | int, ...]


def lines_of(text: str) -> dict[Place, int]:
    """Place → line, for tables, elements of arrays of tables, and their keys. Lines from 1."""
    found: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    here: Place = ()
    within = ""  # the quotes of a text of several lines
    for number, line in enumerate(text.splitlines(), 1):
        if within:
            within = "" if within in line else within
            continue
        within = next((quotes for quotes in _QUOTES if line.count(quotes) == 1), "")
        if header := _HEADER.match(line):
            here = _enter(_names(header[2]), header[1] == "[[", counts)
            found.setdefault(here, number)
        elif key := _KEY.match(line):
            found.setdefault((*here, *_names(key[1])), number)
    return found


def _names(dotted: str) -> Place:
    return tuple(part.strip(" \"'") for part in dotted.split("."))


def _enter(names: Place, is_array: bool, counts: dict[Place, int]) -> Place:
    """The place that a header opens, with the number of each array's element."""
    here: Place = ()
    for depth, name in enumerate(names):
        here = (*here, name)
        last = depth == len(names) - 1
        if last and is_array:
            counts[here] = counts.get(here, -1) + 1
        if here in counts:
            here = (*here, counts[here])
    return here
