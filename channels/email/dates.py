"""The Date header. Never raises."""

from datetime import UTC
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from channels.sdk.times import Timestamp, format_time


def sent_at(value: str, zone: str) -> Timestamp | None:
    """The time that a mail claims (RFC 5322 3.3); one without a zone is in `zone`."""
    try:
        moment = parsedate_to_datetime(value[:200])
        if moment.tzinfo is None:
            said_utc = "-0000" in value  # RFC 5322 3.3: UTC, the sender's zone untold
            moment = moment.replace(tzinfo=UTC if said_utc else ZoneInfo(zone))
        return format_time(moment)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
