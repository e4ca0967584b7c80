"""What a name sounds like, whatever letters it is written in: parts that can be compared.

`Наталья Иванова`, `Ivanova Natalia` and `Наташа Иванова` give the same two parts in some order.
Nothing here identifies anybody: it only says which names are worth a look.
"""

import re
from collections.abc import Collection, Sequence
from itertools import chain

from eventstore.likeness.short_names import FULL

_LATIN = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z",
        "и": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
        "с": "s", "т": "t", "у": "u", "ф": "f", "х": "h", "ц": "c", "ч": "ch", "ш": "sh",
        "щ": "sh", "ъ": "", "ы": "i", "ь": "", "э": "e", "ю": "yu", "я": "ya", "і": "i", "ї": "i",
        "є": "e", "ґ": "g", "'": "", "’": "", "`": "",
    }
)  # fmt: skip
_SPELLED = {"shch": "sh", "sch": "sh", "kh": "h", "ts": "c", "tz": "c", "ph": "f", "ck": "k"}
_SPELLING = re.compile("|".join(_SPELLED))
_ONE_LETTER = str.maketrans({"y": "i", "j": "i", "w": "v", "x": "ks", "q": "k"})
_SOFT = re.compile(r"[iyj]+(?=[aeou])")
_DOUBLED = re.compile(r"([a-z])(?=\1)")
_NO_LETTER = re.compile(r"[^a-z\n]+")
_INITIAL = re.compile(r"\b[a-z]\b")
_FATHERS = re.compile(r"(?:ov|ev|il|[kmn]i)(?:ich|na|ichna)")
"""How a father's name ends, as it sounds."""
_FATHERS_END = ("ich", "vna", "ichna")
_MOST = 2
_LONGEST = 100


def parts(name: str) -> tuple[str, ...]:
    """At most two parts of a name: first name and last name in the order that they came."""
    return parts_of([name])[0]


def parts_of(names: Sequence[str]) -> list[tuple[str, ...]]:
    """The same of many names, for a fraction of what they cost one by one."""
    words = [name[:_LONGEST].split() for name in names]
    heard = _heard(set(chain.from_iterable(words)))
    fathers = {part for parts in heard.values() for part in parts if _is_fathers(part)}
    found = [[part for word in name for part in heard[word]] for name in words]
    return [_first_and_last(parts, fathers) for parts in found]


def _first_and_last(found: list[str], fathers: set[str]) -> tuple[str, ...]:
    if len(found) > 1 and not fathers.isdisjoint(found):
        found = [part for part in found if part not in fathers] or found
    return tuple(found) if len(found) <= _MOST else (found[0], found[-1])


def _heard(words: Collection[str]) -> dict[str, list[str]]:
    """The parts in each of these words, as they sound; none in an initial."""
    sounds = _sounds("\n".join(words)).split("\n")
    return {
        word: [FULL.get(part, part) for part in parts.split()]
        for word, parts in zip(words, sounds, strict=bool(words))
    }


def latin(text: str) -> str:
    """In small Latin letters."""
    return text.casefold().translate(_LATIN)


def _sounds(lines: str) -> str:
    """All lines at once, each as it sounds."""
    letters = _NO_LETTER.sub(" ", latin(lines))
    spelled = _SPELLING.sub(lambda match: _SPELLED[match[0]], _INITIAL.sub("", letters))
    return _DOUBLED.sub("", _SOFT.sub("", spelled).translate(_ONE_LETTER))


def _is_fathers(part: str) -> bool:
    return (
        part.endswith(_FATHERS_END)
        and len(part) > 6
        and _FATHERS.search(part, len(part) - 6) is not None
    )
