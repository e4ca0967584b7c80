"""Outcomes as records of the log."""

import base64

import msgspec
import pytest
from msgspec.structs import replace

from channels.sdk.adapter import WebhookAdapter
from channels.sdk.delivery import Delivery
from channels.sdk.lead import Identity, LeadEvent, Raw
from channels.sdk.outcome import Quarantined, QuarantineReason
from channels.sdk.settings import AccountSettings
from eventstore.keyring import Keyring
from ingest.log.kafka_records import to_message
from ingest.log.records import QuarantinedDelivery, lead_record, records_of


class Cutting(WebhookAdapter[AccountSettings]):
    """Keeps less of a delivery than all but its secrets."""

    account_type = channel = "cutting"

    def raw(self, source):
        if b"odd" in source.body:
            raise ValueError("cannot be cut")
        return Raw(content_type="", body=base64.b64encode(source.body.upper()).decode())


@pytest.fixture
def kept():
    adapter = Cutting(AccountSettings(name="shop", secret_path="hush"))

    def keep(body):
        delivery = Delivery(
            url="https://leads.example/in/shop/hush/more",
            headers={"user-agent": "x", "authorization": "Bearer hush"},
            body=body,
            remote_ip="192.0.2.1",
            received_at="2026-02-01T10:00:30.000Z",
        )
        outcome = Quarantined(QuarantineReason.BROKEN_JSON, "why")
        (record,) = records_of([outcome], delivery, adapter)
        return msgspec.json.decode(record.value, type=QuarantinedDelivery)

    return keep


def test_of_a_quarantined_delivery_is_kept_what_the_adapter_keeps(kept):
    assert base64.b64decode(kept(b"a cookie").body) == b"A COOKIE"


def test_what_an_adapter_cannot_cut_is_kept_without_its_secrets(kept):
    assert base64.b64decode(kept(b"odd hush").body) == b"odd ***"


def test_all_that_a_second_try_needs_is_kept_and_no_secret(kept):
    found = kept(b"{")
    assert (found.account, found.channel, found.reason) == ("shop", "cutting", "broken_json")
    assert (found.method, found.path) == ("POST", "/in/shop/***/more")
    assert (found.headers, found.remote_ip) == ({"user-agent": "x"}, "192.0.2.1")


PHONE = Identity(kind="phone", value="+79210001122", proof="claimed")
VISITOR = Identity(kind="visitor", value="11.22", proof="attested")


def lead_with(identities):
    return LeadEvent(
        lead_id="lead",
        event_id="event",
        channel="webform",
        account="сайт",
        kind="form",
        direction="in",
        occurred_at="2026-02-01T10:00:30.000Z",
        received_at="2026-02-01T10:00:31.000Z",
        identities=identities,
    )


@pytest.mark.parametrize("identities", [(), (PHONE,), (PHONE, VISITOR)])
def test_what_is_known_of_a_lead_makes_the_message_that_reading_it_again_makes(identities):
    record, keyring = lead_record(lead_with(identities)), Keyring(bytes(32))
    assert record.head is not None
    assert to_message(record, keyring) == to_message(replace(record, head=None), keyring)


@pytest.mark.parametrize(
    ("identities", "strongest"),
    [((), None), ((PHONE,), ("phone", "+79210001122")), ((PHONE, VISITOR), ("visitor", "11.22"))],
)
def test_a_lead_keeps_the_order_of_its_first_attested_identity_else_of_its_first(
    identities, strongest
):
    assert lead_record(lead_with(identities)).identity == strongest
