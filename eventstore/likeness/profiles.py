"""What of a lead is compared: names, a number, an address, and what a form asked besides."""

from collections.abc import Mapping
from itertools import islice
from typing import NamedTuple

from channels.sdk.lead import LeadContent
from eventstore.domain.events import Id
from eventstore.likeness.names import parts

_NATIONAL = 10
"""Digits of a number that are compared: without a country's code."""
_LONGEST = 64
"""Longer texts are what somebody wrote, not what somebody is."""
_MOST_FIELDS = 16


class Profile(NamedTuple):
    """One lead as comparing sees it; empty where the lead says nothing."""

    lead: Id
    names: tuple[str, ...]
    """At most two parts, as they sound."""
    phone: str
    """The last digits."""
    mailbox: str
    """Of an e-mail address, what stands before the @."""
    host: str
    fields: Mapping[str, str]
    """Short answers, by the name of the field."""

    @property
    def content(self) -> tuple[object, ...]:
        """Everything but the lead: equal for leads that say the same."""
        return (*self[1:5], *sorted(self.fields.items()))


def profile_of(lead: Id, content: LeadContent) -> Profile:
    """What this lead says of its sender."""
    said = content.profile
    name = (said.name or f"{said.first_name} {said.last_name}") if said else ""
    phone, email = "", ""
    for identity in content.identities:
        if identity.kind == "phone":
            phone = phone or identity.value[-_NATIONAL:]
        elif identity.kind == "email":
            email = email or identity.value
    mailbox, _, host = email.partition("@")
    return Profile(
        lead,
        parts(name) if name.strip() else (),
        phone,
        mailbox,
        host,
        _fields(content),
    )


def _fields(content: LeadContent) -> dict[str, str]:
    said, fields = content.profile, content.fields
    asked = dict(islice(fields.items(), _MOST_FIELDS)) if len(fields) > _MOST_FIELDS else fields
    if said and (said.city or said.company or said.username):
        asked = {**asked, "city": said.city, "company": said.company, "username": said.username}
    return {
        key: text
        for key, value in asked.items()
        if (text := value.strip().casefold()) and len(text) <= _LONGEST
    }
