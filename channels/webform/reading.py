"""A form's entries, each read by what its name means.

Nothing that was filled in is lost: what is no identity, name, text, label or consent reaches
`fields` under the name that it came with; so does an address that cannot be read. Credentials
and captcha answers are left out.
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote

from channels.sdk.campaigns import LABELS, is_macro
from channels.sdk.lead import Consent, Identity
from channels.sdk.times import Timestamp
from channels.webform import addresses
from channels.webform.consents import is_given, is_plainly_given, purpose_of
from channels.webform.cookies import read_cookies
from channels.webform.entries import Entry
from channels.webform.meanings import Meaning, meaning
from channels.webform.submission import Submission, keep

_MAX_ADDRESSES = 16  # reading a number may cost a millisecond; nobody types more
_LABELS = frozenset(LABELS) - {"referrer", "landing"}
_PROFILE = frozenset({"name", "first_name", "last_name", "username", "company", "city", "language"})
_PAGES = frozenset({"landing", "referrer"})
_PAGE = re.compile(r"(?:https?://|/).+|[^\s/.]+(?:\.[^\s/.]+)+(?:/.*)?", re.DOTALL)
_ADDRESSES = frozenset({"phone", "email", "telegram", "whatsapp", "vk", "instagram", "contact"})
_LEFT_OUT = frozenset({"secret", "submission_id"})


def read_submission(
    entries: Iterable[Entry], *, country: str, at: Timestamp, ip: str = ""
) -> Submission:
    """Read entries in their order, each by its role; the first of a kind wins."""
    form = Submission(country=country, at=at, ip=ip)
    for entry in entries:
        if entry.value and not _took(form, entry, _meaning_of(entry)):
            keep(form.fields, entry.name, entry.value)
    _finish(form)
    return form


def _meaning_of(entry: Entry) -> Meaning:
    if entry.role:
        return Meaning(entry.role)
    by_name = meaning(entry.name)
    if entry.identifier and not (by_name.role and by_name.sure):
        by_identifier = meaning(entry.identifier)
        return by_identifier if by_identifier.role else by_name
    return by_name


def _took(form: Submission, entry: Entry, meant: Meaning) -> bool:
    """Whether the entry found its place by its role; if not, it is one of the other fields."""
    role, value = meant.role, entry.value
    if role in _ADDRESSES:
        return _took_address(form, role, value)
    if role in _PROFILE:
        return _put(form.profile, role, value)
    if role in {"text", "subject"} or (role in _PAGES and _PAGE.fullmatch(value)):
        return _put(form.words, role, value)
    if role in _LABELS:
        return _put_label(form.labels, role, value)
    if role == "consent":
        return _took_consent(form, entry, meant)
    return _took_machinery(form, role, value)


def _took_machinery(form: Submission, role: str, value: str) -> bool:
    if role == "visitor":
        return _extended(form.visitors, addresses.visitor(value))
    if role == "consent_version":
        form.consent_version = value
    elif role == "cookies":
        form.cookies = read_cookies(value)
    return role in _LEFT_OUT or role in {"consent_version", "cookies"}


def _took_address(form: Submission, role: str, value: str) -> bool:
    form.addresses_read += 1
    if form.addresses_read > _MAX_ADDRESSES:
        return False
    return _extended(form.identities, _addresses(role, value, form.country))


def _addresses(role: str, value: str, country: str) -> tuple[Identity, ...]:
    if role == "phone":
        return addresses.phones(value, country)
    if role == "email":
        return addresses.emails(value)
    if role == "whatsapp":
        return addresses.whatsapp(value, country)
    if role == "contact":
        return addresses.anything(value, country)
    return addresses.handle(role, value, country)


def _took_consent(form: Submission, entry: Entry, meant: Meaning) -> bool:
    if not (is_given(entry.value) if meant.sure else is_plainly_given(entry.value)):
        return False
    purpose = purpose_of(entry.identifier or entry.name)
    if all(consent.purpose != purpose for consent in form.consents):
        form.consents.append(Consent(purpose=purpose, given_at=form.at, ip=form.ip))
    return True


def _put(place: dict[str, str], name: str, value: str) -> bool:
    """Whether there was room; the same again needs none."""
    return place.setdefault(name, value) == value


def _put_label(labels: dict[str, str], name: str, value: str) -> bool:
    if is_macro(value):
        return True
    return _put(labels, name, decoded(value))


def decoded(label: str) -> str:
    """A label that was encoded twice on its way, as people read it."""
    if "%" not in label:
        return label
    try:
        return unquote(label, errors="strict")
    except UnicodeDecodeError:
        return label


def _extended(place: list[Identity], found: tuple[Identity, ...]) -> bool:
    place.extend(found)
    return bool(found)


def _finish(form: Submission) -> None:
    _complete_name(form.profile)
    for cookie in form.cookies.visitors:
        form.visitors.extend(addresses.visitor(cookie))
    if form.cookies.roistat_visit:
        form.fields.setdefault("roistat_visit", form.cookies.roistat_visit)
    if form.consent_version and not form.consents:
        form.fields.setdefault("consent_version", form.consent_version)
    elif form.consent_version:
        form.consents = [_with_version(given, form.consent_version) for given in form.consents]


def _with_version(consent: Consent, version: str) -> Consent:
    return Consent(
        purpose=consent.purpose,
        text_version=consent.text_version or version,
        given_at=consent.given_at,
        ip=consent.ip,
    )


def _complete_name(profile: dict[str, str]) -> None:
    """A name out of its parts; `Имя` beside `Фамилия` is the first of them."""
    name, last = profile.get("name", ""), profile.get("last_name", "")
    if name and last and " " not in name and name != last:
        profile.setdefault("first_name", name)
    first = profile.get("first_name", "")
    if (first or last) and name in {"", first}:
        profile["name"] = f"{first} {last}".strip()
