"""Telegram bots: the Bot API's webhook and its long polling (docs/providers.md, section 1).

The delivery key is the update's id, the lead key the message's place, so that an edit amends its
message. Update ids may fall after a quiet week: they name, they never order.
"""

from collections.abc import Callable, Sequence
from typing import Any

from channels.sdk import ids, signature
from channels.sdk.adapter import PollingAdapter, WebhookAdapter
from channels.sdk.batch import alone, each_item
from channels.sdk.delivery import Delivery, PollItem
from channels.sdk.errors import NotAuthentic, Unreadable
from channels.sdk.outcome import Accepted, Ignored, IgnoreReason, Outcome, QuarantineReason
from channels.sdk.poller import Poller
from channels.sdk.read import as_text, read_item, read_json
from channels.sdk.sending import Sender
from channels.sdk.settings import AccountSettings, Secret
from channels.sdk.times import Timestamp
from channels.sdk.urls import check_url, host_of
from channels.telegram.parse import read_update
from channels.telegram.sender import TelegramSender

_ECHOED_IN = "x-telegram-bot-api-secret-token"


class TelegramSettings(AccountSettings, frozen=True, kw_only=True):
    """One bot. With a `secret_token` it is fed by the webhook, without one by polling."""

    token: Secret = ""
    secret_token: Secret = ""
    api_url: str = "https://api.telegram.org"
    """Where the Bot API is: Telegram's own, or a server of yours (tdlib/telegram-bot-api)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_url("api_url", self.api_url)

    @property
    def bot_id(self) -> str:
        """The bot's own user id: what stands before the colon of its token."""
        return self.token.partition(":")[0]


class TelegramAdapter(WebhookAdapter[TelegramSettings], PollingAdapter[TelegramSettings]):
    """One Update a request; one Update or a whole getUpdates answer a poll."""

    account_type = "telegram"
    channel = "telegram"
    Settings = TelegramSettings

    def sender(self) -> Sender | None:
        if not self.settings.token:
            return None
        return TelegramSender(self.settings.name, self.settings.token, self.settings.api_url)

    def verify(self, delivery: Delivery) -> None:
        """Telegram signs nothing: it echoes the `secret_token` of setWebhook in a header."""
        self.verify_secret_path(delivery)
        expected = self.settings.secret_token
        if not expected:
            return
        given = delivery.headers.get(_ECHOED_IN)
        if not given:
            raise NotAuthentic("the secret token header is missing", status=401)
        if not signature.same(given, expected):
            raise NotAuthentic("the secret token is wrong", status=403)

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        return self._outcomes(delivery, read_json(delivery.body))

    def parse_item(self, item: PollItem) -> Sequence[Outcome]:
        return self._outcomes(item, read_item(item.item))

    def fetched_from(self) -> str:
        polled = self.settings.token and not self.settings.secret_token
        return host_of(self.settings.api_url) if polled else ""

    def poller(self, *, clock: Callable[[], Timestamp]) -> Poller:
        from channels.telegram.updates import TelegramPoller

        return TelegramPoller(self.settings.token, api_url=self.settings.api_url, clock=clock)

    def _outcomes(self, source: Delivery | PollItem, value: Any) -> tuple[Outcome, ...]:
        updates = _updates_of(value)
        if len(updates) > 1:
            return each_item(updates, lambda update: self._outcome(alone(source, update), update))
        return each_item(updates, lambda update: self._outcome(source, update))

    def _outcome(self, source: Delivery | PollItem, update: Any) -> Outcome:
        if not isinstance(update, dict):
            raise Unreadable(QuarantineReason.WRONG_TYPE, "an update must be an object")
        key = as_text(update.get("update_id"))
        found = read_update(update, bot_id=self.settings.bot_id, country=self.settings.country)
        if isinstance(found, IgnoreReason):
            return Ignored(found, key)
        key = key or ids.content_key(source.body, source.received_at)
        found["lead_key"] = found["lead_key"] or key
        return Accepted(self.lead(source, delivery_key=key, **found))


def _updates_of(value: Any) -> list[Any]:
    """The updates of a webhook's body or of a getUpdates answer; none where it tells an error."""
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        raise Unreadable(QuarantineReason.WRONG_TYPE, "expected an Update or a getUpdates answer")
    if "update_id" in value or "ok" not in value:
        return [value]
    result = value.get("result")
    return result if isinstance(result, list) else []
