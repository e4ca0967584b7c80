"""Standard Webhooks (docs/providers.md, 4.8), and with `mapping` any other JSON.

Decisions where the reference is silent: without `secrets` nothing is verified but the secret
path, so that plain JSON senders can be taken too; the time is the payload's `timestamp`, else
that of the attempt. Without a mapping the payload (its `data`, in an envelope) is read as a form,
by the names of its fields. With one, only what is mapped means something; labels and client ids
are still known by their names, and everything else reaches `fields`.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from channels.sdk import signature
from channels.sdk.delivery import Delivery
from channels.sdk.errors import NotAuthentic
from channels.sdk.lead import Kind
from channels.sdk.outcome import Outcome
from channels.sdk.read import as_int
from channels.sdk.settings import AccountSettings, Secrets
from channels.sdk.times import Timestamp, parse_time
from channels.webform import mapping as mapped
from channels.webform.base import FormAdapter
from channels.webform.entries import Entry, entries, entry_of, nested, read_body, text_of
from channels.webform.meanings import meaning
from channels.webform.provider_times import time_or_none

_TOLERANCE_SECONDS = 300
_SYMMETRIC = "whsec_"
_PUBLIC = "whpk_"
_SIGNATURES = 32
_STILL_KNOWN = frozenset({"visitor", "cookies", "secret", "referrer"})


class StandardWebhooksSettings(AccountSettings, frozen=True, kw_only=True):
    """One sender."""

    signing_secrets: Secrets = msgspec.field(default=(), name="secrets")
    """`secrets` in the configuration, a name that `AccountSettings` has a method of: `whsec_…`
    (HMAC) or `whpk_…` (a public ed25519 key); any of them counts."""
    mapping: dict[str, str] = msgspec.field(default_factory=dict)
    """Lead field → path in the payload; see `channels.webform.mapping`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for secret in self.signing_secrets:
            if key_of(secret) is None:
                raise ValueError("secrets: one is not whsec_ or whpk_ followed by base64")
        unknown = mapped.unknown_fields(self.mapping)
        if unknown:
            raise ValueError(f"mapping: no lead field is called {', '.join(unknown)}")


class StandardWebhooksAdapter(FormAdapter[StandardWebhooksSettings]):
    """Any sender that keeps to Standard Webhooks, or any JSON with a mapping."""

    account_type = "standard_webhooks"
    channel = "standard_webhooks"
    Settings = StandardWebhooksSettings

    def verify(self, delivery: Delivery) -> None:
        """The secret path; where the account has secrets, the signature over id, time and body."""
        self.verify_secret_path(delivery)
        if not self.settings.signing_secrets:
            return
        given = [delivery.headers.get(f"webhook-{n}", "") for n in ("id", "timestamp", "signature")]
        if not all(given):
            raise NotAuthentic(
                "webhook-id, webhook-timestamp and webhook-signature are needed", status=401
            )
        _verify_time(given[1], delivery.received_at)
        content = f"{given[0]}.{given[1]}.".encode("utf-8", "surrogateescape") + delivery.body
        checked = [fits(secret, content, given[2]) for secret in self.settings.signing_secrets]
        if not any(checked):
            raise NotAuthentic("the signature is wrong", status=403)

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        payload = nested(read_body(delivery).values)
        found = mapped.found_by(self.settings.mapping, payload)
        form = self.read([*mapped.mapped_entries(found), *self._rest(payload)], delivery)
        form.identities[:0] = mapped.mapped_accounts(found)
        order = mapped.mapped_order(found)
        booking = mapped.mapped_booking(found, self.settings.timezone)
        key = delivery.headers.get("webhook-id", "").strip() or self.key_of_content(delivery)
        return self.accepted(
            delivery,
            form,
            lead_key=text_of(found.get("lead_key")) or key,
            delivery_key=key,
            occurred_at=self._time(delivery, found, payload),
            kind=self._kind(found, "order" if order else "booking" if booking else "form"),
            direction="out" if text_of(found.get("direction")).lower() in _OUT else "in",
            order=order,
            booking=booking,
            thread=text_of(found.get("thread")),
        )

    def _rest(self, payload: dict[str, Any]) -> list[Entry]:
        """What no mapping took; in an envelope, `data` without its name before the fields."""
        enveloped = isinstance(payload.get("data"), dict) and "type" in payload
        taken = [".".join(mapped.steps(path)) for path in self.settings.mapping.values()]
        return [
            self._unmapped(entry, enveloped)
            for entry in entries(payload)
            if not any(entry.name == path or entry.name.startswith(f"{path}.") for path in taken)
        ]

    def _unmapped(self, entry: Entry, enveloped: bool) -> Entry:
        name = entry.name.removeprefix("data.") if enveloped else entry.name
        role = meaning(name).role
        known = role in _STILL_KNOWN or role.startswith(("utm_", "gclid", "yclid"))
        is_of_envelope = enveloped and name == entry.name
        if (self.settings.mapping and not known) or is_of_envelope:
            return entry_of(name, entry.value, role="other")
        return entry_of(name, entry.value)

    def _time(
        self, delivery: Delivery, found: dict[str, Any], payload: dict[str, Any]
    ) -> Timestamp | None:
        attempt = delivery.headers.get("webhook-timestamp", "")
        told = (found.get("occurred_at"), payload.get("timestamp"), attempt)
        zone = self.settings.timezone
        return next((t for t in (time_or_none(value, zone) for value in told) if t), None)

    def _kind(self, found: dict[str, Any], otherwise: Kind) -> Kind:
        told = text_of(found.get("kind")) or self.settings.mapping.get("kind", "")
        kinds: tuple[Kind, ...] = mapped.KINDS
        return next((kind for kind in kinds if kind == told), otherwise)


_OUT = frozenset({"out", "outgoing", "outbound"})


def key_of(secret: str) -> bytes | None:
    """The bytes of a secret; None where it is none."""
    bare = secret.strip().removeprefix(_SYMMETRIC).removeprefix(_PUBLIC).rstrip("=")
    key = signature.base64_or_none(bare) if bare else None
    return None if secret.startswith(_PUBLIC) and len(key or b"") != 32 else key


def fits(secret: str, content: bytes, given: str) -> bool:
    """Whether any of the space-separated signatures is one by this secret over `content`."""
    key = key_of(secret) or b""
    pairs = [entry.partition(",")[::2] for entry in given.split(" ", _SIGNATURES)[:_SIGNATURES]]
    if secret.startswith(_PUBLIC):
        return any(_is_signed(key, content, text) for version, text in pairs if version == "v1a")
    expected = signature.hmac_base64(key, content)
    return any([signature.same(text, expected) for version, text in pairs if version == "v1"])  # noqa: C419 - all are compared, in constant time


def _is_signed(key: bytes, content: bytes, text: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(
            signature.base64_or_none(text) or b"", content
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def _verify_time(given: str, received_at: Timestamp) -> None:
    moment = as_int(given)
    if moment is None:
        raise NotAuthentic("webhook-timestamp is no number of seconds", status=403)
    if abs(parse_time(received_at).timestamp() - moment) > _TOLERANCE_SECONDS:
        raise NotAuthentic("webhook-timestamp is over five minutes away", status=403)
