"""Our own form: docs/providers.md, 4.1 and SEMANTICS 1.4 and 1.7, each rule by its name."""

import json
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.registry import make_adapter
from channels.sdk.delivery import Delivery

OWN = {"type": "webform"}
FORM = "application/x-www-form-urlencoded"
ID = "0f9f1c1e-0000-4000-8000-000000000001"
GOOD = {"name": "Инна", "phone": "89210001122"}


def errors(result, status=422):
    assert result["response"]["status"] == status, result
    assert result["response"]["content_type"] == "application/problem+json"
    assert result["outcome"] == "rejected"
    return {e["field"]: e for e in json.loads(result["response"]["body"])["errors"]}


def multipart(boundary, fields, files=()):
    body = b""
    for name, value in fields:
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        body += value.encode() + b"\r\n"
    for name, filename, content in files:
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; '.encode()
        body += f'filename="{filename}"\r\nContent-Type: application/pdf\r\n\r\n'.encode()
        body += content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode()


def over(origin, **account):
    headers = {"origin": origin} if origin else {}
    adapter = make_adapter({"name": "site", **OWN, **account})
    return dict(adapter.cors(Delivery(headers=headers, received_at="2026-02-01T10:00:00.000Z")))


# --- what is taken ---


def test_json_form_tells_everything(tried, only_lead, identities):
    lead = only_lead(tried("webform_json"))
    assert identities(lead) == [
        ("phone", "+79210001122", "claimed"),
        ("email", "inna@example.ru", "claimed"),
        ("visitor", "1700000000123456789", "claimed"),
        ("visitor", "111.222", "claimed"),
    ]
    assert lead["identities"][1]["raw"] == "Inna@Example.RU"
    assert (lead["kind"], lead["direction"], lead["amends"]) == ("form", "in", False)
    assert (lead["channel"], lead["account"]) == ("webform", "site")
    assert lead["profile"] == {"name": "Инна"}
    assert lead["text"] == "Нужен замер"
    assert lead["fields"] == {"Этажей": "2", "Услуги": "окна, двери"}
    assert lead["campaign"] == {
        "utm_source": "vk",
        "utm_medium": "cpc",
        "gclid": "g1",
        "referrer": "https://ya.ru/",
        "landing": "https://site.example/okna?utm_medium=cpc&gclid=g1",
    }
    assert lead["consents"] == [
        {
            "purpose": "personal_data",
            "text_version": "2025-09",
            "given_at": "2026-02-01T10:00:30.000Z",
            "ip": "203.0.113.7",
        }
    ]
    assert lead["occurred_at"] == lead["received_at"] == "2026-02-01T10:00:30.000Z"


@pytest.mark.parametrize("name", ["windows_1251", "beacon", "multipart"])
def test_every_content_type_gives_the_same_person(tried, only_lead, identities, name):
    lead = only_lead(tried(f"webform_{name}"))
    assert identities(lead) == [("phone", "+79210001122", "claimed")]
    assert lead["profile"] == {"name": "Инна"}


def test_windows_1251_is_read_also_when_nobody_claims_it(post, only_lead):
    body = "name=%C8%ED%ED%E0&phone=89210001122"
    assert only_lead(post(OWN, body, FORM))["profile"] == {"name": "Инна"}


@pytest.mark.parametrize("charset", ["utf-8", "windows-1251"])
def test_letters_that_a_sender_did_not_encode_are_read_all_the_same(post, only_lead, charset):
    """As `curl -d 'name=Инна'` sends them."""
    body = "name=Инна&phone=%2B7+921+000-11-22&comment=100%25+уверена".encode(charset)
    lead = only_lead(post(OWN, body, FORM))
    assert (lead["profile"], lead["text"]) == ({"name": "Инна"}, "100% уверена")
    assert lead["identities"][0]["value"] == "+79210001122"


def test_file_is_an_attachment_and_repeated_names_are_one_field(tried, only_lead):
    lead = only_lead(tried("webform_multipart"))
    assert lead["attachments"] == [
        {
            "kind": "file",
            "name": "план.pdf",
            "mime": "application/pdf",
            "size": 7,
            "ref": "part:plan",
        }
    ]
    assert lead["fields"] == {"service": "окна, двери"}


def test_file_field_without_a_file_is_no_attachment(post, only_lead):
    body = multipart("X", [("phone", "89210001122")], [("plan", "", b"")])
    assert "attachments" not in only_lead(post(OWN, body, "multipart/form-data; boundary=X"))


def test_old_russian_multipart_is_read(post, only_lead):
    body = multipart("X", [("имя", "Инна")]).decode().encode("windows-1251")
    lead = only_lead(post(OWN, body, "multipart/form-data; boundary=X"))
    assert lead["profile"] == {"name": "Инна"}


def test_byte_order_mark_before_json_is_no_error(post, only_lead):
    body = b"\xef\xbb\xbf" + json.dumps(GOOD).encode()
    assert only_lead(post(OWN, body))["profile"] == {"name": "Инна"}


def test_json_says_its_charset(post, only_lead):
    body = json.dumps(GOOD, ensure_ascii=False).encode("windows-1251")
    lead = only_lead(post(OWN, body, "application/json; charset=windows-1251"))
    assert lead["profile"] == {"name": "Инна"}


def test_nested_objects_are_read_by_the_end_of_their_path(post, only_lead, identities):
    body = {
        "contacts": {"phone": "89210001122", "name": "Инна"},
        "utm": {"source": "vk"},
        "product": {"name": "Шкаф"},
        "fields": {"message": "Перезвоните"},
    }
    lead = only_lead(post(OWN, body))
    assert identities(lead) == [("phone", "+79210001122", "claimed")]
    assert lead["profile"] == {"name": "Инна"}
    assert lead["text"] == "Перезвоните"
    assert lead["campaign"] == {"utm_source": "vk"}
    assert lead["fields"] == {"product.name": "Шкаф"}


def test_answer_is_202_with_a_small_object(tried):
    response = tried("webform_json")["response"]
    assert response == {
        "status": 202,
        "content_type": "application/json",
        "body": '{"status":"accepted"}',
    }


def test_country_of_the_account_reads_national_numbers(post, only_lead, identities):
    lead = only_lead(post({**OWN, "country": "DE"}, {"phone": "0151 23456789"}))
    assert identities(lead) == [("phone", "+4915123456789", "claimed")]


def test_form_id_of_the_account_is_told_with_the_fields(post, only_lead):
    lead = only_lead(post({**OWN, "form_id": "callback"}, GOOD))
    assert lead["fields"] == {"form_id": "callback"}


def test_form_with_only_a_name_is_a_lead(post, only_lead):
    assert only_lead(post(OWN, {"name": "Инна"}))["identities"] == []


@pytest.mark.parametrize("body", [{}, {"name": " ", "phone": None}, {"utm_source": "vk"}])
def test_form_with_nothing_filled_in_is_ignored_as_empty(post, body):
    result = post(OWN, body)
    assert (result["outcome"], result["reason"]) == ("ignored", "empty")
    assert result["response"]["status"] == 202


# --- keys ---


def test_repeat_of_a_submission_is_the_same_event(post, only_lead):
    one, two = (
        only_lead(post(OWN, {**GOOD, "submission_id": ID}, received_at=at))
        for at in ("2026-02-01T10:00:30Z", "2026-02-03T10:00:30Z")
    )
    assert (one["lead_id"], one["event_id"]) == (two["lead_id"], two["event_id"])


def test_corrected_form_adds_to_its_lead(post, only_lead):
    one = only_lead(post(OWN, {**GOOD, "submission_id": ID}))
    two = only_lead(post(OWN, {**GOOD, "submission_id": ID, "phone": "89210001133"}))
    assert one["lead_id"] == two["lead_id"]
    assert one["event_id"] != two["event_id"]


def test_two_submissions_are_two_leads(post, only_lead):
    one, two = (only_lead(post(OWN, {**GOOD, "submission_id": i})) for i in ("a", "b"))
    assert one["lead_id"] != two["lead_id"]


def test_double_click_without_an_id_is_one_lead(post, only_lead):
    one, two = (
        only_lead(post(OWN, GOOD, received_at=at))
        for at in ("2026-02-01T10:00:30Z", "2026-02-01T10:04:59Z")
    )
    assert one["lead_id"] == one["event_id"] == two["event_id"]


def test_same_content_in_the_next_slot_is_a_new_lead(post, only_lead):
    one, two = (
        only_lead(post(OWN, GOOD, received_at=at))
        for at in ("2026-02-01T10:04:59Z", "2026-02-01T10:05:00Z")
    )
    assert one["lead_id"] != two["lead_id"]


def test_boundary_of_a_multipart_body_is_no_content(post, only_lead):
    one, two = (
        only_lead(
            post(
                OWN, multipart(b, [("phone", "89210001122")]), f"multipart/form-data; boundary={b}"
            )
        )
        for b in ("----One", "----Two")
    )
    assert one["event_id"] == two["event_id"]


# --- what is refused ---


def test_every_wrong_field_is_named_with_what_is_expected(post):
    wrong = errors(
        post({**OWN, "required": ["name", "phone"]}, {"phone": "12345", "email": "inna@@example"})
    )
    assert set(wrong) == {"name", "phone", "email"}
    assert "required" in wrong["name"]["expected"]
    assert "+7" in wrong["phone"]["expected"]
    assert "a@b.ru" in wrong["email"]["expected"]


@pytest.mark.parametrize("phone", ["112", "abc", "+7 921 000", "8 921 000 11 22 3", "+999123"])
def test_impossible_phone_is_refused(post, phone):
    assert set(errors(post(OWN, {"phone": phone}))) == {"phone"}


@pytest.mark.parametrize(
    "phone", ["8 921 000-11-22", "9210001122", "+1 650 253 0000", "8 (800) 555-35-35", 89210001122]
)
def test_possible_phone_is_taken(post, phone):
    assert post(OWN, {"phone": phone})["outcome"] == "accepted"


@pytest.mark.parametrize(
    "address",
    ["inna", "inna@", "@example.ru", "inna@example", "a b@example.ru", "a@b..ru", ".a@b.ru"],
)
def test_malformed_address_is_refused(post, address):
    assert set(errors(post(OWN, {"email": address}))) == {"email"}


@pytest.mark.parametrize("address", ["инна@почта.рф", "a+b@x.co.uk", " INNA@Example.RU "])
def test_well_formed_address_is_taken(post, address):
    assert post(OWN, {"email": address})["outcome"] == "accepted"


@pytest.mark.parametrize("value", ["", "  ", None])
def test_required_field_must_not_be_blank(post, value):
    assert set(errors(post({**OWN, "required": ["comment"]}, {"comment": value}))) == {"comment"}


def test_required_field_is_known_by_its_role(post):
    result = post({**OWN, "required": ["phone", "name"]}, {"Телефон": "89210001122", "ФИО": "И"})
    assert result["outcome"] == "accepted"


def test_required_field_of_the_owners_own_is_known_by_its_name(post):
    account = {**OWN, "required": ["service_2"]}
    assert post(account, {**GOOD, "service-2": "окна"})["outcome"] == "accepted"
    assert set(errors(post(account, {**GOOD, "service-1": "окна"}))) == {"service_2"}


def test_field_that_only_may_be_a_phone_is_kept_and_not_refused(post, only_lead):
    lead = only_lead(post(OWN, {**GOOD, "Какой телефон был раньше?": "Нокиа"}))
    assert lead["fields"] == {"Какой телефон был раньше?": "Нокиа"}


@pytest.mark.parametrize("body", ["{", "", "[1]", '"x"', "null", b"\xff", "[" * 9000])
def test_broken_body_is_told_to_the_sender(post, body):
    assert set(errors(post(OWN, body))) == {"body"}


def test_broken_multipart_is_told_to_the_sender(post):
    assert set(errors(post(OWN, b"--X\r\nnonsense", "multipart/form-data; boundary=X"))) == {"body"}


def test_text_that_is_no_json_is_told_to_the_sender(post):
    assert set(errors(post(OWN, "name=x", "text/plain"))) == {"body"}


def test_over_64_kilobytes_without_files_are_413(post):
    assert set(errors(post(OWN, {"comment": "x" * 66_000}), 413)) == {"body"}


def test_other_content_types_are_415(post):
    assert set(errors(post(OWN, "<a/>", "text/xml"), 415)) == {"content-type"}
    assert "text/xml" not in make_adapter({"name": "site", **OWN}).content_types


def test_only_multipart_bodies_may_be_large():
    adapter = make_adapter({"name": "site", **OWN})
    assert adapter.body_limit("application/json") == 64 * 1024
    assert adapter.body_limit("multipart/form-data") == 32 * 1024 * 1024


# --- honeypot, key, CORS ---


@pytest.mark.parametrize(
    ("account", "trap"), [({}, "_gotcha"), ({"honeypot": "website"}, "website")]
)
def test_bot_is_answered_like_anybody_else(post, account, trap):
    bot = post({**OWN, **account, "required": ["name"]}, {trap: "http://spam.example"})
    assert (bot["outcome"], bot["reason"], bot["leads"]) == ("ignored", "honeypot", [])
    assert bot["response"] == post(OWN, GOOD)["response"]


@pytest.mark.parametrize("empty", ["", " ", None, False])
def test_empty_honeypot_is_no_trap_and_no_field(post, only_lead, empty):
    lead = only_lead(post({**OWN, "honeypot": "website"}, {**GOOD, "website": empty}))
    assert "fields" not in lead


def test_field_that_is_no_honeypot_of_this_account_is_a_field(post, only_lead):
    assert only_lead(post(OWN, {**GOOD, "website": "a.ru"}))["fields"] == {"website": "a.ru"}


@pytest.mark.parametrize(
    ("headers", "more"),
    [
        ({"X-Api-Key": "k-1"}, {}),
        ({"Authorization": "Bearer k-1"}, {}),
        ({"authorization": "bearer k-1"}, {}),
        ({}, {"api_key": "k-1"}),
    ],
)
def test_api_key_is_taken_from_header_or_field(post, only_lead, kept, headers, more):
    lead = only_lead(post({**OWN, "api_key": "k-1"}, {**GOOD, **more}, headers=headers))
    assert b"k-1" not in kept(lead)
    assert "fields" not in lead


@pytest.mark.parametrize(
    ("headers", "more", "status"),
    [
        ({}, {}, 401),
        ({"X-Api-Key": ""}, {}, 401),
        ({"Authorization": "Basic k-1"}, {}, 401),
        ({"X-Api-Key": "k-2"}, {}, 403),
        ({"Authorization": "Bearer k"}, {}, 403),
        ({}, {"api_key": "k-11"}, 403),
    ],
)
def test_missing_key_is_401_and_wrong_key_is_403(post, headers, more, status):
    result = post({**OWN, "api_key": "k-1"}, {**GOOD, **more}, headers=headers)
    assert (result["outcome"], result["response"]["status"]) == ("rejected", status)


def test_broken_body_without_a_key_is_not_looked_at(post):
    assert post({**OWN, "api_key": "k-1"}, "{")["response"]["status"] == 401


def test_large_body_without_a_key_is_401(post):
    result = post({**OWN, "api_key": "k-1"}, {"comment": "x" * 66_000})
    assert result["response"]["status"] == 401


def test_preflight_is_answered_204(tried):
    result = tried("webform_preflight")
    assert (result["outcome"], result["response"]["status"]) == ("handshake", 204)


def test_preflight_needs_no_key_and_says_what_may_be_sent():
    adapter = make_adapter({"name": "site", **OWN, "api_key": "k-1"})
    delivery = Delivery(method="OPTIONS", received_at="2026-02-01T10:00:00.000Z")
    headers = dict(adapter.handshake(delivery).headers)
    assert "POST" in headers["Access-Control-Allow-Methods"]
    assert "content-type" in headers["Access-Control-Allow-Headers"]
    assert int(headers["Access-Control-Max-Age"]) > 0


@pytest.mark.parametrize("origin", ["https://site.example", "https://SITE.example"])
def test_configured_origin_is_reflected(origin):
    assert over(origin, origins=["https://site.example/"]) == {
        "Access-Control-Allow-Origin": origin,
        "Vary": "Origin",
    }


@pytest.mark.parametrize(
    "origin",
    ["", "null", "https://evil.example", "http://site.example", "https://site.example.evil.ru"],
)
def test_other_origins_are_not_reflected_but_vary(origin):
    assert over(origin, origins=["https://site.example"]) == {"Vary": "Origin"}


def test_any_origin_and_null_can_be_configured():
    assert over("https://a.ru", origins=["*"])["Access-Control-Allow-Origin"] == "https://a.ru"
    assert over("null", origins=["null"])["Access-Control-Allow-Origin"] == "null"


@pytest.mark.parametrize("headers", [{}, {"origin": "https://evil.example"}])
def test_post_is_taken_whatever_its_origin(post, headers):
    account = {**OWN, "origins": ["https://site.example"]}
    assert post(account, GOOD, headers=headers)["outcome"] == "accepted"


@pytest.mark.parametrize(
    "more",
    [
        {"password": "hunter2"},
        {"client": {"access_token": "hunter2"}},
        {"cookies": "PHPSESSID=hunter2; _ga=GA1.2.11.22"},
        {"cookies": "PHPSESSID=hunter2"},
        {"consents": {"purpose": "calls", "password": "hunter2"}},
        {"Пароль": "hunter2", "_gotcha": ""},
    ],
)
def test_credentials_and_foreign_cookies_of_a_json_form_are_not_kept(post, only_lead, kept, more):
    lead = only_lead(post(OWN, {**GOOD, **more}))
    assert b"hunter2" not in kept(lead)
    assert "hunter2" not in json.dumps(lead)


def test_json_form_without_credentials_is_kept_as_it_came(post, only_lead, kept):
    body = b'{ "phone" : "+7 912 345-67-89", "message":"token, cookie" }'
    assert kept(only_lead(post(OWN, body))) == body


# --- consents ---


def test_consents_told_one_by_one(post, only_lead):
    told = [
        {"purpose": "personal_data", "text_version": "v3"},
        {"purpose": "marketing", "given": False},
        {"purpose": "calls", "given_at": "2026-02-01T12:59:00+03:00"},
        7,
    ]
    lead = only_lead(post(OWN, {**GOOD, "consents": told}))
    received = "2026-02-01T10:00:30.000Z"
    assert lead["consents"] == [
        {"purpose": "personal_data", "text_version": "v3", "given_at": received},
        {"purpose": "calls", "given_at": "2026-02-01T09:59:00.000Z"},
    ]
    assert "fields" not in lead


def test_each_purpose_is_a_consent_of_its_own(post, only_lead):
    flags = {"agree": "on", "consent_sms": "1", "Согласие на рассылку": "да"}
    lead = only_lead(post(OWN, {**GOOD, **flags}))
    assert [c["purpose"] for c in lead["consents"]] == ["personal_data", "sms", "marketing"]


@pytest.mark.parametrize("no", ["0", "false", "нет", "off", False])
def test_consent_that_was_not_given_is_only_a_field(post, only_lead, no):
    lead = only_lead(post(OWN, {**GOOD, "consent": no}))
    assert "consents" not in lead
    assert set(lead["fields"]) == {"consent"}


# --- whatever comes ---


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_spoilt_form_is_a_fault(survives, spoilt, recorded, data):
    sample = json.loads(recorded("webform_json")["request"]["body"])
    body = data.draw(st.one_of(spoilt(sample).map(json.dumps), st.binary(max_size=200)))
    kinds = [FORM, "application/json", "text/plain", "multipart/form-data; boundary=X", "x/y", ""]
    headers = {"content-type": data.draw(st.sampled_from(kinds))}
    survives(
        {"name": "site", **OWN}, body if isinstance(body, bytes) else body.encode(), headers=headers
    )


@pytest.mark.parametrize(
    "body",
    [
        {f"phone{i}": f"+7 (921) 000-11-2 доб {i}" for i in range(500)},
        {"page": "a." * 14_000 + " ", "email": "a." * 14_000 + "@"},
        {f"k{i}": {} for i in range(5000)},
        {"x" * 60_000: "y"},
        {"phone": "1," * 30_000},
    ],
)
def test_no_form_costs_over_half_a_second(survives, body):
    plain = json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    seconds = []
    for _ in range(5):
        started = time.process_time()
        survives({"name": "site", **OWN}, plain, headers=headers)
        seconds.append(time.process_time() - started)
    assert min(seconds) < 0.5
