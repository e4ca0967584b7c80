"""What of a lead is compared: a name, a number, an address, and what a form asked besides."""

from collections.abc import Mapping
from itertools import islice
from typing import NamedTuple

from channels.sdk.lead import LeadContent
from eventstore.domain.events import Id

_NATIONAL = 10
"""Digits of a number that are compared: without a country's code."""
_LONGEST = 64
"""Longer texts are what somebody wrote, not what somebody is."""
_MOST_FIELDS = 16


class Profile(NamedTuple):
    """One lead as it is compared; empty where the lead says nothing."""

    lead: Id
    name: str
    """As it came."""
    phone: str
    """The last digits."""
    mailbox: str
    """Of an e-mail address, what stands before the @."""
    host: str
    fields: Mapping[str, str]
    """Short answers as they came, by the name of the field."""


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
    return Profile(lead, name, phone, mailbox, host, _fields(content))


def _fields(content: LeadContent) -> Mapping[str, str]:
    said, fields = content.profile, content.fields
    if len(fields) > _MOST_FIELDS:
        fields = dict(islice(fields.items(), _MOST_FIELDS))
    if said and (said.city or said.company or said.username):
        fields = {**fields, "city": said.city, "company": said.company, "username": said.username}
    if fields and max(map(len, fields.values())) > _LONGEST:
        fields = {name: text for name, text in fields.items() if len(text) <= _LONGEST}
    return fields
