"""What a name sounds like, whatever letters it is written in: parts that can be compared.

`Наталья Иванова`, `Ivanova Natalia` and `Наташа Иванова` give the same two parts in some order.
Nothing here identifies anybody: it only says which names are worth a look.
"""

import re
from functools import lru_cache

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
_DOUBLED = re.compile(r"(.)\1+")
_NO_LETTER = re.compile(r"[^a-z]+")
_FATHERS = re.compile(r"(?:ov|ev|il|[kmn]i)(?:ich|na|ichna)")
"""How a father's name ends, as it sounds."""
_MOST = 2
_LONGEST = 100


def parts(name: str) -> tuple[str, ...]:
    """At most two parts of a name: first name and last name in the order that they came."""
    found = [part for word in name[:_LONGEST].split() for part in heard(word)]
    if len(found) > 1:
        named = [part for part in found if not _is_fathers(part)]
        found = named or found
    return tuple(found if len(found) <= _MOST else (found[0], found[-1]))


@lru_cache(maxsize=65_536)
def heard(word: str) -> tuple[str, ...]:
    """The parts in one word of a name, as they sound; none in an initial."""
    spelled = word.casefold().translate(_LATIN)
    sounds = (_sound(text) for text in _NO_LETTER.split(spelled) if len(text) > 1)
    return tuple(FULL.get(sound, sound) for sound in sounds if sound)


def _sound(text: str) -> str:
    spelled = _SPELLING.sub(lambda match: _SPELLED[match[0]], text)
    return _DOUBLED.sub(r"\1", _SOFT.sub("", spelled).translate(_ONE_LETTER))


def _is_fathers(part: str) -> bool:
    return (
        len(part) > 6
        and _FATHERS.search(part, len(part) - 6) is not None
        and part.endswith(("ich", "vna", "ichna"))
    )
