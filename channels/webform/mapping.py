"""The generic JSON payload: an account's `mapping` says which lead field is where in it.

Lead fields: `phone`, `email`, `whatsapp`, `visitor` or `identities.<kind>`; `name`, `first_name`,
`last_name`, `username`, `company`, `city`, `language`, also as `profile.<…>`; `text`, `subject`,
`thread`, `kind`, `direction`, `occurred_at`; the labels (`utm_source` or `campaign.utm_source`);
`order.<id|amount|currency|paid|items>`, `booking.<id|starts_at|service|specialist|status>`;
`consent`; `fields.<name>`; and `lead_key`, which all deliveries about one lead share. Payload
paths: `data.customer.phone`, `data.phones[0]`, `$.data.phone`, `/data/phone`. `kind` may also be
one of the kinds itself.
"""

import re
from collections.abc import Mapping
from typing import Any, get_args

from channels.sdk import identities
from channels.sdk.campaigns import LABELS
from channels.sdk.lead import Booking, Identity, Kind, Order
from channels.webform.entries import Entry, entry_of, text_of
from channels.webform.orders import amount_text, currency_text, order_items
from channels.webform.provider_times import time_or_none

KINDS = get_args(Kind)

_STEPS = re.compile(r"[.\[\]/]+")
_KIND = re.compile(r"[a-z][a-z0-9_]{0,31}")
_ROLES = frozenset({"phone", "email", "whatsapp", "visitor", "consent", "text", "subject"})
_PROFILE = frozenset({"name", "first_name", "last_name", "username", "company", "city", "language"})
_ACCOUNTS = frozenset({"telegram", "vk", "instagram", "max", "avito"})
_WHOLE = frozenset({"thread", "kind", "direction", "occurred_at", "lead_key"})
_ORDER = frozenset({"id", "amount", "currency", "paid", "items"})
_BOOKING = frozenset({"id", "starts_at", "service", "specialist", "status"})
_TRUE = frozenset({"1", "true", "yes", "paid", "succeeded"})


def unknown_fields(mapping: Mapping[str, str]) -> list[str]:
    """The lead fields of a mapping that there are not."""
    return [target for target in mapping if not _is_known(*_split(target))]


def found_by(mapping: Mapping[str, str], payload: dict[str, Any]) -> dict[str, Any]:
    """Lead field → what the payload holds there, for those that it holds."""
    found = {".".join(_split(t)).strip("."): value_at(payload, p) for t, p in mapping.items()}
    return {target: value for target, value in found.items() if value is not None}


def value_at(payload: Any, path: str) -> Any:
    """What stands at a path; None where nothing does."""
    if isinstance(payload, dict) and path in payload:
        return payload[path]
    place = payload
    for step in steps(path):
        place = _step(place, step)
    return place


def steps(path: str) -> list[str]:
    """The names and indices of a path, one by one."""
    return [step for step in _STEPS.split(path.removeprefix("$")) if step]


def mapped_entries(found: Mapping[str, Any]) -> list[Entry]:
    """What was found of the fields that a form has, as entries of that role."""
    named = ((*_split(target), text_of(value)) for target, value in found.items())
    return [
        entry_of(name, value, role="other" if group == "fields" else name)
        for group, name, value in named
        if group == "fields" or (group in {"", "identities"} and name not in _WHOLE | _ACCOUNTS)
        if not (group == "identities" and name not in _ROLES)
    ]


def mapped_accounts(found: Mapping[str, Any]) -> list[Identity]:
    """The accounts in messengers and networks, by the ids that the payload gives."""
    made = (
        identities.account(name, text_of(value), proof="claimed")
        for (group, name), value in ((_split(target), value) for target, value in found.items())
        if name in _ACCOUNTS or (group == "identities" and name not in _ROLES)
    )
    return [identity for identity in made if identity]


def mapped_order(found: Mapping[str, Any]) -> Order | None:
    """The order, where anything of one was found."""
    told = _group(found, "order")
    if not told:
        return None
    paid = told.get("paid")
    return Order(
        id=text_of(told.get("id")),
        amount=amount_text(told.get("amount")),
        currency=currency_text(told.get("currency")),
        paid=None if paid is None else text_of(paid).lower() in _TRUE,
        items=order_items(told.get("items")),
    )


def mapped_booking(found: Mapping[str, Any], zone: str) -> Booking | None:
    """The booking, where anything of one was found."""
    told = _group(found, "booking")
    if not told:
        return None
    return Booking(
        id=text_of(told.get("id")),
        starts_at=time_or_none(told.get("starts_at"), zone),
        service=text_of(told.get("service")),
        specialist=text_of(told.get("specialist")),
        status=text_of(told.get("status")),
    )


def _split(target: str) -> tuple[str, str]:
    """Group and name of a lead field: `identities.phone`, `profile.name` and `name` alike."""
    group, dot, name = target.partition(".")
    if not dot:
        return "", target
    return ("" if group in {"profile", "campaign"} else group), name


def _is_known(group: str, name: str) -> bool:
    match group:
        case "":
            return name in _ROLES | _PROFILE | _ACCOUNTS | _WHOLE or name in LABELS
        case "identities":
            return bool(_KIND.fullmatch(name))
        case "order":
            return name in _ORDER
        case "booking":
            return name in _BOOKING
        case _:
            return group == "fields" and bool(name)


def _step(place: Any, step: str) -> Any:
    if isinstance(place, dict):
        return place.get(step)
    if isinstance(place, list) and step.isdecimal() and len(step) < 6 and int(step) < len(place):
        return place[int(step)]
    return None


def _group(found: Mapping[str, Any], group: str) -> dict[str, Any]:
    return {
        name: value
        for (where, name), value in ((_split(t), v) for t, v in found.items())
        if where == group
    }
