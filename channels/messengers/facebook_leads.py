"""Facebook Lead Ads: the notification, and the Graph API's answer (reference/channels.md, 6.4).

The notification carries no personal data; it opens the lead. The answer amends it with what the
person typed, under the same lead key, in whichever order the two come.
"""

from collections.abc import Sequence
from typing import Any

from channels.messengers.leadgen import answers_of, read_answer
from channels.messengers.meta import MetaSettings
from channels.messengers.meta_page import PageAdapter
from channels.sdk.adapter import PollingAdapter
from channels.sdk.batch import alone, each_item
from channels.sdk.delivery import PollItem
from channels.sdk.errors import Unreadable
from channels.sdk.outcome import Accepted, Ignored, IgnoreReason, Outcome, QuarantineReason
from channels.sdk.read import read_item


class FacebookLeadsAdapter(PageAdapter, PollingAdapter[MetaSettings]):
    """Webhook notifications; and as polled items what `GET /{leadgen_id}` answers."""

    account_type = "facebook_leads"
    channel = "facebook_leads"

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
