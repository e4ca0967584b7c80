"""What a WhatsApp message carries: words, files, choices, orders, shared cards, the ad."""

from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

import msgspec

from channels.messengers.meta import Draft, filled
from channels.sdk import identities
from channels.sdk.campaigns import campaign
from channels.sdk.lead import Attachment, Campaign, Identity, Kind, Mention, Order, OrderItem
from channels.sdk.money import currency_code
from channels.sdk.read import as_dict, as_list, as_text

_FILES = ("image", "video", "audio", "document", "sticker")
_MOST = 50
_MOST_ANSWERS = 200


def content_of(message: dict[str, Any], *, country: str, besides: Sequence[Identity]) -> Draft:
    """Everything but the sender, the keys and the time."""
    order, answers = as_dict(message.get("order")), _flow_answers(message)
    kind: Kind = "order" if order else "form" if answers else "message"
    return {
        "kind": kind,
        "text": _text(message),
        "attachments": tuple(_attachments(message)),
        "mentions": _shared_cards(message, country, besides),
        "campaign": _campaign(as_dict(message.get("referral"))),
        "order": _order(order) if order else None,
        "fields": {**answers, **_fields(message)},
    }


def _text(message: dict[str, Any]) -> str:
    button = as_dict(message.get("button"))
    chosen = _chosen(message)
    found = (
        as_dict(message.get("text")).get("body"),
        button.get("text"),
        chosen.get("title"),
        chosen.get("body"),
        as_dict(message.get("order")).get("text"),
        *(as_dict(message.get(kind)).get("caption") for kind in _FILES),
    )
    return next((text for text in map(as_text, found) if text), "")


def _chosen(message: dict[str, Any]) -> dict[str, Any]:
    interactive = as_dict(message.get("interactive"))
    replies = (interactive.get(kind) for kind in ("button_reply", "list_reply", "nfm_reply"))
    return next((reply for reply in replies if isinstance(reply, dict)), {})


def _flow_answers(message: dict[str, Any]) -> dict[str, str]:
    """The fields of a WhatsApp Flow; `flow_token` is ours and no answer."""
    reply = as_dict(as_dict(message.get("interactive")).get("nfm_reply"))
    try:
        answers = as_dict(msgspec.json.decode(as_text(reply.get("response_json"))))
    except (msgspec.DecodeError, RecursionError):
        return {}
    answers.pop("flow_token", None)
    return filled(dict(islice(answers.items(), _MOST_ANSWERS)))


def _attachments(message: dict[str, Any]) -> Iterator[Attachment]:
    for kind in _FILES:
        file = as_dict(message.get(kind))
        if file:
            yield Attachment(
                kind="voice" if kind == "audio" and file.get("voice") is True else kind,
                name=as_text(file.get("filename")),
                mime=as_text(file.get("mime_type")),
                ref=as_text(file.get("id")),
            )


def _shared_cards(
    message: dict[str, Any], country: str, besides: Sequence[Identity]
) -> tuple[Mention, ...]:
    """Cards that were sent tell of others: mentions, whoever they are."""
    cards = [as_dict(card) for card in as_list(message.get("contacts"))[:_MOST]]
    found = [address for card in cards for address in _addresses(card, country)]
    return identities.mentioned(*found, besides=besides)


def _addresses(card: dict[str, Any], country: str) -> Iterator[Identity | None]:
    for phone in map(as_dict, as_list(card.get("phones"))[:_MOST]):
        number = as_text(phone.get("wa_id")) or as_text(phone.get("phone"))
        yield identities.contact_phone(number, proof="claimed", country=country)
    for address in map(as_dict, as_list(card.get("emails"))[:_MOST]):
        yield identities.email(as_text(address.get("email")), proof="claimed")


def _campaign(referral: dict[str, Any]) -> Campaign | None:
    """The ad that was clicked: its id and kind are the labels, its page is the referrer."""
    labels = {
        "ref": as_text(referral.get("source_id")),
        "ref_source": as_text(referral.get("source_type")),
    }
    return campaign(labels, referrer=as_text(referral.get("source_url")))


def _fields(message: dict[str, Any]) -> dict[str, str]:
    context = as_dict(message.get("context"))
    referral = as_dict(message.get("referral"))
    place = as_dict(message.get("location"))
    cards = [as_dict(card) for card in as_list(message.get("contacts"))[:_MOST]]
    return filled(
        {
            "type": _kind_unless_plain(message),
            "reply_to": context.get("id"),
            "forwarded": context.get("forwarded") or context.get("frequently_forwarded") or None,
            "payload": as_dict(message.get("button")).get("payload") or _chosen(message).get("id"),
            "choice_description": _chosen(message).get("description"),
            "location": [place[name] for name in ("latitude", "longitude") if name in place],
            "place": [place[name] for name in ("name", "address") if place.get(name)],
            "contact_name": [as_dict(c.get("name")).get("formatted_name") for c in cards],
            "ctwa_clid": referral.get("ctwa_clid"),
            "ad_headline": referral.get("headline"),
            "ad_body": referral.get("body"),
        }
    )


def _kind_unless_plain(message: dict[str, Any]) -> str:
    """The kind of what cannot be shown, such as `unsupported`."""
    kind = as_text(message.get("type"))
    return "" if kind in message or kind == "text" else kind


def _order(order: dict[str, Any]) -> Order:
    """A catalogue order: prices are decimals per piece, there is no total."""
    items = [as_dict(item) for item in as_list(order.get("product_items"))[:_MOST]]
    return Order(
        amount=_total(items),
        currency=next(filter(None, (currency_code(i.get("currency")) for i in items)), ""),
        items=tuple(
            OrderItem(
                sku=as_text(item.get("product_retailer_id")),
                quantity=as_text(item.get("quantity")),
                price=as_text(item.get("item_price")),
            )
            for item in items
        ),
    )


def _total(items: list[dict[str, Any]]) -> str:
    try:
        prices = [
            Decimal(as_text(item.get("item_price"))) * Decimal(as_text(item.get("quantity")))
            for item in items
        ]
        total = sum(prices, Decimal(0))
    except InvalidOperation:
        return ""
    return f"{total:f}" if items and total.is_finite() and abs(total.adjusted()) < 20 else ""
