"""Elementor Pro's webhook (docs/providers.md, 4.5): urlencoded, simple or with advanced data.

Simple: names are the labels of the fields, in the site's language, beside `form_id`, `form_name`
and, where switched on, the localised meta. Advanced: `form[…]`, `fields[<id>][…]`, `meta[…]`.
Nothing is signed and there is no delivery id: the account's `secret_path` is the only credential,
content and slot are the key. The meta's date and time are spelled in the site's own format, so
the time is that of receipt: Elementor posts at once and never again.
"""

from collections.abc import Sequence
from typing import Any

from channels.sdk.delivery import Delivery
from channels.sdk.outcome import Outcome
from channels.sdk.read import as_dict
from channels.sdk.settings import AccountSettings
from channels.webform.base import FormAdapter
from channels.webform.entries import Entry, capped, entries, entry_of, nested, read_body, text_of
from channels.webform.meanings import role_by_type

_META_ROLES = {"page_url": "landing", "referrer": "referrer"}
_NO_NEWS = frozenset({"credit", "date", "time", "powered by", "работает на"})


class ElementorAdapter(FormAdapter[AccountSettings]):
    """Forms of WordPress sites made with Elementor Pro."""

    account_type = "elementor"
    channel = "elementor"

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        values = read_body(delivery).values
        tree = nested(values)
        advanced = isinstance(tree.get("fields"), dict)
        found = _advanced(tree) if advanced else _simple(values)
        return self.accepted(
            delivery, self.read(found, delivery), lead_key=self.key_of_content(delivery)
        )


def _simple(values: dict[str, Any]) -> list[Entry]:
    return [entry for entry in entries(values) if entry.name.lower() not in _NO_NEWS]


def _advanced(tree: dict[str, Any]) -> list[Entry]:
    rest = {name: v for name, v in tree.items() if name not in {"form", "fields", "meta"}}
    return [
        *(_field(name, told) for name, told in capped(as_dict(tree.get("fields"))).items()),
        *_meta(as_dict(tree.get("meta"))),
        *_form(tree.get("form")),
        *entries(rest),
    ]


def _field(name: str, told: Any) -> Entry:
    field = told if isinstance(told, dict) else {"value": told}
    identifier = text_of(field.get("id")) or name
    title = text_of(field.get("title")) or identifier
    value = text_of(field.get("value")) or text_of(field.get("raw_value"))
    role = role_by_type(text_of(field.get("type")), title, identifier)
    return entry_of(title, value, role=role, identifier=identifier)


def _meta(meta: dict[str, Any]) -> list[Entry]:
    found = []
    for name, told in capped(meta).items():
        value = text_of(told.get("value") if isinstance(told, dict) else told)
        if name not in _NO_NEWS:
            found.append(entry_of(name, value, role=_META_ROLES.get(name, "other")))
    return found


def _form(told: Any) -> list[Entry]:
    """`form[id]` and `form[name]` under the names that the simple mode gives them."""
    form = entries(as_dict(told), "form")
    return [entry_of(entry.name.replace(".", "_"), entry.value, role="other") for entry in form]
