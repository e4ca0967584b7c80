"""What an adapter is. Five words: verify, parse, outcome, lead, reply.

The gateway calls, for one delivery and in this order: `handshake`, `verify`, `parse`, then it
appends every accepted lead event to the lead log, and only then `reply`. All of them are pure:
no clock, no network, no files, nothing kept between calls. None may block. `parse` may raise
`Unreadable` (the whole delivery goes to quarantine) or `Refused` (422, own forms only); anything
else that escapes is a bug, which the gateway turns into quarantine.
"""

import base64
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeGuard, TypeVar
from urllib.parse import quote, quote_plus, unquote, urlsplit

import msgspec

from channels.sdk import ids, signature
from channels.sdk.delivery import OK, Delivery, PollItem, Reply
from channels.sdk.errors import NotAuthentic, Refused
from channels.sdk.identities import cap_identities
from channels.sdk.lead import (
    Direction,
    Identity,
    Kind,
    LeadEvent,
    Mention,
    Profile,
    Raw,
)
from channels.sdk.outcome import Outcome
from channels.sdk.poller import Poller
from channels.sdk.sending import Sender
from channels.sdk.settings import AccountSettings
from channels.sdk.times import Timestamp, sane_time

S = TypeVar("S", bound=AccountSettings)

_NO_PROFILE = Profile()
_FORM = "application/x-www-form-urlencoded"
"""What a query is."""


class Adapter(Generic[S]):
    """What webhook and polling adapters share. Made once for each account, at start."""

    account_type: ClassVar[str]
    """The name in `[[accounts]] type = …`."""
    channel: ClassVar[str]
    """`LeadEvent.channel`: the medium; several types may share one (`telephony`, `webform`)."""
    Settings: ClassVar[type[AccountSettings]] = AccountSettings
    recordings: ClassVar[str] = "recordings"
    """The folder of its recorded deliveries, beside its module: what the lab plays."""

    def __init__(self, settings: S) -> None:
        self.settings = settings

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """Every credential of the account; none of them is kept, whatever `parse` gives."""
        return self.settings.secrets()

    def sender(self) -> Sender | None:
        """What sends messages of this account; None where the channel or the settings allow none.

        Connects to nothing yet. Its library is imported here, not with the adapter.
        """
        return None

    def lead(
        self,
        source: Delivery | PollItem,
        *,
        kind: Kind,
        lead_key: str,
        delivery_key: str | None = None,
        occurred_at: Timestamp | None = None,
        direction: Direction = "in",
        identities: Sequence[Identity] = (),
        mentions: Sequence[Mention] = (),
        raw: Raw | None = None,
        **content: Any,
    ) -> LeadEvent:
        """Build the lead event: ids from the keys, a sane time, at most 8 identities, raw kept.

        `delivery_key` defaults to `lead_key`: then one delivery is one lead. `raw` is for those
        who have it at hand already. `content` are the other fields of `LeadEvent`.
        """
        content.update(kind=kind, direction=direction, identities=identities, mentions=mentions)
        return self.lead_of(
            source,
            content,
            lead_key=lead_key,
            delivery_key=delivery_key,
            occurred_at=occurred_at,
            raw=raw,
        )

    def lead_of(
        self,
        source: Delivery | PollItem,
        content: dict[str, Any],
        *,
        lead_key: str,
        delivery_key: str | None = None,
        occurred_at: Timestamp | None = None,
        raw: Raw | None = None,
    ) -> LeadEvent:
        """The same where the content is a dict already, which is taken over: `kind` and all.

        Python would compare each name in `**content` with each parameter, which for a form takes
        as long as reading it.
        """
        account = self.settings.name
        kept, beyond = cap_identities(content.get("identities", ()))
        content["identities"] = kept
        if beyond:
            content["mentions"] = (*content.get("mentions", ()), *beyond)
        if content.get("profile") == _NO_PROFILE:
            del content["profile"]
        content.setdefault("direction", "in")
        return LeadEvent(
            lead_id=ids.lead_id(self.channel, account, lead_key),
            event_id=ids.event_id(self.channel, account, delivery_key or lead_key),
            channel=self.channel,
            account=account,
            occurred_at=sane_time(occurred_at, source.received_at),
            received_at=source.received_at,
            raw=raw or self.raw(source),
            **content,
        )

    def raw(self, source: Delivery | PollItem) -> Raw:
        """The delivery as it came, every credential of the account cut out."""
        content_type, body = "application/json", source.body
        if is_request(source):
            content_type = source.headers.get("content-type", "")
            if not body:
                content_type, body = _FORM, source.query.encode()
        return Raw(
            content_type=content_type,
            body=base64.b64encode(redact(body, self.secrets)).decode(),
        )


class WebhookAdapter(Adapter[S]):
    """An adapter whose provider calls us."""

    methods: ClassVar[frozenset[str]] = frozenset({"POST"})
    """HTTP methods that bring deliveries; others are answered 405."""
    max_body: ClassVar[int] = 1024 * 1024
    """Bytes; a longer body is answered 413 before it is read to its end."""
    content_types: ClassVar[frozenset[str]] = frozenset()
    """Media types that are taken, others get 415; empty: any (most providers mislabel)."""

    def handshake(self, delivery: Delivery) -> Reply | None:
        """The reply to a provider's own check of the address, None for a real delivery.

        Raises NotAuthentic where the check carries a wrong secret.
        """
        del delivery
        return None

    def verify(self, delivery: Delivery) -> None:
        """Return if the delivery is authentic, else raise NotAuthentic. Only raw bytes count."""
        self.verify_secret_path(delivery)

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        """One outcome for each item of the delivery, in order; at least one."""
        raise NotImplementedError

    def reply(self, delivery: Delivery, outcomes: Sequence[Outcome]) -> Reply:
        """What the provider wants to hear once everything is stored."""
        del delivery, outcomes
        return OK

    def refusal(self, delivery: Delivery, error: Refused) -> Reply | None:
        """The answer to a form with wrong fields; None for problem+json that names them."""
        del delivery, error
        return None

    def cors(self, delivery: Delivery) -> tuple[tuple[str, str], ...]:
        """Headers that let a browser read the reply; none for providers' servers."""
        del delivery
        return ()

    def body_limit(self, media_type: str) -> int:
        """`max_body` for a body of this media type (a form without files may have less)."""
        del media_type
        return self.max_body

    def verify_secret_path(self, delivery: Delivery) -> None:
        """The path must carry the account's `secret_path`, where it has one."""
        secret = self.settings.secret_path
        if not secret:
            return
        segments = delivery.segments
        if segments is None:
            segments = tuple(unquote(part) for part in urlsplit(delivery.url).path.split("/"))
        if not any([signature.same(segment, secret) for segment in segments]):  # noqa: C419 - all are compared, in constant time
            raise NotAuthentic("the secret part of the path is missing or wrong", status=403)


class PollingAdapter(Adapter[S]):
    """An adapter that asks its provider."""

    rehearsal: ClassVar[str] = ""
    """`module:function` that gives a made-up provider (`sdk.testing.Rehearsal`) for the lab."""
    called_as_well: ClassVar[bool] = False
    """Whether its provider calls us even where it is fetched; else nobody may then."""

    def parse_item(self, item: PollItem) -> Sequence[Outcome]:
        """One outcome for each thing that one poll's answer holds; at least one. Pure."""
        raise NotImplementedError

    def fetched_from(self) -> str:
        """Where `poller` would fetch from, for people; "" where the settings want no polling."""
        return ""

    def poller(self, *, clock: Callable[[], Timestamp]) -> Poller:
        """What fetches this account's deliveries; asked for only where `fetched_from` says where.

        Connects to nothing yet. Raises StopAdapter where a setting is missing.
        """
        raise NotImplementedError


def is_request(source: Delivery | PollItem) -> TypeGuard[Delivery]:
    """Whether it came over HTTP."""
    return isinstance(source, Delivery)


def redact(body: bytes, secrets: Sequence[str]) -> bytes:
    """`body` without the secrets, in each spelling that they can have on the wire."""
    for secret in secrets:
        for spelling in {
            secret,
            quote(secret, safe=""),
            quote_plus(secret),
            msgspec.json.encode(secret).decode()[1:-1],
            secret.replace("/", "\\/"),
        }:
            body = body.replace(spelling.encode(), b"***")
    return body
