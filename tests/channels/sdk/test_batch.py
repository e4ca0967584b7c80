"""A batch: each item by itself, the bad ones kept alone, and no more than can be borne."""

import base64

import msgspec
import pytest

from channels.sdk.adapter import PollingAdapter
from channels.sdk.batch import MOST_ITEMS, each_item
from channels.sdk.delivery import PollItem
from channels.sdk.errors import Unreadable
from channels.sdk.outcome import Ignored, IgnoreReason, Quarantined, QuarantineReason
from channels.sdk.settings import AccountSettings
from ingest.log.records import QuarantinedDelivery, records_of


def read(item):
    if item == "bad":
        raise Unreadable(QuarantineReason.WRONG_TYPE, "bad")
    return Ignored(IgnoreReason.TEST)


class Reader(PollingAdapter[AccountSettings]):
    account_type = "reader"
    channel = "reader"


@pytest.fixture
def kept():
    """What is kept in quarantine of a poll that brought these items."""

    def run(items):
        body = msgspec.json.encode(items)
        source = PollItem(item=items, body=body, received_at="2026-02-01T10:00:00.000Z")
        adapter = Reader(AccountSettings(name="shop"))
        records = records_of(each_item(items, read), source, adapter)
        aside = [one.value for one in records if one.type == "quarantined"]
        return [msgspec.json.decode(value, type=QuarantinedDelivery) for value in aside]

    return run


def test_a_bad_item_of_several_is_kept_alone(kept):
    (aside,) = kept(["good", "bad", "x" * 5000])
    assert base64.b64decode(aside.body) == b'"bad"'


def test_a_single_item_is_kept_with_its_delivery(kept):
    (aside,) = kept(["bad"])
    assert base64.b64decode(aside.body) == b'["bad"]'


def test_what_is_beyond_the_limit_is_kept_but_not_read():
    *read_ones, last = each_item(["good"] * (MOST_ITEMS + 5), read)
    assert len(read_ones) == MOST_ITEMS
    assert isinstance(last, Quarantined)
    assert (last.reason, last.item) == (QuarantineReason.TOO_LARGE, b"")


def test_an_item_that_cannot_be_written_is_kept_with_its_delivery():
    first, _ = each_item([object(), "good"], lambda item: read("good" if item == "good" else "bad"))
    assert first.item == b""
