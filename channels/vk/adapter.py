"""VK communities: Callback API and Bots Long Poll (docs/providers.md, section 2).

VK signs nothing: a delivery is authentic if the `secret` in its body is ours and its `group_id`
is our community. A body that cannot be read therefore cannot be authentic where a secret is set.
Retries carry `X-Retry-Counter`; it says nothing about what was stored and is not looked at.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from channels.sdk import ids, signature
from channels.sdk.adapter import PollingAdapter, WebhookAdapter, redact
from channels.sdk.batch import alone, each_item
from channels.sdk.delivery import Delivery, PollItem, Reply
from channels.sdk.errors import NotAuthentic, Unreadable
from channels.sdk.lead import LeadEvent
from channels.sdk.outcome import Accepted, Ignored, IgnoreReason, Outcome, QuarantineReason
from channels.sdk.poller import Poller
from channels.sdk.read import as_dict, as_int, as_list, as_text, read_item, read_json
from channels.sdk.sending import Sender
from channels.sdk.settings import AccountSettings, Secret
from channels.sdk.times import Timestamp, parse_time
from channels.sdk.urls import check_url, host_of
from channels.vk.draft import Draft
from channels.vk.parse import read_event
from channels.vk.sender import VkSender

_STORED = Reply(200, b"ok")
"""The only body that VK takes for success."""


class VkSettings(AccountSettings, frozen=True, kw_only=True):
    """One community. With a `token` and neither `secret` nor `confirmation` it is polled."""

    group_id: int | str = ""
    secret: Secret = ""
    """What the community sends in each callback; optional there, hence optional here."""
    confirmation: str = ""
    """The answer to VK's check of a new server (`groups.getCallbackConfirmationCode`)."""
    token: Secret = ""
    api_url: str = "https://api.vk.com"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_url("api_url", self.api_url)

    @property
    def is_polled(self) -> bool:
        """Else the Callback API feeds it."""
        return bool(self.token and self.group_id and not self.secret and not self.confirmation)


class VkAdapter(WebhookAdapter[VkSettings], PollingAdapter[VkSettings]):
    """One event a request; a whole long-poll answer a poll."""

    account_type = "vk"
    channel = "vk"
    Settings = VkSettings

    def handshake(self, delivery: Delivery) -> Reply | None:
        """The community's confirmation string. Its check may come without the secret."""
        event = _event_of(delivery.body) if b"confirmation" in delivery.body else {}
        if event.get("type") != "confirmation":
            return None
        self.verify_secret_path(delivery)
        self._verify_group(event)
        if event.get("secret") is not None:
            self._verify_secret(event)
        if not self.settings.confirmation:
            raise NotAuthentic("no confirmation string is configured for this community")
        return Reply(200, self.settings.confirmation.encode())

    def verify(self, delivery: Delivery) -> None:
        self.verify_secret_path(delivery)
        event = _event_of(delivery.body)
        self._verify_secret(event)
        self._verify_group(event)

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        value = read_json(delivery.body)
        secret = value.get("secret") if isinstance(value, dict) else None
        if isinstance(secret, str) and secret:  # an account may not know it, yet it is no one's
            delivery = replace(delivery, body=redact(delivery.body, (secret,)))
        return self._outcomes(delivery, value)

    def parse_item(self, item: PollItem) -> Sequence[Outcome]:
        """One outcome an update; an answer that only says `failed` is a service message."""
        return self._outcomes(item, read_item(item.item))

    def fetched_from(self) -> str:
        return host_of(self.settings.api_url) if self.settings.is_polled else ""

    def poller(self, *, clock: Callable[[], Timestamp]) -> Poller:
        from channels.vk.long_poll import VkPoller

        return VkPoller(
            token=self.settings.token,
            group_id=str(self.settings.group_id),
            api_url=self.settings.api_url,
            clock=clock,
        )

    def sender(self) -> Sender | None:
        settings = self.settings
        return VkSender(settings.name, settings.token, settings.api_url) if settings.token else None

    def reply(self, delivery: Delivery, outcomes: Sequence[Outcome]) -> Reply:
        del delivery, outcomes
        return _STORED

    def _verify_secret(self, event: dict[str, Any]) -> None:
        expected, given = self.settings.secret, event.get("secret")
        if not expected:
            return
        if not isinstance(given, str) or not given:
            raise NotAuthentic("the secret is missing", status=401)
        if not signature.same(given, expected):
            raise NotAuthentic("the secret is wrong", status=403)

    def _verify_group(self, event: dict[str, Any]) -> None:
        expected, given = as_int(self.settings.group_id), as_int(event.get("group_id"))
        if expected is None or given == expected:
            return
        if given is not None:
            raise NotAuthentic("the group_id is another community's", status=403)
        if not self.settings.secret:
            raise NotAuthentic("the group_id is missing", status=401)

    def _outcomes(self, source: Delivery | PollItem, value: Any) -> tuple[Outcome, ...]:
        if not isinstance(value, dict):
            raise Unreadable(QuarantineReason.WRONG_TYPE, "expected a VK event or poll answer")
        if "failed" in value and "type" not in value:
            return (Ignored(IgnoreReason.SERVICE),)
        events = as_list(value["updates"]) if "updates" in value else [value]
        if len(events) > 1:
            return each_item(events, lambda event: self._outcome(alone(source, event), event))
        return each_item(events, lambda event: self._outcome(source, event))

    def _outcome(self, source: Delivery | PollItem, event: Any) -> Outcome:
        if not isinstance(event, dict):
            raise Unreadable(QuarantineReason.WRONG_TYPE, "an event must be an object")
        found = read_event(event, country=self.settings.country)
        if isinstance(found, IgnoreReason):
            return Ignored(found, as_text(event.get("event_id")))
        return Accepted(self._lead(source, event, found))

    def _lead(self, source: Delivery | PollItem, event: dict[str, Any], draft: Draft) -> LeadEvent:
        """VK numbers few edits: the others are in the order of their receipt."""
        natural, amends = draft.pop("lead_key"), draft.get("amends", False)
        key = as_text(event.get("event_id"))
        if not key and natural and not amends:
            key = f"{as_text(event.get('type'))}/{natural}"
        key = key or ids.content_key(msgspec.json.encode(event), source.received_at)
        if amends and not draft.get("seq"):
            draft["seq"] = int(parse_time(source.received_at).timestamp())
        return self.lead(source, lead_key=natural or key, delivery_key=key, **draft)


def _event_of(body: bytes) -> dict[str, Any]:
    """The event in a body that nobody vouched for yet; empty where there is none."""
    try:
        return as_dict(read_json(body))
    except Unreadable:
        return {}
