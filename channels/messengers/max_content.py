"""What a MAX message carries: words, files, buttons, shared contacts.

A contact is its sender's own if its `hash` is the HMAC of the card under the bot's token, which
MAX gives only to an answer of the `request_contact` button, and if the card is not another user's.
"""

from typing import Any

from channels.messengers.vcard import values_of
from channels.sdk import identities, signature
from channels.sdk.lead import Attachment, Identity
from channels.sdk.read import as_dict, as_int, as_list, as_size, as_text

_FILES = frozenset({"image", "video", "audio", "file", "sticker"})
_MOST = 50
_MOST_CARDS = 5


def _parts(body: dict[str, Any], kind: str = "") -> list[dict[str, Any]]:
    found = [as_dict(one) for one in as_list(body.get("attachments"))[:_MOST]]
    return [one for one in found if not kind or one.get("type") == kind]


def _linked(message: dict[str, Any], kind: str) -> dict[str, Any]:
    link = as_dict(message.get("link"))
    return as_dict(link.get("message")) if link.get("type") == kind else {}


def text_of(message: dict[str, Any]) -> str:
    """The words; of a message that is only forwarded, what was forwarded."""
    own = as_text(as_dict(message.get("body")).get("text"))
    return own or as_text(_linked(message, "forward").get("text"))


def attachments_of(body: dict[str, Any]) -> tuple[Attachment, ...]:
    """Files by MAX's handles; their URLs expire."""
    return tuple(_file(one) for one in _parts(body) if as_text(one.get("type")) in _FILES)


def _file(part: dict[str, Any]) -> Attachment:
    payload = as_dict(part.get("payload"))
    handles = ("photo_id", "id", "fileId", "code", "token")
    return Attachment(
        kind=as_text(part.get("type")),
        name=as_text(part.get("filename")),
        size=as_size(part.get("size")),
        ref=next((as_text(payload[name]) for name in handles if payload.get(name)), ""),
    )


def fields_of(message: dict[str, Any]) -> dict[str, str]:
    """What else a person may want to know of a message."""
    body = as_dict(message.get("body"))
    places = _parts(body, "location")
    link = as_dict(message.get("link"))
    forwarder = as_dict(link.get("sender")) if link.get("type") == "forward" else {}
    cards = [
        as_text(as_dict(one.get("payload")).get("vcf_info")) for one in _parts(body, "contact")
    ]
    shares = [as_dict(one.get("payload")).get("url") for one in _parts(body, "share")]
    found: dict[str, object] = {
        "reply_to": _linked(message, "reply").get("mid"),
        "forwarded_from": forwarder.get("name") or forwarder.get("first_name"),
        "contact_name": [name for card in cards for name in values_of(card, "FN")],
        "location": [p[name] for p in places for name in ("latitude", "longitude") if name in p],
        "links": [url for url in shares if url],
    }
    texts = {name: as_text(value) for name, value in found.items()}
    return {name: text for name, text in texts.items() if text}


def button_label(body: dict[str, Any], payload: str) -> str:
    """What stood on the pressed button, where the message still shows it."""
    for keyboard in _parts(body, "inline_keyboard"):
        for row in as_list(as_dict(keyboard.get("payload")).get("buttons")):
            for button in map(as_dict, as_list(row)):
                if payload and button.get("payload") == payload:
                    return as_text(button.get("text"))
    return ""


def shared_contacts(
    message: dict[str, Any], bot_token: str, country: str
) -> tuple[list[Identity], list[Identity]]:
    """The sender's proven numbers, and all other addresses of shared cards."""
    proven: list[Identity] = []
    others: list[Identity] = []
    sender = as_dict(message.get("sender")).get("user_id")
    for part in _parts(as_dict(message.get("body")), "contact")[:_MOST_CARDS]:
        payload = as_dict(part.get("payload"))
        numbers = _numbers(payload, country)
        (proven if _is_own(payload, sender, bot_token) else others).extend(numbers)
    for part in _parts(_linked(message, "forward"), "contact")[:_MOST_CARDS]:
        others += _numbers(as_dict(part.get("payload")), country)
    return proven, others


def _is_own(payload: dict[str, Any], sender: object, bot_token: str) -> bool:
    card, given = as_text(payload.get("vcf_info")), as_text(payload.get("hash"))
    user = as_dict(payload.get("max_info")) or as_dict(payload.get("tam_info"))
    owner = as_int(user.get("user_id"))
    if not bot_token or not card or (owner is not None and owner != as_int(sender)):
        return False
    return signature.same(given.lower(), signature.hmac_hex(bot_token, card.encode()))


def _numbers(payload: dict[str, Any], country: str) -> list[Identity]:
    card = as_text(payload.get("vcf_info"))
    numbers = [
        identities.contact_phone(text, proof="attested", country=country)
        for text in values_of(card, "TEL")
    ]
    return [number for number in numbers if number]
