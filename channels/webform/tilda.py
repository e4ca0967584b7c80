"""Tilda's webhook (docs/providers.md, 4.2): urlencoded, or JSON from the marketplace.

Decisions where the reference is silent: the test ping needs the API key as well, where there is
one; an order counts as paid when the payment system's own transaction id (`systranid`) came;
`previousUrl` of the cookies is the referrer where the form sends no `referer`.
"""

from collections.abc import Sequence
from typing import Any

from channels.sdk import signature
from channels.sdk.delivery import Delivery, Reply
from channels.sdk.errors import NotAuthentic, Unreadable
from channels.sdk.lead import Order
from channels.sdk.outcome import Ignored, IgnoreReason, Outcome
from channels.sdk.read import as_dict, as_text, read_json
from channels.sdk.settings import AccountSettings, Secret
from channels.webform.base import FormAdapter, keys_in_headers
from channels.webform.entries import entries, nested, read_body, text_of
from channels.webform.orders import amount_text, currency_text, first_of, order_items
from channels.webform.submission import keep

_OK = Reply(200, b"ok")
_KEY_FIELDS = ("api_key", "apikey", "api-key")
_IN_ORDER = frozenset({"orderid", "amount", "currency", "products", "systranid"})


class TildaSettings(AccountSettings, frozen=True, kw_only=True):
    """One site's webhook."""

    api_key: Secret = ""
    """The key typed into Tilda's webhook settings, if any."""
    api_key_field: str = ""
    """The name of the header or field that Tilda sends it in; empty: the usual names."""


class TildaAdapter(FormAdapter[TildaSettings]):
    """Forms and shops made with Tilda."""

    account_type = "tilda"
    channel = "tilda"
    Settings = TildaSettings

    def verify(self, delivery: Delivery) -> None:
        """The secret path and the API key, where the account has them."""
        self.verify_secret_path(delivery)
        if not self.settings.api_key:
            return
        given = self._keys_given(delivery)
        if not given:
            raise NotAuthentic("the API key is missing", status=401)
        if not any([signature.same(key, self.settings.api_key) for key in given]):  # noqa: C419 - all are compared, in constant time
            raise NotAuthentic("the API key is wrong", status=403)

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        values = self._fields_of(read_body(delivery).values)
        if set(values) == {"test"} and text_of(values["test"]) == "test":
            return (Ignored(IgnoreReason.TEST),)
        tree = nested({name: v for name, v in values.items() if _is_payment(name)})
        payment = _payment(tree.get("payment"))
        plain = {name: v for name, v in values.items() if not (payment and _is_payment(name))}
        form = self.read(entries(plain), delivery)
        for name, value in payment.items():
            if name not in _IN_ORDER and text_of(value):
                keep(form.fields, f"payment.{name}", text_of(value))
        return self.accepted(
            delivery,
            form,
            lead_key=text_of(values.get("tranid")) or self.key_of_content(delivery),
            kind="order" if payment else "form",
            order=_order(payment) if payment else None,
        )

    def reply(self, delivery: Delivery, outcomes: Sequence[Outcome]) -> Reply:
        """Tilda's checker waits for `ok`."""
        del delivery, outcomes
        return _OK

    def _fields_of(self, values: dict[str, Any]) -> dict[str, Any]:
        key_field = self.settings.api_key_field.lower()
        return {n: v for n, v in values.items() if not key_field or n.lower() != key_field}

    def _keys_given(self, delivery: Delivery) -> list[str]:
        named = self.settings.api_key_field.lower()
        names = (named,) if named else _KEY_FIELDS
        in_headers = [delivery.headers.get(name, "").strip() for name in names]
        given = [*in_headers, *keys_in_headers(delivery), *_keys_in_body(delivery, names)]
        return [key for key in given if key]


def _keys_in_body(delivery: Delivery, names: Sequence[str]) -> list[str]:
    try:
        values = read_body(delivery).values
    except Unreadable:
        return []
    return [v for name, v in values.items() if name.lower() in names and isinstance(v, str)]


def _is_payment(name: str) -> bool:
    return name == "payment" or name.startswith("payment[")


def _payment(told: Any) -> dict[str, Any]:
    """The payment as object, as JSON in a string, or nothing."""
    if isinstance(told, str) and told.lstrip().startswith("{"):
        try:
            return as_dict(read_json(told.encode("utf-8", "replace")))
        except Unreadable:
            return {}
    return as_dict(told)


def _order(payment: dict[str, Any]) -> Order:
    paid_by = first_of(payment, ("systranid",))
    return Order(
        id=as_text(first_of(payment, ("orderid", "order_id"))),
        amount=amount_text(payment.get("amount")),
        currency=currency_text(payment.get("currency")),
        paid=True if paid_by else None,
        items=order_items(payment.get("products")),
    )
