"""Standard Webhooks and mapped JSON: docs/providers.md, 4.8, each rule by its name."""

import base64
import json
from datetime import datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.registry import make_adapter
from channels.sdk.signature import hmac_base64

PLAIN = {"type": "standard_webhooks"}
KEY = b"k" * 24
SECRET = "whsec_" + base64.b64encode(KEY).decode()
AT = 1769940030
MESSAGE = {
    "type": "lead.created",
    "timestamp": "2026-02-01T09:00:00Z",
    "data": {"phone": "89210000006"},
}


@pytest.fixture
def sample(recorded):
    return json.loads(recorded("standard_webhooks_mapped")["request"]["body"])


def sign(body, *, key=KEY, at=AT, message_id="msg_1"):
    return "v1," + hmac_base64(key, f"{message_id}.{at}.".encode() + body)


def headers(signature, *, at=AT, message_id="msg_1"):
    return {
        "Webhook-Id": message_id,
        "Webhook-Timestamp": str(at),
        "Webhook-Signature": signature,
    }


def test_received_and_signed_at_the_same_moment():
    assert datetime.fromisoformat("2026-02-01T10:00:30Z").timestamp() == AT


def test_vector_of_the_specification_is_authentic(tried, only_lead):
    result = tried("standard_webhooks_vector")
    lead = only_lead(result)
    assert result["response"]["status"] == 200
    assert lead["fields"] == {"test": "2432232314"}
    assert lead["occurred_at"] == "2021-02-25T15:02:10.000Z"


def test_payload_without_a_mapping_is_read_as_a_form(post, only_lead, identities):
    data = {
        "name": "Инна",
        "phone": "89210000006",
        "comment": "Забор",
        "step": 2,
        "utm_source": "vk",
    }
    lead = only_lead(post(PLAIN, {**MESSAGE, "data": data}))
    assert identities(lead) == [("phone", "+79210000006", "claimed")]
    assert lead["profile"] == {"name": "Инна"}
    assert lead["text"] == "Забор"
    assert lead["campaign"] == {"utm_source": "vk"}
    assert lead["fields"] == {
        "type": "lead.created",
        "timestamp": "2026-02-01T09:00:00Z",
        "step": "2",
    }
    assert lead["occurred_at"] == "2026-02-01T09:00:00.000Z"


def test_mapping_says_where_everything_is(tried, only_lead, identities):
    lead = only_lead(tried("standard_webhooks_mapped"))
    assert identities(lead) == [("phone", "+79210000006", "claimed")]
    assert lead["profile"] == {"name": "Инна К"}
    assert lead["text"] == "Доставка вечером"
    assert lead["campaign"] == {"utm_source": "vk", "gclid": "g1"}
    assert lead["order"] == {"id": "42", "amount": "1500.5"}
    assert lead["kind"] == "order"
    assert lead["occurred_at"] == "2026-02-01T06:59:00.000Z"
    assert lead["fields"]["branch"] == "Север"


def test_unmapped_names_mean_nothing_beside_a_mapping(tried, only_lead):
    assert only_lead(tried("standard_webhooks_mapped"))["fields"]["name"] == "Шкаф"


@pytest.mark.parametrize(
    "path", ["data.people[0].tel", "$.data.people.0.tel", "/data/people/0/tel"]
)
def test_paths_may_be_spelled_in_three_ways(post, only_lead, identities, path):
    account = {**PLAIN, "mapping": {"identities.phone": path}}
    lead = only_lead(post(account, {"data": {"people": [{"tel": "89210000006"}]}}))
    assert identities(lead) == [("phone", "+79210000006", "claimed")]


def test_mapped_accounts_bookings_and_threads(post, only_lead, identities):
    mapping = {
        "telegram": "tg",
        "identities.avito": "avito",
        "thread": "chat",
        "booking.starts_at": "slot",
        "booking.service": "what",
        "direction": "way",
        "profile.last_name": "who",
    }
    body = {
        "tg": 7123456789,
        "avito": "94235311",
        "chat": 5,
        "slot": "2026-02-03 12:00",
        "what": "Замер",
    }
    lead = only_lead(post({**PLAIN, "mapping": mapping}, {**body, "way": "outgoing", "who": "К"}))
    assert identities(lead) == [
        ("telegram", "7123456789", "claimed"),
        ("avito", "94235311", "claimed"),
    ]
    assert lead["booking"] == {"starts_at": "2026-02-03T09:00:00.000Z", "service": "Замер"}
    assert (lead["kind"], lead["direction"], lead["thread"]) == ("booking", "out", "5")
    assert lead["profile"] == {"name": "К", "last_name": "К"}


def test_mapped_phone_that_is_none_stays_visible(post, only_lead):
    lead = only_lead(post({**PLAIN, "mapping": {"phone": "tel"}}, {"tel": "нет"}))
    assert lead["fields"] == {"phone": "нет"}


def test_webhook_id_is_the_key(post, only_lead):
    one = only_lead(post(PLAIN, MESSAGE, headers=headers("")))
    two = only_lead(post(PLAIN, {**MESSAGE, "x": 1}, headers=headers("", at=AT + 90)))
    other = only_lead(post(PLAIN, MESSAGE, headers=headers("", message_id="msg_2")))
    assert one["lead_id"] == one["event_id"] == two["event_id"] != other["event_id"]


def test_mapped_lead_key_joins_deliveries_into_one_lead(post, only_lead):
    account = {**PLAIN, "mapping": {"lead_key": "data.order", "phone": "data.phone"}}
    one, two = (
        only_lead(post(account, {"data": {"order": 7, "phone": "89210000006", "step": step}}))
        for step in (1, 2)
    )
    assert one["lead_id"] == two["lead_id"]
    assert one["event_id"] != two["event_id"]


def test_delivery_without_an_id_has_its_content_as_key(post, only_lead):
    one, two = (only_lead(post(PLAIN, MESSAGE)) for _ in range(2))
    later = only_lead(post(PLAIN, MESSAGE, received_at="2026-02-01T10:05:00Z"))
    assert one["event_id"] == two["event_id"] != later["event_id"]


@pytest.mark.parametrize(
    "order", [[SECRET], ["whsec_" + base64.b64encode(b"n" * 32).decode(), SECRET]]
)
def test_any_secret_counts(post, order):
    body = json.dumps(MESSAGE).encode()
    result = post({**PLAIN, "secrets": order}, body, headers=headers(sign(body)))
    assert result["outcome"] == "accepted"


def test_any_signature_counts(post):
    body = json.dumps(MESSAGE).encode()
    many = f"v1,bm9uZQ== v2,x nonsense , v1a,=== {sign(body)}"
    assert (
        post({**PLAIN, "secrets": [SECRET]}, body, headers=headers(many))["outcome"] == "accepted"
    )


def test_unpadded_secret_is_taken(post):
    body = json.dumps(MESSAGE).encode()
    secret = "whsec_" + base64.b64encode(b"k" * 25).decode().rstrip("=")
    given = headers(sign(body, key=b"k" * 25))
    assert post({**PLAIN, "secrets": [secret]}, body, headers=given)["outcome"] == "accepted"


def test_public_key_checks_v1a(post):
    private = Ed25519PrivateKey.generate()
    public = "whpk_" + base64.b64encode(private.public_key().public_bytes_raw()).decode()
    body = json.dumps(MESSAGE).encode()
    signed = private.sign(f"msg_1.{AT}.".encode() + body)
    given = headers("v1a," + base64.b64encode(signed).decode())
    account = {**PLAIN, "secrets": [public]}
    assert post(account, body, headers=given)["outcome"] == "accepted"
    assert post(account, body + b" ", headers=given)["response"]["status"] == 403


@pytest.mark.parametrize("name", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
def test_missing_header_is_401(post, name):
    body = json.dumps(MESSAGE).encode()
    given = {n: v for n, v in headers(sign(body)).items() if n != name}
    assert post({**PLAIN, "secrets": [SECRET]}, body, headers=given)["response"]["status"] == 401


@pytest.mark.parametrize("shift", [-301, 301])
def test_over_five_minutes_away_is_403(post, shift):
    body = json.dumps(MESSAGE).encode()
    given = headers(sign(body, at=AT + shift), at=AT + shift)
    assert post({**PLAIN, "secrets": [SECRET]}, body, headers=given)["response"]["status"] == 403


@pytest.mark.parametrize("shift", [-300, 300])
def test_five_minutes_away_is_taken(post, shift):
    body = json.dumps(MESSAGE).encode()
    given = headers(sign(body, at=AT + shift), at=AT + shift)
    assert post({**PLAIN, "secrets": [SECRET]}, body, headers=given)["outcome"] == "accepted"


@pytest.mark.parametrize(
    "change",
    [{"Webhook-Id": "msg_2"}, {"Webhook-Timestamp": str(AT + 1)}, {"Webhook-Timestamp": "soon"}],
)
def test_id_and_time_are_signed_too(post, change):
    body = json.dumps(MESSAGE).encode()
    given = {**headers(sign(body)), **change}
    assert post({**PLAIN, "secrets": [SECRET]}, body, headers=given)["response"]["status"] == 403


def test_one_changed_bit_is_403(post):
    body = json.dumps(MESSAGE).encode()
    changed = body.replace(b"89210000006", b"89210000007")
    given = headers(sign(body))
    assert post({**PLAIN, "secrets": [SECRET]}, changed, headers=given)["response"]["status"] == 403


@pytest.mark.parametrize(
    "wrong", [{"secrets": ["whsec_!"]}, {"secrets": ["whpk_AAAA"]}, {"mapping": {"phon": "a"}}]
)
def test_wrong_settings_are_named_at_start(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        make_adapter({"name": "site", **PLAIN, **wrong})


def test_broken_body_is_quarantined(post):
    assert post(PLAIN, "{")["reason"] == "broken_json"


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_spoilt_delivery_is_a_fault(survives, spoilt, recorded, sample, data):
    account = {**recorded("standard_webhooks_mapped")["account"]}
    body = data.draw(st.one_of(spoilt(sample).map(json.dumps), st.binary(max_size=200)))
    body = body if isinstance(body, bytes) else body.encode()
    survives(account, body)
    survives({**PLAIN, "name": "site"}, body)
