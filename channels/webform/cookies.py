"""Cookies that a form builder sends along: what counts of them, and nothing else.

Only the names in `ALLOWED` are read and kept; the others are sessions of the visitor that are
none of our business (docs/providers.md, 4.2 and rule 11 of section 0).
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

import msgspec

from channels.sdk.campaigns import LABELS

ALLOWED = ("TILDAUTM", "_ym_uid", "_ga", "previousUrl", "roistat_visit")

_NOT_IN_TILDAUTM = frozenset({"start", "referrer", "landing"})
_MANY = 200


class Cookies(msgspec.Struct, frozen=True):
    """What the allowed cookies say."""

    labels: dict[str, str] = {}
    visitors: tuple[str, ...] = ()
    previous_url: str = ""
    roistat_visit: str = ""


NO_COOKIES = Cookies()


def read_cookies(text: str) -> Cookies:
    """The allowed cookies of a `name=value; name=value` string."""
    found = dict(_allowed(text))
    return Cookies(
        labels=_tilda_labels(found.get("TILDAUTM", "")),
        visitors=tuple(found[name] for name in ("_ym_uid", "_ga") if found.get(name)),
        previous_url=unquote(found.get("previousUrl", "")),
        roistat_visit=found.get("roistat_visit", ""),
    )


def allowed_cookies(value: Any) -> str:
    """The cookie string without the cookies that are not ours to keep; objects are read too."""
    if isinstance(value, dict):
        pairs: Iterable[tuple[str, str]] = (
            (str(name), item) for name, item in value.items() if isinstance(item, str)
        )
        return "; ".join(f"{name}={item}" for name, item in pairs if name in ALLOWED)
    return "; ".join(f"{name}={item}" for name, item in _allowed(str(value or "")))


def _allowed(text: str) -> Iterable[tuple[str, str]]:
    for piece in text.split(";", _MANY)[:_MANY]:
        name, _, value = piece.strip().partition("=")
        if name in ALLOWED:
            yield name, value.strip()


def _tilda_labels(cookie: str) -> dict[str, str]:
    """`utm_source=x|||utm_medium=y`, encoded once as a cookie and again as it was in the URL."""
    pairs = (piece.partition("=") for piece in unquote(cookie).split("|||", _MANY))
    return {
        name.strip(): unquote(value).strip()
        for name, _, value in pairs
        if name.strip() in LABELS and name.strip() not in _NOT_IN_TILDAUTM
    }
