"""Amounts of money as people type them."""

import re

_TYPED = re.compile(r"(?P<whole>[0-9]{1,15}|[0-9]{1,3}( [0-9]{3}){1,4})([.,](?P<part>[0-9]{1,4}))?")
_BLANKS = str.maketrans(dict.fromkeys("\u00a0\u2009\u202f", " "))


def plain(typed: str) -> str:
    """The decimal number that somebody typed: `149900.50` for `149 900,50`.

    A comma is a decimal one, as in Russian; with three figures behind it, it may as well part
    thousands. Raises ValueError for what is no amount, and for what may be either of two.
    """
    found = _TYPED.fullmatch(typed.strip().translate(_BLANKS))
    if found is None or ("," in typed and len(found["part"] or "") > 2):
        raise ValueError(f"no amount: {typed!r}")
    whole = str(int(found["whole"].replace(" ", "")))
    return f"{whole}.{found['part']}" if found["part"] else whole
