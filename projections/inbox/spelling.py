"""Names as they are compared: one text for all the ways in which people spell a name.

Case, accents, ё and й, doubled letters, the order of words and the alphabet don't count: Наталья
Семёнова, NATALIA SEMYONOVA and "семенова наталия" are one. What is left of a name is only for
finding; cards show it as it came.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

_LONGEST_TEXT: Final = 200
_LONGEST_WORD: Final = 32
_MOST_WORDS: Final = 8
_WORD: Final = re.compile(r"[^\W_]+")
_DOUBLED: Final = re.compile(r"(.)\1+")
_LEFT_OUT: Final = str.maketrans("", "", "'’ʼ`ьъЬЪ")
_LATIN: Final = str.maketrans(
    {
        "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z",
        "и": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s",
        "т": "t", "у": "u", "ф": "f", "х": "h", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "sh",
        "ы": "i", "э": "e", "ю": "iu", "я": "ia", "і": "i", "є": "e", "ґ": "g", "ғ": "g",
        "қ": "k", "ә": "a", "ң": "n", "ө": "o", "ұ": "u", "ү": "u", "һ": "h",
    }
)  # fmt: skip
_ALIKE: Final = (
    ("shch", "sh"), ("sch", "sh"), ("tch", "ch"), ("kh", "h"), ("ck", "k"), ("ph", "f"),
    ("tz", "ts"), ("x", "ks"), ("w", "v"), ("q", "k"), ("y", "i"), ("j", "i"), ("ie", "e"),
    ("io", "e"),
)  # fmt: skip
"""Ways of writing one sound in Latin letters, in this order."""


@lru_cache(maxsize=20_000)
def words(text: str) -> tuple[str, ...]:
    """The words of a name as they are compared, in the order in which they stand."""
    # Marks come off after decomposition, so that ё becomes е and й becomes и.
    apart = unicodedata.normalize("NFKD", text[:_LONGEST_TEXT].translate(_LEFT_OUT)).casefold()
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    found = (_sound(word.translate(_LATIN)) for word in _WORD.findall(plain))
    return tuple(word[:_LONGEST_WORD] for word in found if word)[:_MOST_WORDS]


def folded(text: str) -> str:
    """The name as one text, its words in alphabetical order; empty where it has none."""
    return " ".join(sorted(words(text)))


def grams(named: Iterable[str]) -> set[str]:
    """The three-letter pieces of words, each word with two spaces before and one behind it."""
    return {
        padded[start : start + 3]
        for padded in (f"  {word} " for word in named)
        for start in range(len(padded) - 2)
    }


def _sound(word: str) -> str:
    for written, sound in _ALIKE:
        word = word.replace(written, sound)
    return _DOUBLED.sub(r"\1", word)
