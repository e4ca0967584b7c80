"""Each request of the demo is what its provider would send, and the intake takes it as expected."""

import base64
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import takewhile
from typing import Any

import pytest

from channels.trial import try_delivery
from leadlog.demo import garbage, journeys
from leadlog.demo.cast import Cast
from leadlog.demo.clock import StoryClock
from leadlog.demo.garbage import GARBAGE
from leadlog.demo.journeys import JOURNEYS, Journey
from leadlog.demo.request import Expected, Request
from leadlog.demo.traffic import Sending, traffic
from leadlog.demo.workshop import accounts

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SEEDS = (1, 2)
EVERY_JOURNEY = [journey for _, journey in (*JOURNEYS, *GARBAGE)]


def tried(request: Request, seed: int, *, received: datetime = NOON) -> dict[str, Any]:
    account = dict(accounts(seed)[request.account])
    recorded = {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body_base64": base64.b64encode(request.body).decode(),
        "received_at": received.isoformat(),
    }
    return try_delivery(account["type"], account, recorded)


def played(journey: Journey, seed: int, *, at: datetime = NOON) -> list[Request]:
    cast = Cast(seed)
    return [step.build(at + step.after) for step in journey(cast, cast.people.next())]


def leads_of(journey: Journey, seed: int) -> list[dict[str, Any]]:
    return [lead for sent in played(journey, seed) for lead in tried(sent, seed)["leads"]]


def identities(leads: Iterable[dict[str, Any]], kind: str) -> list[str]:
    return [i["value"] for lead in leads for i in lead["identities"] if i["kind"] == kind]


@cache
def first_hour(seed: int) -> list[tuple[Sending, dict[str, Any]]]:
    """The past and the first live hour, and what the adapters make of it."""
    until = NOON + timedelta(hours=1)
    sent = takewhile(lambda sending: sending.at < until, traffic(seed, StoryClock(NOON)))
    return [(sending, tried(sending.request, seed, received=sending.at)) for sending in sent]


def leads_of_the_hour(seed: int = 1) -> Iterator[tuple[Sending, dict[str, Any]]]:
    return ((sending, lead) for sending, told in first_hour(seed) for lead in told["leads"])


@pytest.mark.parametrize("seed", SEEDS)
def test_every_request_ends_as_expected(seed: int) -> None:
    differing = [
        (sending.request, told["outcome"], told["reason"])
        for sending, told in first_hour(seed)
        if told["outcome"] != sending.request.expected
    ]
    assert differing == []


@pytest.mark.parametrize("journey", EVERY_JOURNEY, ids=lambda journey: journey.__name__)
def test_each_journey_ends_as_expected(journey: Journey) -> None:
    """Also those that a short story may not happen to have."""
    for seed in range(20):
        for sent in played(journey, seed):
            assert tried(sent, seed)["outcome"] == sent.expected, sent


def test_a_story_has_every_account_and_every_outcome() -> None:
    sent = [sending.request for sending, _ in first_hour(1)]
    assert {request.account for request in sent} == set(accounts(1))
    assert {request.expected for request in sent} == set(Expected)


def test_every_journey_of_the_module_is_in_the_mixture() -> None:
    """A journey that somebody wrote and forgot to list would never be seen."""
    told = {
        function
        for module in (journeys, garbage)
        for name, function in vars(module).items()
        if callable(function)
        and getattr(function, "__module__", "") == module.__name__
        and not name.startswith("_")
    }
    assert told == set(EVERY_JOURNEY)


def test_a_repeat_is_the_same_delivery() -> None:
    """Byte for byte: the event id that comes of it is one that came before."""
    ids: dict[str, Request] = {}
    repeats = 0
    for sending, lead in leads_of_the_hour():
        known = ids.setdefault(lead["event_id"], sending.request)
        if known is not sending.request:
            repeats += 1
            assert known == sending.request
    assert repeats > 10


def test_provider_times_are_those_of_the_story() -> None:
    """No provider tells a time after it sends; what tells a time in the past spreads over days."""
    days = set()
    for sending, lead in leads_of_the_hour():
        happened = datetime.fromisoformat(lead["occurred_at"])
        assert happened <= sending.at + timedelta(seconds=1)
        days.add(happened.date())
    assert len(days) >= 13


@pytest.mark.parametrize("seed", range(10))
def test_a_call_and_the_form_after_it_share_the_number(seed: int) -> None:
    leads = leads_of(journeys.call_then_form, seed)
    assert {lead["channel"] for lead in leads} == {"mango", "webform"}
    assert len(set(identities(leads, "phone"))) == 1


@pytest.mark.parametrize("seed", range(10))
def test_the_contact_in_telegram_proves_the_number_of_the_form(seed: int) -> None:
    leads = leads_of(journeys.form_then_bot, seed)
    proofs = {
        (identity["value"], identity["proof"])
        for lead in leads
        for identity in lead["identities"]
        if identity["kind"] == "phone"
    }
    (number,) = {value for value, _ in proofs}
    assert proofs == {(number, "claimed"), (number, "attested")}


def test_a_corrected_form_is_one_lead_with_two_deliveries() -> None:
    leads = leads_of(journeys.corrected_form, 1)
    assert len({lead["lead_id"] for lead in leads}) == 1
    assert len({lead["event_id"] for lead in leads}) == 2


def test_an_edited_message_is_one_lead_with_two_deliveries() -> None:
    leads = leads_of(journeys.bot_edited, 1)
    assert len({lead["lead_id"] for lead in leads}) == 1
    assert [lead["amends"] for lead in leads] == [False, True]


def test_the_states_of_a_call_are_one_lead() -> None:
    leads = leads_of(journeys.call, 1)
    assert len({lead["lead_id"] for lead in leads}) == 1
    assert [lead["call"].get("state") for lead in leads][:4] == [
        *("ringing", "answered", "ended", "ended")
    ]


def test_a_missed_call_is_missed_and_the_callback_goes_out() -> None:
    leads = [x for x in leads_of(journeys.missed_call_then_form, 1) if x["kind"] == "call"]
    assert [lead["call"]["state"] for lead in leads if lead["direction"] == "in"][-1] == "missed"
    assert leads[-1]["direction"] == "out"


def test_a_hidden_caller_has_no_identity() -> None:
    leads = leads_of(garbage.hidden_caller, 1)
    assert leads
    assert not any(lead["identities"] for lead in leads)


def test_colleagues_of_the_office_share_a_number_and_nothing_else() -> None:
    cast = Cast(1)
    sent = [
        step.build(NOON) for _ in range(7) for step in journeys.office(cast, cast.people.next())
    ]
    leads = [lead for request in sent for lead in tried(request, 1)["leads"]]
    assert len(set(identities(leads, "phone"))) == 1
    assert len(set(identities(leads, "email"))) == 7


def test_a_family_shares_number_and_browser_but_no_account() -> None:
    leads = leads_of(journeys.family, 1)
    assert len(set(identities(leads, "phone"))) == 1
    assert len(set(identities(leads, "visitor"))) == 1
    assert len(set(identities(leads, "email"))) == 2


def test_campaigns_reach_the_leads() -> None:
    """By form field, page address, cookie, deep link, and VK's own labels."""
    found: dict[str, set[str]] = {}
    for _, lead in leads_of_the_hour():
        campaign = lead.get("campaign") or {}
        if label := campaign.get("utm_campaign") or campaign.get("ref"):
            found.setdefault(lead["channel"], set()).add(label)
    assert {"webform", "tilda", "marquiz", "telegram", "vk", "whatsapp"} <= set(found)
