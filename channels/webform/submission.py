"""A form's entries as the content of a lead: who, what they wrote, where they came from.

Nothing that was filled in is lost: what is no identity, name, text, label or consent reaches
`fields` under the name that it came with; so does an address that cannot be read. Credentials
and captcha answers are left out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from channels.sdk.campaigns import LABELS, campaign, is_macro
from channels.sdk.identities import present
from channels.sdk.lead import Attachment, Campaign, Consent, Identity, Profile
from channels.sdk.times import Timestamp
from channels.webform import addresses
from channels.webform.consents import is_given, is_plainly_given, purpose_of
from channels.webform.cookies import Cookies, read_cookies
from channels.webform.entries import Entry
from channels.webform.meanings import Meaning, meaning

_MAX_ADDRESSES = 16  # reading a number may cost a millisecond; nobody types more
_LABELS = frozenset(LABELS) - {"referrer", "landing"}
_PROFILE = frozenset({"name", "first_name", "last_name", "username", "company", "city", "language"})
_WORDS = frozenset({"text", "subject", "landing", "referrer"})
_ADDRESSES = frozenset({"phone", "email", "telegram", "whatsapp", "vk", "instagram", "contact"})
_LEFT_OUT = frozenset({"secret", "submission_id"})


@dataclass(slots=True, kw_only=True)
class Submission:
    """What a form says. Filled by `read_submission`; `content()` is what the lead takes of it."""

    country: str
    at: Timestamp
    ip: str = ""
    identities: list[Identity] = field(default_factory=list)
    visitors: list[Identity] = field(default_factory=list)
    profile: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    """`subject`, `text`, `landing`, `referrer`: the first of each."""
    labels: dict[str, str] = field(default_factory=dict)
    consents: list[Consent] = field(default_factory=list)
    consent_version: str = ""
    cookies: Cookies = field(default_factory=Cookies)
    fields: dict[str, str] = field(default_factory=dict)
    addresses_read: int = 0

    def content(self, attachments: tuple[Attachment, ...] = ()) -> dict[str, Any]:
        """The keyword arguments of `Adapter.lead` that this form gives."""
        return {
            "identities": present(*self.identities, *self.visitors),
            "profile": Profile(**self.profile) if self.profile else None,
            "subject": self.words.get("subject", ""),
            "text": self.words.get("text", ""),
            "campaign": self.campaign(),
            "consents": tuple(self.consents),
            "fields": self.fields,
            "attachments": attachments,
        }

    def campaign(self) -> Campaign | None:
        return campaign(
            self.labels,
            cookie_labels=self.cookies.labels,
            landing=self.words.get("landing", ""),
            referrer=self.words.get("referrer", "") or self.cookies.previous_url,
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all was filled in by which somebody could act."""
        return not (self.identities or self.profile or self.words.get("text") or self.fields)


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


def keep(fields: dict[str, str], name: str, value: str) -> None:
    """Add a field; a second value of one name is put behind the first."""
    name = name or "?"
    known = fields.get(name)
    fields[name] = f"{known}, {value}" if known and known != value else value


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
    if role in _WORDS:
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
    for cookie in form.cookies.visitors:
        form.visitors.extend(addresses.visitor(cookie))
    if form.cookies.roistat_visit:
        form.fields.setdefault("roistat_visit", form.cookies.roistat_visit)
    if form.consent_version:
        form.consents = [_with_version(given, form.consent_version) for given in form.consents]


def _with_version(consent: Consent, version: str) -> Consent:
    return Consent(
        purpose=consent.purpose,
        text_version=consent.text_version or version,
        given_at=consent.given_at,
        ip=consent.ip,
    )


def texts(values: Mapping[str, str]) -> list[Entry]:
    """Entries of plain names and values."""
    return [Entry(name, value) for name, value in values.items()]
