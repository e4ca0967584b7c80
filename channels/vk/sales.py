"""Lead forms and shop orders. What people typed into them is claimed, their account is proven."""

from typing import Any

from channels.sdk import identities
from channels.sdk.lead import Identity, Order, OrderItem, Profile
from channels.sdk.money import currency_code, from_minor
from channels.sdk.read import as_dict, as_int, as_list, as_text
from channels.sdk.times import epoch_or_none
from channels.vk.draft import Draft, filled, place, vk_user

_NAMES = ("first_name", "patronymic_name", "last_name")
_IN_PROFILE = frozenset({"first_name", "last_name", "location"})
_MOST_ANSWERS = 100
_MOST_ITEMS = 100


def read_lead_form(found: dict[str, Any], country: str) -> Draft:
    """`lead_forms_new`: its id is unique within the community; it has a `date` only in lists."""
    answers = [as_dict(answer) for answer in as_list(found.get("answers"))[:_MOST_ANSWERS]]
    by_key = {as_text(answer.get("key")): as_text(answer.get("answer")) for answer in answers}
    user = vk_user(found["user_id"]) if as_int(found.get("user_id")) else None
    form = {name: found.get(name) for name in ("form_name", "form_id", "ad_id")}
    return {
        "kind": "form",
        "lead_key": place("lead_form", found.get("lead_id")),
        "occurred_at": epoch_or_none(found.get("date")),
        "identities": identities.present(user, *(_typed(answer, country) for answer in answers)),
        "profile": Profile(
            name=" ".join(by_key[name] for name in _NAMES if by_key.get(name)),
            first_name=by_key.get("first_name", ""),
            last_name=by_key.get("last_name", ""),
            city=by_key.get("location", ""),
        ),
        "subject": as_text(found.get("form_name")),
        "fields": {**_fields(answers, country), **filled(form)},
    }


def _typed(answer: dict[str, Any], country: str) -> Identity | None:
    text = as_text(answer.get("answer"))
    match answer.get("key"):
        case "phone_number":
            return identities.phone(text, proof="claimed", country=country)
        case "email":
            return identities.email(text, proof="claimed")
    return None


def _fields(answers: list[dict[str, Any]], country: str) -> dict[str, str]:
    """Answers that stand nowhere else; VK's own by their key, the form's own by the question."""
    fields: dict[str, str] = {}
    for answer in answers:
        key, question = as_text(answer.get("key")), as_text(answer.get("question"))
        name = question if question and (key.startswith("custom") or not key) else key
        name = key if name in fields else name
        text = as_text(answer.get("answer"))
        if name and text and key not in _IN_PROFILE and not _typed(answer, country):
            fields[name] = text
    return fields


def read_order(found: dict[str, Any], country: str, *, edited: bool) -> Draft:
    """`market_order_new` and `_edit`: amounts are in hundredths of any currency."""
    recipient = as_dict(found.get("recipient"))
    name, phone = as_text(recipient.get("name")), as_text(recipient.get("phone"))
    typed = identities.phone(phone, proof="claimed", country=country) if phone else None
    return {
        "kind": "order",
        "lead_key": place("order", found.get("user_id"), found.get("id")),
        "occurred_at": epoch_or_none(found.get("date")),
        "amends": edited,
        "identities": identities.present(vk_user(found.get("user_id")), typed),
        "profile": Profile(name=name) if name else None,
        "text": as_text(found.get("comment")),
        "order": _order(found),
        "fields": _order_fields(found),
    }


def _order(found: dict[str, Any]) -> Order:
    total = as_dict(found.get("total_price"))
    items = as_list(found.get("preview_order_items")) or as_list(found.get("items"))
    return Order(
        id=as_text(found.get("id")),
        amount=from_minor(as_int(total.get("amount")), exponent=2),
        currency=currency_code(as_dict(total.get("currency")).get("name")),
        paid=_paid(as_dict(found.get("payment"))),
        items=tuple(_item(as_dict(item)) for item in items[:_MOST_ITEMS]),
    )


def _paid(payment: dict[str, Any]) -> bool | None:
    state = as_text(payment.get("payment_status")) or as_text(payment.get("status"))
    return {"paid": True, "not_paid": False}.get(state)


def _item(item: dict[str, Any]) -> OrderItem:
    price = as_dict(item.get("price"))
    return OrderItem(
        name=as_text(item.get("title")) or as_text(as_dict(item.get("item")).get("title")),
        quantity=as_text(item.get("quantity")),
        price=from_minor(as_int(price.get("amount")), exponent=2),
        sku=as_text(as_dict(item.get("item")).get("sku")) or as_text(item.get("item_id")),
    )


def _order_fields(found: dict[str, Any]) -> dict[str, str]:
    delivery = as_dict(found.get("delivery"))
    names = ("status", "items_count", "display_order_id", "track_number", "merchant_comment")
    return filled(
        {
            **{name: found.get(name) for name in names},
            "address": found.get("address") or delivery.get("address"),
            "delivery": delivery.get("type"),
            "recipient": as_dict(found.get("recipient")).get("display_text"),
        }
    )
