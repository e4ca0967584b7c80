"""Of a lead's identities beyond eight the last to happen are mentions (SEMANTICS 1.5, 2.1.1)."""

import pytest
from support.worlds import Fed, base, check_appearances, lead

LATE = [
    ("telegram", "1", "attested"),
    ("email", "c@x.ru", "claimed"),
    ("telegram", "2", "attested"),
]
MIDDLE = [("vk", "7", "claimed"), ("telegram", "3", "attested"), ("whatsapp", "8", "attested")]
EARLY = [
    ("phone", "+79120000001", "claimed"),
    ("email", "a@x.ru", "claimed"),
    ("max", "1", "attested"),
]


@pytest.mark.xfail(
    strict=True,
    reason="what an earlier delivery pushes out keeps its row, as if the lead still brought it",
)
def test_an_identity_that_an_earlier_delivery_pushes_out_is_no_longer_the_leads(tmp_path):
    fed = Fed(base(tmp_path / "events.db"))
    fed.feed(lead(2, LATE[-1]))
    for delivery, (identities, hour) in enumerate([(LATE, 3), (MIDDLE, 2), (EARLY, 1)]):
        fed.feed(lead(1, *identities, at=1_700_000_000 + 3600 * hour, delivery=delivery))
    try:
        check_appearances(fed)
    finally:
        fed.base.recorder.close()
