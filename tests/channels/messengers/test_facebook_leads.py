"""Facebook Lead Ads: docs/providers.md, 6.4, each rule by its name."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ACCOUNT = {"type": "facebook_leads", "name": "facebook_leads"}
RECEIVED = "2026-02-01T10:05:00Z"


def notification(**value):
    found = {"leadgen_id": "900", "page_id": "10", "form_id": "20", **value}
    change = {"field": "leadgen", "value": found}
    return {"object": "page", "entry": [{"id": "10", "time": 1735690830, "changes": [change]}]}


def answer(*, answer_id="900", **fields):
    data = [{"name": name, "values": [text]} for name, text in fields.items()]
    return {"id": answer_id, "created_time": "2026-02-01T10:00:00+0000", "field_data": data}


@pytest.fixture
def answered(trial):
    """What becomes of a Graph API answer."""

    def run(item, **account):
        return trial({**ACCOUNT, **account}, {"item": item, "received_at": RECEIVED})

    return run


@pytest.fixture
def lead_of(answered):
    """The lead of one answer."""

    def run(item, **account):
        result = answered(item, **account)
        assert result["outcome"] == "accepted", result
        (lead,) = result["leads"]
        return lead

    return run


def identities(lead):
    return [(one["kind"], one["value"], one["proof"]) for one in lead["identities"]]


def test_notification_opens_the_lead_without_a_person(tried):
    result = tried("facebook_leads_notification")
    (lead,) = result["leads"]
    assert (lead["kind"], lead["amends"], lead["identities"]) == ("form", False, [])
    assert lead["occurred_at"] == "2025-01-01T00:20:29.000Z"
    assert lead["fields"] == {"form_id": "20", "page_id": "10", "ad_id": "30"}
    assert result["response"]["status"] == 200


def test_an_answer_to_a_question_without_a_name_is_kept(lead_of):
    lead = lead_of({"id": "900", "field_data": [{"values": ["Blue"]}]})
    assert lead["fields"] == {"answer": "Blue"}


def test_answer_claims_what_was_typed(tried):
    (lead,) = tried("facebook_leads_answer")["leads"]
    assert (lead["kind"], lead["amends"]) == ("form", True)
    assert identities(lead) == [("phone", "+79210000015", "claimed")]
    assert lead["profile"] == {"name": "Ира Л"}
    assert lead["occurred_at"] == "2026-02-01T10:00:00.000Z"
    assert lead["fields"] == {"form_id": "20"}


def test_notification_and_answer_are_one_lead_of_two_deliveries(tried):
    (first,) = tried("facebook_leads_notification")["leads"]
    (second,) = tried("facebook_leads_answer")["leads"]
    assert first["lead_id"] == second["lead_id"]
    assert first["event_id"] != second["event_id"]


@pytest.mark.parametrize("leadgen_id", ["900", 900])
def test_id_is_number_or_text(signed, tried, leadgen_id):
    (lead,) = signed("facebook_leads", notification(leadgen_id=leadgen_id))["leads"]
    assert lead["event_id"] == tried("facebook_leads_notification")["leads"][0]["event_id"]


def test_id_beyond_2_53_stays_exact(signed):
    number, text = (
        signed("facebook_leads", notification(leadgen_id=form(2**60 + 1)))["leads"][0]
        for form in (int, str)
    )
    assert number["lead_id"] == text["lead_id"]


def test_every_question_is_a_field(lead_of):
    lead = lead_of(
        {
            **answer(
                first_name="Ира",
                last_name="Л",
                work_email="I@Example.RU",
                city="Казань",
                company_name="ООО",
                какой_у_вас_бюджет="100 тысяч",
            ),
            "is_organic": False,
            "platform": "ig",
        }
    )
    assert lead["profile"] == {
        "name": "Ира Л",
        "first_name": "Ира",
        "last_name": "Л",
        "company": "ООО",
        "city": "Казань",
    }
    assert identities(lead) == [("email", "i@example.ru", "claimed")]
    assert lead["fields"] == {
        "какой_у_вас_бюджет": "100 тысяч",
        "is_organic": "false",
        "platform": "ig",
    }


def test_several_values_are_joined(lead_of):
    data = [{"name": "окна", "values": ["пвх", "дерево"]}]
    assert lead_of({"id": "1", "field_data": data})["fields"] == {"окна": "пвх, дерево"}


def test_national_number_is_read_by_the_accounts_country(lead_of):
    phone = answer(phone_number="8 701 234 56 78")
    assert identities(lead_of(phone, country="KZ")) == [("phone", "+77012345678", "claimed")]


def test_unreadable_number_stays_a_field(lead_of):
    assert lead_of(answer(phone_number="нет"))["fields"] == {"phone_number": "нет"}


def test_tracking_parameters_are_the_campaign(lead_of):
    lead = lead_of(answer(utm_source="fb", utm_campaign="весна"))
    assert lead["campaign"] == {"utm_source": "fb", "utm_campaign": "весна"}
    assert "fields" not in lead


def test_ticked_boxes_are_consents(lead_of):
    boxes = [{"checkbox_key": "ads", "is_checked": "1"}, {"checkbox_key": "x", "is_checked": ""}]
    lead = lead_of({**answer(email="a@b.ru"), "custom_disclaimer_responses": boxes})
    assert lead["consents"] == [{"purpose": "ads", "given_at": "2026-02-01T10:00:00.000Z"}]


def test_page_of_answers_gives_one_lead_each(answered):
    page = {"data": [answer(answer_id="1"), None, {"id": "2"}, answer(answer_id="3")]}
    assert len(answered(page)["leads"]) == 2


def test_dummy_answer_is_a_test(answered):
    result = answered(answer(full_name="<test lead: dummy data for full_name>"))
    assert (result["outcome"], result["reason"]) == ("ignored", "test")


def test_dashboards_test_notification_is_a_test(signed):
    result = signed("facebook_leads", notification(leadgen_id="444444444444"))
    assert (result["outcome"], result["reason"]) == ("ignored", "test")


def test_graph_error_is_ignored(answered):
    error = {"error": {"message": "expired", "code": 190}}
    assert (answered(error)["outcome"], answered(error)["reason"]) == ("ignored", "service")


@pytest.mark.parametrize(
    ("reason", "item"),
    [
        ("missing_field", {"field_data": []}),
        ("missing_field", {"id": "1"}),
        ("missing_field", {"id": ["1"], "field_data": []}),
        ("wrong_type", [5]),
        ("wrong_type", 5),
        ("broken_json", "<html>"),
    ],
)
def test_unreadable_answer_is_quarantined(answered, reason, item):
    assert (answered(item)["outcome"], answered(item)["reason"]) == ("quarantined", reason)


def test_messenger_messages_of_the_same_page_are_not_lost(signed):
    event = {"sender": {"id": "7"}, "recipient": {"id": "10"}, "message": {"mid": "m", "text": "x"}}
    body = {"object": "page", "entry": [{"id": "10", "messaging": [event]}]}
    (lead,) = signed("facebook_leads", body)["leads"]
    assert (lead["channel"], identities(lead)) == (
        "facebook_leads",
        [("messenger", "7", "attested")],
    )


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_nothing_meets_a_fault(data, recorded, spoilt, survives):
    sample = json.loads(recorded("facebook_leads_notification")["request"]["body"])
    survives(ACCOUNT, json.dumps(data.draw(spoilt(sample))).encode())
    rich = {**answer(phone="8 999 123-45-67", email="a@b.ru"), "custom_disclaimer_responses": [{}]}
    survives(ACCOUNT, item=data.draw(spoilt(rich)))
    survives(ACCOUNT, item={"data": [data.draw(spoilt(rich)), rich]})
