"""Flexbe's webhook (docs/providers.md, 4.4): urlencoded in PHP's brackets.

Nothing is signed: the account's `secret_path` is the only credential. `event=lead` opens the
lead of `site.id` and `data.id`; `event=pay` amends it with the order, once for each state of the
payment. Decisions where the reference is silent: a delivery that names no event but carries data
is a lead; a test payment is ignored; cancelled or deleted leads are leads with that status.
"""

from collections.abc import Sequence
from typing import Any

from channels.sdk.delivery import Delivery, Reply
from channels.sdk.errors import Unreadable
from channels.sdk.lead import Order
from channels.sdk.outcome import Ignored, IgnoreReason, Outcome, QuarantineReason
from channels.sdk.read import as_dict, as_text
from channels.sdk.settings import AccountSettings
from channels.sdk.times import Timestamp
from channels.webform.base import FormAdapter
from channels.webform.entries import Entry, capped, entries, entry_of, nested, read_body, text_of
from channels.webform.meanings import role_by_type
from channels.webform.orders import amount_text, currency_text, first_of
from channels.webform.provider_times import time_or_none

_OK = Reply(200, b"ok")
_PAID = "2"
_IN_ORDER = frozenset(
    {"id", "summ", "sum", "amount", "currency", "status", "time_create", "time_done"}
    | {"test", "pay_link"}
)
_NOT_FIELDS = frozenset({"id", "time", "client", "form_data", "pay", "page", "utm"})


class FlexbeAdapter(FormAdapter[AccountSettings]):
    """Sites made with Flexbe."""

    account_type = "flexbe"
    channel = "flexbe"

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        told = nested(read_body(delivery).values)
        event = text_of(told.get("event")) or "lead"
        if event not in {"lead", "pay"}:
            return (Ignored(IgnoreReason.UNKNOWN_KIND),)
        data = as_dict(told.get("data"))
        if not data:
            raise Unreadable(QuarantineReason.MISSING_FIELD, "data is missing")
        pay = as_dict(data.get("pay"))
        if text_of(pay.get("test")) in {"1", "true"}:
            return (Ignored(IgnoreReason.TEST),)
        return self._lead(delivery, event, as_dict(told.get("site")), data)

    def reply(self, delivery: Delivery, outcomes: Sequence[Outcome]) -> Reply:
        """Flexbe waits for `ok`."""
        del delivery, outcomes
        return _OK

    def _lead(
        self, delivery: Delivery, event: str, site: dict[str, Any], data: dict[str, Any]
    ) -> Sequence[Outcome]:
        form = self.read(_entries(site, data), delivery)
        pay = as_dict(data.get("pay"))
        lead_key, delivery_key = self._keys(delivery, event, site, data)
        return self.accepted(
            delivery,
            form,
            lead_key=lead_key,
            delivery_key=delivery_key,
            occurred_at=self._time(event, data, pay),
            amends=event == "pay",
            kind="order" if pay else "form",
            order=_order(pay) if pay else None,
        )

    def _keys(
        self, delivery: Delivery, event: str, site: dict[str, Any], data: dict[str, Any]
    ) -> tuple[str, str]:
        number = text_of(data.get("id"))
        if not number:
            key = self.key_of_content(delivery)
            return key, key
        pay = as_dict(data.get("pay"))
        lead_key = f"{text_of(site.get('id'))}/{number}"
        payment = f"/{text_of(pay.get('id'))}/{_status(pay)}" if pay else ""
        return lead_key, f"{lead_key}/{event}{payment}"

    def _time(self, event: str, data: dict[str, Any], pay: dict[str, Any]) -> Timestamp | None:
        times = [data.get("time")]
        if event == "pay":
            times = [pay.get("time_done"), pay.get("time_create"), *times]
        zone = self.settings.timezone
        return next((t for t in (time_or_none(v, zone) for v in times) if t), None)


def _entries(site: dict[str, Any], data: dict[str, Any]) -> list[Entry]:
    """Who and what, then the form's own fields, then whatever else is told of lead and site."""
    rest = {name: value for name, value in data.items() if name not in _NOT_FIELDS}
    return [
        *entries(as_dict(data.get("client")), "client"),
        *_form_data(data.get("form_data")),
        *entries(as_dict(data.get("utm")), "utm"),
        *_page(as_dict(data.get("page"))),
        *entries(rest),
        *_told_of_payment(as_dict(data.get("pay"))),
        *(entry_of(entry.name, entry.value, role="other") for entry in entries(site, "site")),
    ]


def _form_data(told: Any) -> list[Entry]:
    """`form_data[x]` is a value, or an object of a field's name, type and value."""
    found: list[Entry] = []
    for name, value in capped(as_dict(told)).items():
        if isinstance(value, dict) and "value" in value:
            label = text_of(value.get("name")) or name
            role = role_by_type(text_of(value.get("type")), label, name)
            found.append(entry_of(label, text_of(value["value"]), role=role, identifier=name))
        else:
            found += entries({name: value})
    return found


def _page(page: dict[str, Any]) -> list[Entry]:
    named = [entry_of("page.url", text_of(page.get("url")), role="landing")]
    rest = entries({name: v for name, v in page.items() if name != "url"}, "page")
    return named + [entry_of(entry.name, entry.value, role="other") for entry in rest]


def _told_of_payment(pay: dict[str, Any]) -> list[Entry]:
    """Its description and whatever else; the link to pay by is for the customer alone."""
    rest = {name: value for name, value in pay.items() if name not in _IN_ORDER}
    return [entry_of(entry.name, entry.value, role="other") for entry in entries(rest, "pay")]


def _status(pay: dict[str, Any]) -> str:
    status = pay.get("status")
    return text_of(status.get("code") if isinstance(status, dict) else status)


def _order(pay: dict[str, Any]) -> Order:
    return Order(
        id=as_text(first_of(pay, ("id",))),
        amount=amount_text(first_of(pay, ("summ", "sum", "amount"))),
        currency=currency_text(pay.get("currency")),
        paid=_status(pay) == _PAID if _status(pay) else None,
    )
