"""Lead forms of Google Ads (docs/providers.md, 4.6): JSON with the key in the body.

Answered 200 `{}`: a 4xx would be final, and shown to the advertiser. A lead without `lead_id`
has its content as key.
"""

from collections.abc import Sequence
from typing import Any

from channels.sdk import signature
from channels.sdk.delivery import Delivery, Reply, json_reply
from channels.sdk.errors import NotAuthentic, Unreadable
from channels.sdk.outcome import Ignored, IgnoreReason, Outcome
from channels.sdk.read import as_dict, as_list, read_json_object
from channels.sdk.settings import AccountSettings, Secret
from channels.webform.base import FormAdapter
from channels.webform.entries import Entry, capped, entries, entry_of, json_bytes, text_of
from channels.webform.provider_times import time_or_none

_DONE = json_reply(b"{}")
_NOT_FIELDS = frozenset({"lead_id", "user_column_data", "google_key", "is_test", "api_version"})
_COLUMN_ROLES = {
    "FULL_NAME": "name",
    "FIRST_NAME": "first_name",
    "LAST_NAME": "last_name",
    "EMAIL": "email",
    "WORK_EMAIL": "email",
    "PHONE_NUMBER": "phone",
    "WORK_PHONE": "phone",
    "CITY": "city",
    "COMPANY_NAME": "company",
}


class GoogleAdsSettings(AccountSettings, frozen=True, kw_only=True):
    """One lead form, or all that share a webhook."""

    google_key: Secret = ""
    """The key typed into the form's webhook integration."""


class GoogleAdsAdapter(FormAdapter[GoogleAdsSettings]):
    """Lead forms in Google's advertisements."""

    account_type = "google_ads"
    channel = "google_ads"
    Settings = GoogleAdsSettings

    def verify(self, delivery: Delivery) -> None:
        """The secret path and `google_key`, where the account has them."""
        self.verify_secret_path(delivery)
        if not self.settings.google_key:
            return
        try:
            given = read_json_object(json_bytes(delivery)).get("google_key")
        except Unreadable:
            given = None
        if not isinstance(given, str) or not given:
            raise NotAuthentic("google_key is missing", status=401)
        if not signature.same(given, self.settings.google_key):
            raise NotAuthentic("google_key is wrong", status=403)

    def parse(self, delivery: Delivery) -> Sequence[Outcome]:
        told = read_json_object(json_bytes(delivery))
        lead_key = text_of(told.get("lead_id")) or self.key_of_content(delivery)
        if text_of(told.get("is_test")).lower() in {"true", "1"}:
            return (Ignored(IgnoreReason.TEST, lead_key),)
        rest = {name: value for name, value in told.items() if name not in _NOT_FIELDS}
        columns = [_column(item) for item in capped(as_list(told.get("user_column_data")))]
        return self.accepted(
            delivery,
            self.read([*columns, *entries(rest)], delivery),
            lead_key=lead_key,
            occurred_at=time_or_none(told.get("lead_submit_time"), self.settings.timezone),
        )

    def reply(self, delivery: Delivery, outcomes: Sequence[Outcome]) -> Reply:
        """An empty object."""
        del delivery, outcomes
        return _DONE


def _column(item: Any) -> Entry:
    """One answer: standard columns by their id, questions of one's own under their name."""
    column = as_dict(item)
    identifier = text_of(column.get("column_id"))
    name = text_of(column.get("column_name")) or identifier
    value = text_of(column.get("string_value"))
    return entry_of(name, value, role=_COLUMN_ROLES.get(identifier, ""), identifier=identifier)
