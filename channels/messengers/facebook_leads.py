"""Facebook Lead Ads: the notification, and the Graph API's answer (docs/providers.md, 6.4).

The notification carries no personal data; it opens the lead. The answer amends it with what the
person typed, under the same lead key, in whichever order the two come.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

from channels.messengers.leadgen import answers_of, read_answer
from channels.messengers.meta import MetaSettings
from channels.messengers.meta_page import PageAdapter
from channels.sdk.adapter import PollingAdapter
from channels.sdk.batch import alone, each_item
from channels.sdk.delivery import PollItem
from channels.sdk.errors import Unreadable
from channels.sdk.outcome import Accepted, Ignored, IgnoreReason, Outcome, QuarantineReason
from channels.sdk.poller import Poller
from channels.sdk.read import read_item
from channels.sdk.settings import Secret
from channels.sdk.times import Timestamp
from channels.sdk.urls import check_url, host_of


class FacebookLeadsSettings(MetaSettings, frozen=True, kw_only=True):
    """One page. With a `page_token` the answers of its forms are fetched."""

    page_id: int | str = ""
    page_token: Secret = ""
    form_ids: tuple[int | str, ...] = ()
    """Empty: all forms of the page."""
    leads_since: str = ""
    """A date such as 2026-01-31: what was typed before is history. Empty: all that Meta keeps."""
    api_url: str = "https://graph.facebook.com/v23.0"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_url("api_url", self.api_url)
        if self.page_token and not (self.page_id or self.form_ids):
            raise ValueError("page_token needs page_id, or form_ids: whose leads are fetched?")
        if not all(str(one).isdigit() for one in (self.page_id or 0, *self.form_ids)):
            raise ValueError("page_id and form_ids are numbers")
        try:
            self.since()
        except ValueError:
            raise ValueError(
                f"leads_since {self.leads_since!r} is no date such as 2026-01-31"
            ) from None

    def since(self) -> int:
        """`leads_since`, in seconds since 1970."""
        if not self.leads_since:
            return 0
        day = date.fromisoformat(self.leads_since)
        return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


class FacebookLeadsAdapter(PageAdapter, PollingAdapter[MetaSettings]):
    """Webhook notifications; and as polled items what `GET /{leadgen_id}` answers."""

    account_type = "facebook_leads"
    channel = "facebook_leads"
    Settings = FacebookLeadsSettings
    settings: FacebookLeadsSettings
    called_as_well = True

    def fetched_from(self) -> str:
        return host_of(self.settings.api_url) if self.settings.page_token else ""

    def poller(self, *, clock: Callable[[], Timestamp]) -> Poller:
        from channels.messengers.graph_api import GraphApi
        from channels.messengers.lead_forms import LeadFormsPoller

        ours = self.settings
        api = partial(
            GraphApi,
            token=ours.page_token,
            app_secret=ours.app_secret,
            page_id=str(ours.page_id),
            form_ids=[str(form) for form in ours.form_ids],
        )
        return LeadFormsPoller(api, api_url=ours.api_url, since=ours.since(), clock=clock)

    def parse_item(self, item: PollItem) -> Sequence[Outcome]:
        """One answer, or a form's page of them (`{"data": […]}`)."""
        value = read_item(item.item)
        if isinstance(value, dict) and "error" in value:
            return (Ignored(IgnoreReason.SERVICE),)
        answers = answers_of(value)
        if len(answers) > 1:
            return each_item(answers, lambda one: self._answered(alone(item, one), one))
        return each_item(answers, lambda one: self._answered(item, one))

    def _answered(self, item: PollItem, answer: Any) -> Outcome:
        if not isinstance(answer, dict):
            raise Unreadable(QuarantineReason.WRONG_TYPE, "an answer must be an object")
        found = read_answer(answer, self.settings.country)
        return found if isinstance(found, Ignored) else Accepted(self.lead(item, **found))
