"""Consents given in a form: one for each purpose, with the version of its text and the time."""

import re
from typing import Any

from channels.sdk.lead import Consent
from channels.sdk.read import as_dict, as_text
from channels.sdk.times import Timestamp, canonical_time
from channels.webform.fields import FILLERS, listed
from channels.webform.meanings import words

PERSONAL_DATA = "personal_data"
MARKETING = "marketing"

_NO = frozenset({"", "0", "false", "no", "off", "n", "нет", "не согласен", "не согласна", "none"})
_YES = listed("1 true on yes y ok да + v agree agreed accept accepted checked")
_YES_BEGINS = ("соглас", "я соглас", "принима", "я принима", "i agree", "i accept", "i consent")
_ADVERTISING = ("рассылк", "реклам", "подписк", "subscri", "newsletter", "marketing", "advert")
_CONSENTING = listed(
    """consent consents agree agreed agreement acceptance accept accepted privacy policy personal
    data gdpr i to of on is checkbox"""
)
_PURPOSE = re.compile(r"[a-z][a-z_]{0,39}")
_MANY = 20


def is_given(value: str) -> bool:
    """Whether the value of a consent field says yes."""
    return value.strip().lower() not in _NO


def is_plainly_given(value: str) -> bool:
    """Whether a value says yes by itself, for fields whose name only makes a consent likely."""
    plain = value.strip().lower()
    return plain in _YES or plain.startswith(_YES_BEGINS)


def purpose_of(name: str) -> str:
    """What a consent field called `name` is for: `consent_sms` is `sms`; else personal data."""
    spelled = words(name)
    if any(word.startswith(_ADVERTISING) for word in spelled):
        return MARKETING
    left = [word for word in spelled if word not in _CONSENTING and word not in FILLERS]
    purpose = "_".join(left)
    return purpose if _PURPOSE.fullmatch(purpose) else PERSONAL_DATA


def told_consents(value: Any, at: Timestamp, ip: str) -> tuple[Consent, ...]:
    """Consents told one by one: a list of `{"purpose", "text_version", "given_at", "given"}` or of
    purposes, or one such object; nothing of any other value.
    """
    items = value if isinstance(value, list) else [as_dict(value)]
    found = (_told(item, at, ip) for item in items[:_MANY])
    return tuple(consent for consent in found if consent)


def _told(item: Any, at: Timestamp, ip: str) -> Consent | None:
    told = {"purpose": item} if isinstance(item, str) else as_dict(item)
    purpose = told.get("purpose")
    if not isinstance(purpose, str) or not purpose.strip():
        return None
    if not is_given(as_text(told.get("given", True))):
        return None
    version = told.get("text_version", told.get("version"))
    return Consent(
        purpose=purpose.strip(),
        text_version=str(version) if isinstance(version, str | int) else "",
        given_at=_time(told.get("given_at")) or at,
        ip=ip,
    )


def _time(value: Any) -> Timestamp | None:
    try:
        return canonical_time(value) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None
