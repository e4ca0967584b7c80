"""Telephone numbers in a mail's text: shown, never matched (SEMANTICS 2.1.1). Never raises.

In the text, the signature and the quotes alike: docs/providers.md, rule 9 has a number in a
text as a mention, too. Only what looks like a number that can be dialled, so that dates, sums and
tax numbers stay out.
"""

import re
from collections.abc import Iterator

import phonenumbers

from channels.sdk import identities
from channels.sdk.lead import Mention

_CANDIDATE = re.compile(
    r"(?<![\w.+])(?:\+\d|8|7|0|9\d\d|\(\d)[\d \t\u00a0()./\u2010-\u2015-]{7,22}\d(?!\w)"
)
_LOOKED_AT = 40
_MOST = 8


def phones_in(text: str, country: str) -> tuple[Mention, ...]:
    """The first eight numbers, each once, as spelled."""
    found: dict[str, Mention] = {}
    for candidate in _candidates(text):
        identity = identities.phone(candidate, proof="claimed", country=country)
        if identity and len(found) < _MOST and _is_dialled(identity.value):
            found.setdefault(identity.value, identities.mention(identity))
    return tuple(found.values())


def _candidates(text: str) -> Iterator[str]:
    for count, match in enumerate(_CANDIDATE.finditer(text)):
        if count >= _LOOKED_AT:
            return
        spelled = match[0].strip()
        digits = re.sub(r"\D", "", spelled)
        if len(digits) >= 10 and not re.match(r"\d{1,2}[./]\d{1,2}[./]\d", spelled):
            yield spelled


def _is_dialled(value: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(value))
    except phonenumbers.NumberParseException:
        return False
