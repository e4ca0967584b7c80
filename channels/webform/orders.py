"""Orders as form builders tell of them: amounts in any spelling, products as objects or lines."""

import re
from collections.abc import Iterable
from typing import Any

from channels.sdk.lead import OrderItem
from channels.sdk.read import as_text

_AMOUNT = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,8})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009'₽$€")
_MANY = 200
_LONGEST = 500


def amount_text(value: Any) -> str:
    """A decimal as text (`29 000,50` is `29000.50`, `29000.0` is `29000`), or nothing."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    bare = as_text(value)[:40].translate(_SPACES).lower().removesuffix("руб.").removesuffix("р.")
    plain = bare.replace(",", ".") if bare.count(",") == 1 and "." not in bare else bare
    plain = plain.replace(",", "")
    return plain if _AMOUNT.fullmatch(plain) else ""


def currency_text(value: Any) -> str:
    """An ISO 4217 code, or nothing."""
    code = as_text(value)[:3].upper() if isinstance(value, str) else ""
    return code if _CURRENCY.fullmatch(code) else ""


def order_items(products: Any) -> tuple[OrderItem, ...]:
    """The products of an order, given as list, as PHP array (`{"0": …}`) or as lines of text."""
    if isinstance(products, dict):
        products = list(products.values())
    listed = products if isinstance(products, list) else [products]
    return tuple(item for item in map(_item, listed[:_MANY]) if item != OrderItem())


def first_of(told: dict[str, Any], names: Iterable[str]) -> Any:
    """The first of these values that is there."""
    return next((told[name] for name in names if told.get(name) not in (None, "")), None)


def _item(product: Any) -> OrderItem:
    if not isinstance(product, dict):
        return (
            OrderItem(name=as_text(product)[:_LONGEST]) if isinstance(product, str) else OrderItem()
        )
    return OrderItem(
        name=_text(first_of(product, ("name", "title"))),
        quantity=_text(first_of(product, ("quantity", "count", "qty"))),
        price=amount_text(first_of(product, ("price", "amount"))),
        sku=_text(first_of(product, ("sku", "article", "externalid"))),
    )


def _text(value: Any) -> str:
    return as_text(value)[:_LONGEST] if isinstance(value, str | int | float) else ""
