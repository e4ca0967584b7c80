"""Telephone numbers: any spelling to E.164 (SEMANTICS 2.1.2; docs/providers.md, rule 8).

`phonenumbers` decides. The common spellings of a Russian mobile number take a checked short cut
that a property test holds equal to the library.
"""

import re
from functools import lru_cache

import msgspec
import phonenumbers

_SHORT_CUT = re.compile(r"(?:\+7|8|7)?9[0-9]{9}")
_NO_PUNCTUATION = str.maketrans("", "", " -()\u00a0")
_WORDS = re.compile(r"[^\W\d_]{4,}|sip:|@", re.IGNORECASE)
_MIN_DIGITS = 10


class Phone(msgspec.Struct, frozen=True, gc=False):
    """A number that can be dialled from anywhere."""

    value: str
    """E.164: a plus and digits."""
    extension: str = ""


def parse_phone(raw: str, country: str = "RU") -> Phone | None:
    """The number that `raw` spells, or None when it is none that could identify a person.

    None for words ("Anonymous"), SIP addresses, short and internal numbers, and whatever
    `phonenumbers` calls impossible. `country` (ISO 3166) reads numbers without a country code.
    """
    found = _SHORT_CUT.fullmatch(raw) or _SHORT_CUT.fullmatch(raw.translate(_NO_PUNCTUATION))
    if found and (country == "RU" or found[0][0] == "+"):
        return Phone("+7" + found[0][-10:])
    return _by_library(raw, country)


def parse_international(raw: str) -> Phone | None:
    """A number that a messenger or an exchange gives: country code first, with or without plus."""
    bare = raw.strip()
    if bare.startswith("8") and len(bare) == 11:
        return parse_phone(bare, "RU")
    return parse_phone(bare if bare.startswith("+") else f"+{bare}", "ZZ")


@lru_cache(maxsize=4096)
def _by_library(raw: str, country: str) -> Phone | None:
    if len(raw) > 64 or _WORDS.search(raw.replace("доб", "").replace("ext", "")):
        return None
    region = None if country == "ZZ" else country
    try:
        number = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        return None
    digits = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if len(digits) <= _MIN_DIGITS or not phonenumbers.is_possible_number(number):
        return None
    if not _is_settled(digits):
        return None
    return Phone(digits, number.extension or "")


def _is_settled(digits: str) -> bool:
    """Whether the number reads as itself: of `+31 0 00…` a zero more is taken away each time."""
    try:
        again = phonenumbers.parse(digits)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.format_number(again, phonenumbers.PhoneNumberFormat.E164) == digits
