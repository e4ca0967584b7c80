"""MAX bots (docs/providers.md, 6.6): webhook, and long polling for development.

A delivery has no id: the message's `mid` and the kind of update are its key; of several edits each
has its own time. Decided where the reference is silent: what people write in group chats and
channels is no lead; starting the bot is a message without words, its payload `campaign.start`.
"""

from collections.abc import Callable, Sequence
from typing import Any

from channels.messengers.max_sender import MaxSender
from channels.messengers.max_updates import read_update
from channels.sdk import signature
from channels.sdk.adapter import PollingAdapter, WebhookAdapter
from channels.sdk.batch import alone, each_item
from channels.sdk.delivery import Delivery, PollItem
from channels.sdk.errors import NotAuthentic, Unreadable
from channels.sdk.outcome import Accepted, Ignored, Outcome, QuarantineReason
from channels.sdk.poller import Poller
from channels.sdk.read import as_list, read_item, read_json
from channels.sdk.sending import Sender
from channels.sdk.settings import AccountSettings, Secret
from channels.sdk.times import Timestamp
from channels.sdk.urls import check_url, host_of


class MaxSettings(AccountSettings, frozen=True, kw_only=True):
    """One bot. With a `bot_token` and neither `secret` nor `secret_path` it is polled."""

    secret: Secret = ""
    """What was given to `POST /subscriptions`; MAX echoes it in a header."""
    bot_token: Secret = ""
    """Proves shared contacts; without it every shared number is a mention."""
    api_url: str = "https://platform-api2.max.ru"
    ca_file: str = ""
    """Certificates to trust instead of the system's: MAX has those of a Russian authority."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_url("api_url", self.api_url)


class MaxAdapter(WebhookAdapter[MaxSettings], PollingAdapter[MaxSettings]):
    """One update a request; `{"updates": […], "marker"}` a poll."""

    account_type = "max"
    channel = "max"
    Settings = MaxSettings

    def sender(self) -> Sender | None:
        ours = self.settings
        if not ours.bot_token:
            return None
        return MaxSender(ours.name, ours.bot_token, ours.api_url, ca_file=ours.ca_file)

    def verify(self, delivery: Delivery) -> None:
        self.verify_secret_path(delivery)
        if not self.settings.secret:
            return
        given = delivery.headers.get("x-max-bot-api-secret")
        if not given:
            raise NotAuthentic("the secret header is missing", status=401)
        if not signature.same(given, self.settings.secret):
            raise NotAuthentic("the secret is wrong", status=403)

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        return self._outcomes(delivery, read_json(delivery.body))

    def fetched_from(self) -> str:
        ours = self.settings
        polled = ours.bot_token and not ours.secret and not ours.secret_path
        return host_of(ours.api_url) if polled else ""

    def poller(self, *, clock: Callable[[], Timestamp]) -> Poller:
        from channels.messengers.max_polling import MaxPoller

        ours = self.settings
        return MaxPoller(ours.bot_token, api_url=ours.api_url, ca_file=ours.ca_file, clock=clock)

    def parse_item(self, item: PollItem) -> Sequence[Outcome]:
        return self._outcomes(item, read_item(item.item))

    def _outcomes(self, source: Delivery | PollItem, value: Any) -> tuple[Outcome, ...]:
        if not isinstance(value, dict):
            raise Unreadable(QuarantineReason.WRONG_TYPE, "expected an update")
        updates = as_list(value["updates"]) if "updates" in value else [value]
        if len(updates) > 1:
            return each_item(updates, lambda update: self._outcome(alone(source, update), update))
        return each_item(updates, lambda update: self._outcome(source, update))

    def _outcome(self, source: Delivery | PollItem, update: Any) -> Outcome:
        if not isinstance(update, dict):
            raise Unreadable(QuarantineReason.WRONG_TYPE, "an update must be an object")
        found = read_update(update, self.settings.bot_token, self.settings.country)
        return found if isinstance(found, Ignored) else Accepted(self.lead(source, **found))
