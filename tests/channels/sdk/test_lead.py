"""`Adapter.lead`: what every lead event has in common."""

from channels.registry import make_adapter
from channels.sdk.delivery import Delivery
from channels.sdk.lead import Profile

AT = "2026-02-01T10:00:00.000Z"


def test_a_profile_that_says_nothing_is_left_out():
    adapter = make_adapter({"type": "marquiz", "name": "quiz"})
    source = Delivery(body=b"{}", received_at=AT)
    lead = adapter.lead(source, kind="form", lead_key="1", profile=Profile())
    assert lead.profile is None
