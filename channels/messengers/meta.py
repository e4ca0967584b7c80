"""What Meta's webhooks share: the handshake, the signature, batches (docs/providers.md, 6.1).

`entry[]`, `changes[]`, `messaging[]` and `messages[]` are all lists, up to a thousand changes in
one delivery. Each item has its own outcome, and keeps as raw the envelope with itself alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec

from channels.sdk import signature
from channels.sdk.adapter import WebhookAdapter
from channels.sdk.batch import alone, each_item
from channels.sdk.delivery import Delivery, Reply
from channels.sdk.errors import NotAuthentic, Unreadable
from channels.sdk.outcome import Accepted, Ignored, IgnoreReason, Outcome, QuarantineReason
from channels.sdk.read import as_int, as_text, first_values, read_json_object, read_pairs
from channels.sdk.settings import AccountSettings, Secret
from channels.sdk.times import Timestamp, epoch_or_none

Draft = dict[str, Any]
"""What `Adapter.lead` takes."""

GRAPH_API = "https://graph.facebook.com/v23.0"
UNKNOWN = Ignored(IgnoreReason.UNKNOWN_KIND)
_EVENT_LISTS = ("messaging", "standby")
_MILLISECONDS_FROM = 10**11  # in seconds the year 5138
_LONGEST_CHALLENGE = 256


class MetaSettings(AccountSettings, frozen=True, kw_only=True):
    """One app's subscription. Instagram Login apps have an app secret of their own."""

    app_secret: Secret = ""
    verify_token: Secret = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One change or messaging event of a delivery, with what its entry says about it."""

    subscribed: str
    """The `object` of the delivery: `whatsapp_business_account`, `instagram` or `page`."""
    entry_id: str
    time: object
    field: str
    """The change's field; `messaging` or `standby` for events; `entry` for what is neither."""
    value: Any

    def alone(self) -> dict[str, Any]:
        """A delivery body that brings only this item."""
        entry: dict[str, Any] = {"id": self.entry_id, "time": self.time}
        if self.field in _EVENT_LISTS:
            entry[self.field] = [self.value]
        else:
            entry["changes"] = [{"field": self.field, "value": self.value}]
        return {"object": self.subscribed, "entry": [entry]}


class MetaAdapter(WebhookAdapter[MetaSettings]):
    """Verifies and splits; a subclass names itself and reads one item."""

    methods: ClassVar[frozenset[str]] = frozenset({"GET", "POST"})
    objects: ClassVar[frozenset[str]] = frozenset({"entry", "changes"})
    """Fields whose values must be objects; of others, which nobody reads, it does not matter."""
    Settings = MetaSettings

    def handshake(self, delivery: Delivery) -> Reply | None:
        """`GET ?hub.mode=subscribe&hub.verify_token=…` is answered with its challenge."""
        if delivery.method != "GET":
            return None
        self.verify_secret_path(delivery)
        asked = first_values(read_pairs(delivery.query))
        given = asked.get("hub.verify_token", "")
        if not given:
            raise NotAuthentic("the verify token is missing", status=401)
        if asked.get("hub.mode") != "subscribe" or not signature.same(
            given, self.settings.verify_token
        ):
            raise NotAuthentic("the verify token is wrong", status=403)
        return Reply(200, asked.get("hub.challenge", "")[:_LONGEST_CHALLENGE].encode())

    def verify(self, delivery: Delivery) -> None:
        """HMAC-SHA256 of the raw bytes, which Meta signs with every non-ASCII character escaped."""
        self.verify_secret_path(delivery)
        if not self.settings.app_secret:
            return
        given = delivery.headers.get("x-hub-signature-256", "").strip()
        if not given:
            raise NotAuthentic("the signature is missing", status=401)
        expected = f"sha256={signature.hmac_hex(self.settings.app_secret, delivery.body)}"
        if not signature.same(given.lower(), expected):
            raise NotAuthentic("the signature is wrong", status=403)

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        items = list(self.items(read_json_object(delivery.body)))
        if len(items) > 1:
            return each_item(
                items,
                lambda item: self._outcome(alone(delivery, item.alone()), item),
                write=lambda item: msgspec.json.encode(item.alone()),
            )
        return each_item(items, lambda item: self._outcome(delivery, item))

    def items(self, body: dict[str, Any]) -> Iterable[Item]:
        """The items of a delivery; a subclass may split them further."""
        return items_of(body)

    def read(self, item: Item) -> Draft | Ignored:
        """The lead in one item. May raise Unreadable."""
        raise NotImplementedError

    def _outcome(self, source: Delivery, item: Item) -> Outcome:
        if not isinstance(item.value, dict):
            if item.field not in self.objects:
                return UNKNOWN
            raise Unreadable(QuarantineReason.WRONG_TYPE, f"{item.field} must hold objects")
        found = self.read(item)
        return found if isinstance(found, Ignored) else Accepted(self.lead(source, **found))


def items_of(body: dict[str, Any]) -> Iterator[Item]:
    """Every event and change of every entry; what is none of them comes out as it is."""
    if not isinstance(body.get("entry"), list):
        raise Unreadable(QuarantineReason.MISSING_FIELD, "entry must be a list")
    kind = as_text(body.get("object"))
    for entry in body["entry"]:
        whole = entry if isinstance(entry, dict) else {}
        found = [(name, one) for name in _EVENT_LISTS for one in _list(whole, name)]
        found += [_change(one) for one in _list(whole, "changes")]
        for field, value in found or [("entry", entry)]:
            yield Item(
                subscribed=kind,
                entry_id=as_text(whole.get("id")),
                time=whole.get("time"),
                field=field,
                value=value,
            )


def _list(entry: dict[str, Any], name: str) -> list[Any]:
    found = entry.get(name)
    return found if isinstance(found, list) else []


def _change(change: Any) -> tuple[str, Any]:
    if not isinstance(change, dict):
        return "changes", change
    return as_text(change.get("field")), change.get("value")


def moment(value: object) -> Timestamp | None:
    """Meta's times: seconds or milliseconds, as number or text, by event and by object."""
    number = as_int(value)
    if number is None:
        return None
    return epoch_or_none(number, per_second=1000 if abs(number) >= _MILLISECONDS_FROM else 1)


def filled(found: dict[str, object]) -> dict[str, str]:
    """The fields that have a value, as text."""
    texts = {name: as_text(value) for name, value in found.items()}
    return {name: text for name, text in texts.items() if text}
