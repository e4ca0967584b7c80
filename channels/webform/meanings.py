"""How a field's name is looked up in the table of `channels.webform.fields`.

A name is compared in its canonical spelling: lower case, `ё` as `е`, words split at punctuation
and at capitals (`firstName`), bare numbers dropped (`tel-619`, `Phone 2`). Then, in this order:
the whole name; the name without filler words (`your-name`, `Ваш телефон`); the same for the end
of a path (`contacts.phone`, `extra.utm.source`); and last, for addresses, texts and consents, a
telling word anywhere in the name (`Телефон для связи`).
"""

import re
from functools import cache, lru_cache

import msgspec

from channels.webform.fields import FILLERS, NAMES, OTHERS, TELLING, TYPES, WRAPPERS

_CAPITAL = re.compile(r"(?<=[a-zа-я0-9])(?=[A-ZА-Я])")
_WORD = re.compile(r"[^\W\d_]+")
_PATH = re.compile(r"[.\[\]]+")
_LONGEST_NAME = 200
_GENERIC = frozenset(
    {"name", "first_name", "last_name", "company", "city", "language", "text", "subject", "landing"}
)


class Meaning(msgspec.Struct, frozen=True, gc=False):
    """What a field is for; `sure` when its name is in the table, not only likely."""

    role: str
    sure: bool = True


UNKNOWN = Meaning("")
of_role = cache(Meaning)
"""What is known to have this role, one of `channels.webform.fields`."""


def words(name: str) -> tuple[str, ...]:
    """The words of a field's name in canonical spelling."""
    return tuple(_WORD.findall(_CAPITAL.sub(" ", name).lower().replace("ё", "е")))


_ROLE_OF = {words(name): role for role, names in NAMES.items() for name in names}


def meaning(name: str) -> Meaning:
    """What a field of this name is for; UNKNOWN where the name does not say."""
    return _meaning(name[:_LONGEST_NAME])


def role_by_type(kind: str, *names: str) -> str:
    """The role that a builder's type of field gives; empty where its names know better."""
    role = TYPES.get(kind.lower(), "")
    known = [name for name in names if meaning(name).sure and meaning(name).role]
    foreign = any(OTHERS.intersection(words(name[:_LONGEST_NAME])) for name in names)
    return "" if known or foreign else role


@lru_cache(maxsize=4096)
def _meaning(name: str) -> Meaning:
    path = [part for part in _PATH.split(name) if words(part)]
    for start in range(len(path)):
        role = _by_words(words(" ".join(path[start:])))
        if role and _fits_parents(role, path[:start]):
            return Meaning(role)
    return _likely(words(name))


def _by_words(spelled: tuple[str, ...]) -> str:
    bare = tuple(word for word in spelled if word not in FILLERS)
    return _ROLE_OF.get(spelled) or _ROLE_OF.get(bare, "")


def _fits_parents(role: str, parents: list[str]) -> bool:
    above = frozenset(word for parent in parents for word in words(parent))
    if role == "name" and "form" in above:
        return False
    return above <= WRAPPERS if role in _GENERIC else not above & OTHERS


def _likely(spelled: tuple[str, ...]) -> Meaning:
    if OTHERS.intersection(spelled):
        return UNKNOWN
    for role, beginnings in TELLING:
        if any(word.startswith(beginnings) for word in spelled):
            return Meaning(role, sure=False)
    return UNKNOWN
