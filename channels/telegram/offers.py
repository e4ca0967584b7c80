"""Payments and Mini App forms inside a Telegram message: what the buyer typed is claimed."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from channels.sdk import identities
from channels.sdk.lead import Identity, Order
from channels.sdk.money import currency_code, from_minor
from channels.sdk.read import as_dict, as_int, as_text

_MOST_FIELDS = 200
_PHONES = frozenset({"phone", "phone_number", "tel", "telephone", "телефон"})
_EMAILS = frozenset({"email", "e-mail", "mail", "почта"})


def order_of(payment: dict[str, Any]) -> Order:
    """A `successful_payment`: paid, the amount in the currency's smallest units."""
    currency = currency_code(payment.get("currency"))
    return Order(
        id=as_text(payment.get("telegram_payment_charge_id")),
        amount=from_minor(as_int(payment.get("total_amount")), currency),
        currency=currency,
        paid=True,
    )


def order_fields(payment: dict[str, Any]) -> dict[str, str]:
    """What the buyer filled in, and our own name of the invoice."""
    info = as_dict(payment.get("order_info"))
    address = as_dict(info.get("shipping_address"))
    found = {
        "invoice_payload": as_text(payment.get("invoice_payload")),
        "shipping_option_id": as_text(payment.get("shipping_option_id")),
        "buyer_name": as_text(info.get("name")),
        "shipping_address": ", ".join(text for text in map(as_text, address.values()) if text),
    }
    return {name: value for name, value in found.items() if value}


def form_fields(form: dict[str, Any]) -> dict[str, str]:
    """The fields that a Mini App sent with `sendData`; one `data` where it sent no JSON object."""
    sent = _sent(form)
    if not sent:
        sent = {"data": form.get("data")}
    found = {**sent, "button_text": form.get("button_text")}
    return {name: as_text(value) for name, value in found.items() if as_text(value)}


def typed_in_forms(message: dict[str, Any], country: str) -> Iterator[Identity]:
    """Numbers and addresses in the fields that ask for the buyer's own."""
    info = as_dict(as_dict(message.get("successful_payment")).get("order_info"))
    for name, value in {**info, **_sent(as_dict(message.get("web_app_data")))}.items():
        found = None
        if name.lower() in _PHONES:
            found = identities.contact_phone(as_text(value), proof="claimed", country=country)
        if name.lower() in _EMAILS:
            found = identities.email(as_text(value), proof="claimed")
        if found:
            yield found


def _sent(form: dict[str, Any]) -> dict[str, Any]:
    try:
        sent = as_dict(msgspec.json.decode(as_text(form.get("data"))))
    except (msgspec.DecodeError, RecursionError):
        return {}
    return dict(islice(sent.items(), _MOST_FIELDS))
