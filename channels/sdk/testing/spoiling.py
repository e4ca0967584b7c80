"""Copies of a tree with something changed: what strangers, faults and later versions send."""

from collections.abc import Iterator
from random import Random
from typing import Any

from channels.sdk.testing.content import Tree

Path = tuple[Any, ...]

NEW_KIND = "kind_of_2031"
NEW_NUMBER = 9731
NEW_FIELD = "field_of_2031"
NEW_VALUES: tuple[Any, ...] = ("value of 2031", 9731, None, ["of", {"2031": True}], {"of": 2031})

JUNK: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 2**53 + 1, 2**80, -(2**63), 0.1, 1e300),
    *("", " ", "\x00", "0", "-1", "9" * 400, "NaN", "1e400", "1_000", "٣٤", "null", "[]"),
    *("\ud800", "🙂" * 30, "а" * 5000, "\u202e\ufeff\u0301", "<b>&amp;</b>", "{{x}}", "%00%ff"),
    *("8 999 123-45-67", "a@b.ru", "2999-99-99 99:99:99", "0001-01-01T00:00:00+23:59", "../../x"),
    *([], {}, [None], [[[]]], {"": None}, [{}], {"id": {"id": []}}, ["a"] * 300),
)
"""What a field may hold instead of what it should; each has been seen or broke a parser once."""


def places(tree: Tree, way: Path = ()) -> Iterator[Path]:
    """The way to every value within the tree, outer ones first."""
    inner: Any = ()
    if isinstance(tree, dict):
        inner = tree.items()
    elif isinstance(tree, list):
        inner = enumerate(tree)
    for key, value in inner:
        yield (*way, key)
        yield from places(value, (*way, key))


def at(tree: Tree, way: Path) -> Any:
    """The value at a place."""
    for step in way:
        tree = tree[step]
    return tree


def with_value(tree: Tree, way: Path, value: Any) -> Tree:
    """The tree with another value at a place; the rest is shared."""
    if not way:
        return value
    holder = tree.copy()
    holder[way[0]] = value if len(way) == 1 else with_value(tree[way[0]], way[1:], value)
    return holder


def without(tree: Tree, way: Path) -> Tree:
    """The tree without what is at a place."""
    *outer, last = way
    holder = at(tree, tuple(outer)).copy()
    del holder[last]
    return with_value(tree, tuple(outer), holder)


def spoilt(tree: Tree, random: Random, *, most: int) -> Iterator[Tree]:
    """Up to `most` copies with a value lost, or junk in its place; every fifth is spoilt twice."""
    ways = list(places(tree))
    if not ways:
        return
    for number in range(most):
        copy = _spoilt_once(tree, random.choice(ways), random)
        if number % 5 == 4:
            again = list(places(copy))
            copy = _spoilt_once(copy, random.choice(again), random) if again else copy
        yield copy


def _spoilt_once(tree: Tree, way: Path, random: Random) -> Tree:
    lost = random.random() < 0.2
    return without(tree, way) if lost else with_value(tree, way, random.choice(JUNK))


def with_new_fields(tree: Tree) -> Iterator[Tree]:
    """Each object of the tree with a field that nobody knows yet, in each shape."""
    objects = [way for way in ((), *places(tree)) if isinstance(at(tree, way), dict)]
    for way in objects:
        for value in NEW_VALUES:
            yield with_value(tree, (*way, NEW_FIELD), value)


def with_new_kinds(tree: Tree) -> Iterator[tuple[Path, Tree]]:
    """Each text and number of the tree replaced by one that nobody knows yet, and where."""
    for way in places(tree):
        value = at(tree, way)
        if isinstance(value, str):
            new: Any = str(NEW_NUMBER) if value.isdigit() and len(value) < 4 else NEW_KIND
            yield way, with_value(tree, way, new)
        elif isinstance(value, int) and not isinstance(value, bool):
            yield way, with_value(tree, way, NEW_NUMBER)
