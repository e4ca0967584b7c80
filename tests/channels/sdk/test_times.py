"""Times of providers, or nothing."""

import pytest

from channels.sdk.times import time_or_none


def test_a_time_with_an_offset_is_told_in_utc():
    assert time_or_none("2026-02-01T13:00:00.5+03:00") == "2026-02-01T10:00:00.500Z"


@pytest.mark.parametrize(
    "given",
    ["", "2026-02-01", "2026-02-01 13:00:00", "0001-01-01T00:00:00+23:59", 1769940000, None],
)
def test_what_has_no_offset_or_is_no_time_is_nothing(given):
    assert time_or_none(given) is None
