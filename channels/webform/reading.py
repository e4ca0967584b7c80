"""A form's entries, each read by what its name means.

Nothing that was filled in is lost: what is no identity, name, text, label or consent reaches
`fields` under the name that it came with; so does an address that cannot be read. Credentials
and captcha answers are left out.
"""

import re
from collections.abc import Callable, Iterable
from urllib.parse import unquote

from channels.sdk.campaigns import LABELS, is_macro
from channels.sdk.lead import Consent, Identity
from channels.sdk.times import Timestamp
from channels.webform import addresses
from channels.webform.consents import is_given, is_plainly_given, purpose_of
from channels.webform.cookies import read_cookies
from channels.webform.entries import Entry
from channels.webform.submission import Submission, keep

_MAX_ADDRESSES = 16  # reading a number may cost a millisecond; nobody types more
_LABELS = frozenset(LABELS) - {"referrer", "landing"}
_PROFILE = frozenset({"name", "first_name", "last_name", "username", "company", "city", "language"})
_PAGE = re.compile(r"(?:https?://|/).+|[^\s/.]+(?:\.[^\s/.]+)+(?:/.*)?", re.DOTALL)


def read_submission(
    entries: Iterable[Entry], *, country: str, at: Timestamp, ip: str = ""
) -> Submission:
    """Read entries in their order, each by its role; the first of a kind wins."""
    form = Submission(country=country, at=at, ip=ip)
    for entry in entries:
        if not entry.value:
            continue
        took = _TAKE.get(entry.meant.role)
        if took is None or not took(form, entry):
            keep(form.fields, entry.name, entry.value)
    _finish(form)
    return form


# --- each says whether the entry found its place; if not, it is one of the other fields


def _take_address(form: Submission, entry: Entry) -> bool:
    form.addresses_read += 1
    if form.addresses_read > _MAX_ADDRESSES:
        return False
    return _extended(form.identities, _addresses(entry.meant.role, entry.value, form.country))


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


def _take_profile(form: Submission, entry: Entry) -> bool:
    return _put(form.profile, entry.meant.role, entry.value)


def _take_words(form: Submission, entry: Entry) -> bool:
    return _put(form.words, entry.meant.role, entry.value)


def _take_page(form: Submission, entry: Entry) -> bool:
    return bool(_PAGE.fullmatch(entry.value)) and _take_words(form, entry)


def _take_label(form: Submission, entry: Entry) -> bool:
    if is_macro(entry.value):
        return True
    return _put(form.labels, entry.meant.role, decoded(entry.value))


def _take_visitor(form: Submission, entry: Entry) -> bool:
    return _extended(form.visitors, addresses.visitor(entry.value))


def _take_consent(form: Submission, entry: Entry) -> bool:
    given = is_given if entry.meant.sure else is_plainly_given
    if not given(entry.value):
        return False
    purpose = purpose_of(entry.identifier or entry.name)
    if all(consent.purpose != purpose for consent in form.consents):
        form.consents.append(Consent(purpose=purpose, given_at=form.at, ip=form.ip))
    return True


def _take_consent_version(form: Submission, entry: Entry) -> bool:
    form.consent_version = entry.value
    return True


def _take_cookies(form: Submission, entry: Entry) -> bool:
    form.cookies = read_cookies(entry.value)
    return True


def _take_submission_id(form: Submission, entry: Entry) -> bool:
    form.submission_id = form.submission_id or entry.value
    return True


def _leave_out(form: Submission, entry: Entry) -> bool:
    del form, entry
    return True


_TAKE: dict[str, Callable[[Submission, Entry], bool]] = {
    **dict.fromkeys(
        ("phone", "email", "telegram", "whatsapp", "vk", "instagram", "contact"), _take_address
    ),
    **dict.fromkeys(_PROFILE, _take_profile),
    **dict.fromkeys(("text", "subject"), _take_words),
    **dict.fromkeys(_LABELS, _take_label),
    **dict.fromkeys(("landing", "referrer"), _take_page),
    "visitor": _take_visitor,
    "consent": _take_consent,
    "consent_version": _take_consent_version,
    "cookies": _take_cookies,
    "submission_id": _take_submission_id,
    "secret": _leave_out,
}
"""Role → who takes its entry in; entries without one of these roles are other fields."""


def _put(place: dict[str, str], name: str, value: str) -> bool:
    """Whether there was room; the same again needs none."""
    return place.setdefault(name, value) == value


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
