"""A form's content as it goes into a lead: who, what they wrote, where they came from."""

from typing import Any

import msgspec

from channels.sdk.campaigns import campaign
from channels.sdk.identities import present
from channels.sdk.lead import Attachment, Campaign, Consent, Identity, Profile
from channels.sdk.times import Timestamp
from channels.webform.cookies import NO_COOKIES, Cookies

_TOLD_WORDS = ("subject", "text")


class Submission(msgspec.Struct, kw_only=True, gc=False):
    """What a form says: filled by `channels.webform.reading`, taken over by `content()`."""

    country: str
    at: Timestamp
    ip: str = ""
    submission_id: str = ""
    identities: list[Identity] = []
    visitors: list[Identity] = []
    profile: dict[str, str] = {}
    words: dict[str, str] = {}
    """`subject`, `text`, `landing`, `referrer`: the first of each."""
    labels: dict[str, str] = {}
    consents: list[Consent] = []
    consent_version: str = ""
    cookies: Cookies = NO_COOKIES
    fields: dict[str, str] = {}
    addresses_read: int = 0

    def content(self, attachments: tuple[Attachment, ...] = ()) -> dict[str, Any]:
        """The keyword arguments of `Adapter.lead` that this form gives."""
        content: dict[str, Any] = {
            "identities": present(*self.identities, *self.visitors),
            "campaign": self.campaign(),
            "fields": self.fields,
            "attachments": attachments,
        }
        for name in _TOLD_WORDS:
            if name in self.words:
                content[name] = self.words[name]
        if self.profile:
            content["profile"] = Profile(**self.profile)
        if self.consents:
            content["consents"] = tuple(self.consents)
        return content

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
        words = self.words.get("text") or self.words.get("subject")
        return not (self.identities or self.profile or words or self.fields)


def keep(fields: dict[str, str], name: str, value: str) -> None:
    """Add a field; a second value of one name is put behind the first."""
    name = name or "?"
    known = fields.get(name)
    fields[name] = f"{known}, {value}" if known and known != value else value
