"""A page's or Instagram account's webhook: messages, comments and lead forms on one address.

Meta has one address for each object of an app, so that Messenger and lead forms of a page come to
the same account, whichever of the two it was set up for.
"""

from channels.messengers.leadgen import read_notification
from channels.messengers.meta import UNKNOWN, Draft, Item, MetaAdapter
from channels.messengers.meta_messages import read_comment, read_event
from channels.sdk.outcome import Ignored, IgnoreReason
from channels.sdk.read import as_text

_COMMENTS = frozenset({"comments", "live_comments"})
_EVENTS = frozenset({"messaging", "standby"})
_SERVICE_FIELDS = frozenset(
    {"mentions", "story_insights", "message_reactions", "messaging_seen", "messaging_handover"}
)


class PageAdapter(MetaAdapter):
    """Reads every item that a page's subscription may bring."""

    objects = MetaAdapter.objects | _COMMENTS | _EVENTS | {"leadgen", "feed", "messages"}

    def read(self, item: Item) -> Draft | Ignored:
        if item.field in _SERVICE_FIELDS:
            return Ignored(IgnoreReason.SERVICE)
        if item.field in _EVENTS or item.field.startswith("messag"):
            return read_event(item)  # Instagram Login sends events as changes
        if item.field in _COMMENTS:
            return read_comment(item)
        if item.field == "feed":
            return _read_feed(item)
        return read_notification(item) if item.field == "leadgen" else UNKNOWN


def _read_feed(item: Item) -> Draft | Ignored:
    """Of all that happens on a page only what people write under its posts is theirs to answer."""
    is_comment = item.value.get("item") == "comment"
    if is_comment and item.value.get("verb") in ("add", "edited"):
        return read_comment(item)
    return Ignored(IgnoreReason.SERVICE, as_text(item.value.get("post_id")))
