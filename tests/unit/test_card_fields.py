"""Every field that a lead brings reaches the card and the deal (SEMANTICS 3.6, 3.7)."""

import msgspec
import pytest
from support.worlds import KEYRING, Fed, base, decision_id, lead

from channels.sdk.lead import Booking, Call, Campaign, Consent, Mention, Order, OrderItem, Profile
from eventstore.card_timeline import Window
from eventstore.deal_commands import DealCommands
from eventstore.deal_page import DealPages
from eventstore.orders import CommandRefused, WrongCommand, order
from eventstore.past_card import PastCards
from eventstore.past_source import KnownLead, KnownPerson
from eventstore.queries import Cards
from eventstore.touches import bytes_of, deal_id

ANNA = ("phone", "+79120000001", "claimed")
PARTS = {
    "profile": Profile(name="Анна", city="Пермь"),
    "subject": "Замер",
    "text": "Окно",
    "mentions": (Mention(kind="phone", value="+79120000009"),),
    "call": Call(id="c1", state="ended", talk_s=12, recording="r"),
    "order": Order(id="17", amount="1490.00", currency="RUB", items=(OrderItem(name="дверь"),)),
    "booking": Booking(service="замер", starts_at="2026-03-01T09:00:00.000Z"),
    "campaign": Campaign(utm_source="yandex", yclid="9"),
    "fields": {"this field nobody knows": "2x3"},
    "consents": (Consent(purpose="call", text_version="v7"),),
    "extra": {"from_later": [1, 2]},
}


@pytest.fixture
def fed(tmp_path):
    started = Fed(base(tmp_path / "events.db"))
    yield started
    started.base.recorder.close()


def full(number: int, **more):
    return msgspec.structs.replace(lead(number, ANNA, thread="t"), **{**PARTS, **more})


def ordered(number: int, amount: str, **more):
    return msgspec.structs.replace(
        lead(number, ANNA, **more), order=Order(amount=amount, currency="RUB")
    )


def deal_of(number: int) -> bytes:
    return deal_id(bytes_of(lead(number).lead_id), "sales")


def card(fed) -> dict:
    return Cards(fed.base).show("phone:+79120000001")


def only_deal(fed) -> dict:
    (deal,) = card(fed)["deals"]
    return deal


def history(fed) -> list[dict]:
    return [entry for entry in card(fed)["timeline"] if entry["type"] == "deal"]


@pytest.mark.parametrize("name", sorted(PARTS))
def test_every_part_of_a_lead_is_in_the_timeline(fed, name):
    fed.feed(full(1))
    (touch,) = [entry for entry in card(fed)["timeline"] if entry["type"] == "touch"]
    assert touch[name] == msgspec.to_builtins(PARTS[name])


@pytest.mark.parametrize("where", ["card", "deal"])
@pytest.mark.parametrize("name", ["fields", "campaign", "booking", "order", "consents", "extra"])
def test_what_leads_carry_reaches_the_card_and_the_deal(fed, where, name):
    fed.feed(full(1))
    shown = card(fed) if where == "card" else only_deal(fed)
    assert shown[name] == msgspec.to_builtins(PARTS[name])


def test_a_field_told_again_is_the_later_one_and_others_stay(fed):
    fed.feed(full(1, fields={"size": "2x3", "colour": "белый"}))
    later = "2026-03-01T09:00:00.000Z"
    fed.feed(full(2, fields={"size": "3x4"}, occurred_at=later))
    assert only_deal(fed)["fields"] == {"size": "3x4", "colour": "белый"}


def test_an_order_brings_its_amount_to_the_deal(fed):
    fed.feed(lead(1, ANNA), ordered(2, "990"))
    assert (only_deal(fed)["amount"], only_deal(fed)["currency"]) == ("990", "RUB")


def test_of_two_orders_the_later_one_counts_whichever_came_first(fed):
    fed.feed(ordered(1, "990", at=1_700_000_900), ordered(2, "100"))
    assert only_deal(fed)["amount"] == "990"


def test_an_order_that_is_told_more_about_changes_the_amount(fed):
    fed.feed(ordered(1, "990"), ordered(1, "1200", delivery=1, at=1_700_000_900))
    assert only_deal(fed)["amount"] == "1200"


def test_an_amount_that_a_person_said_outranks_every_order(fed):
    fed.feed(ordered(1, "990"))
    DealCommands(fed.base).enter(deal_of(1), "contract", order("anna"), amount="5000")
    fed.feed(ordered(2, "100", at=1_700_000_900))
    assert only_deal(fed)["amount"] == "5000"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("149 900,50", "149900.50"), ("149\u00a0900", "149900"), (" 0990.5 ", "990.5"), ("0", "0")],
)
def test_an_amount_is_kept_as_a_decimal_number_however_it_is_typed(fed, typed, kept):
    fed.feed(lead(1, ANNA))
    DealCommands(fed.base).enter(deal_of(1), "contract", order("anna"), amount=typed)
    assert only_deal(fed)["amount"] == kept
    DealCommands(fed.base).close(deal_of(1), "won", order("anna"), amount=typed)
    assert history(fed)[-1]["amount"] == kept


@pytest.mark.parametrize(
    "typed", ["-5", "1e3", "1_000", "٣", "149,900", "14 9900", "NaN", " ", "."]
)
def test_what_is_no_amount_is_refused_and_changes_nothing(fed, typed):
    """As `149,900`, which is thousands to some and a fraction to others."""
    fed.feed(lead(1, ANNA))
    commands = DealCommands(fed.base)
    for command in (
        lambda: commands.enter(deal_of(1), "contract", order("anna"), amount=typed),
        lambda: commands.close(deal_of(1), "won", order("anna"), amount=typed),
    ):
        with pytest.raises(WrongCommand, match="no decimal number"):
            command()
    assert [step["what"] for step in history(fed)] == ["opened"]


def test_a_new_amount_at_the_same_stage_enters_no_stage(fed):
    """And the same amount again changes nothing (as every command that changes nothing)."""
    fed.feed(lead(1, ANNA))
    commands = DealCommands(fed.base)
    for amount in ("5000", "5000", "5 000", "6000"):
        commands.enter(deal_of(1), "contract", order("anna"), amount=amount)
    assert [step["what"] for step in history(fed)] == ["opened", "amount", "stage", "amount"]


def test_an_orders_amount_is_what_a_stage_requires(fed):
    fed.feed(lead(1, ANNA))
    commands = DealCommands(fed.base)
    with pytest.raises(CommandRefused, match="amount"):
        commands.enter(deal_of(1), "contract", order("anna"))
    fed.feed(ordered(2, "990"))
    commands.enter(deal_of(1), "contract", order("anna"))
    assert only_deal(fed)["stage"] == "contract"


def test_a_stage_move_has_its_actor_and_both_times(fed):
    fed.feed(lead(1, ANNA))
    by = order("anna", command=decision_id(1), at=1_700_000_100_000)
    DealCommands(fed.base).enter(deal_of(1), "offer", by)
    moved = history(fed)[-1]
    assert (moved["stage"], moved["actor"], moved["at"]) == (
        "offer", "anna", "2023-11-14T22:15:00.000Z",
    )  # fmt: skip
    assert moved["recorded_at"] > "2024"
    assert moved["command"] == decision_id(1)


def test_a_deal_is_opened_when_its_touch_began_whichever_delivery_was_recorded_first(fed):
    fed.feed(lead(1, ANNA, at=1_700_000_900, delivery=1))
    upto = fed.base.recorder.last_position()
    fed.feed(lead(1, ANNA, at=1_700_000_300))
    began, ended = "2023-11-14T22:18:20.000Z", "2023-11-14T22:28:20.000Z"
    deal = DealPages(fed.base, Cards(fed.base)).shown(deal_of(1))
    assert [touch["at"] for touch in deal["timeline"]] == [began]
    assert [entry["at"] for entry in deal["history"]] == [began]
    assert [entry["at"] for entry in history(fed)] == [began]
    of_page = Cards(fed.base).show("phone:+79120000001", window=Window(50))["timeline"]
    assert [entry["at"] for entry in of_page] == [began, began]
    leaf, first = KEYRING.leaf(*ANNA[:2]), bytes_of(lead(1).lead_id)
    known = KnownLead(1_700_000_900_000, first, leaf, deal_of(1), "sales", [leaf], False, True)
    person = KnownPerson(leaf, frozenset([leaf]), [known], {})
    then = PastCards(fed.base).show(person, upto)["timeline"]
    assert [entry["at"] for entry in then] == [ended, ended]


def test_stages_that_a_deal_passed_by_are_told_once(fed):
    fed.feed(lead(1, ANNA))
    commands = DealCommands(fed.base)
    commands.enter(deal_of(1), "measure", order("anna", at=1_700_000_100_000))
    commands.enter(deal_of(1), "contact", order("anna", at=1_700_000_200_000))
    commands.close(deal_of(1), "won", order("anna", at=1_700_000_300_000))
    assert [(entry["what"], entry.get("skipped")) for entry in history(fed)] == [
        ("opened", []),
        ("stage", ["contact"]),
        ("stage", []),
        ("closed", ["offer", "contract"]),
    ]


def test_a_decision_stands_in_the_timeline_with_its_id_until_it_is_undone(fed):
    fed.feed(lead(1, ANNA), lead(2, ("vk", "7", "attested")))
    a, b = (Cards(fed.base).leaf_of(name) for name in ("phone:+79120000001", "vk:7"))
    merged = fed.commands.merge(a, b, order("boris"), reason="the same voice")
    decisions = [entry for entry in card(fed)["timeline"] if entry["type"] == "decision"]
    assert [(d["what"], d["actor"], d["reason"]) for d in decisions] == [
        ("merge", "boris", "the same voice")
    ]
    fed.commands.undo(merged.decision, order("boris"))
    assert [entry["type"] for entry in card(fed)["timeline"]] == ["touch", "deal"]


def test_answers_are_what_somebody_filled_in_and_no_detail_of_a_call(fed):
    asked, told = {"Этаж": "3", "tranid": "1:2"}, {"location": "abonent"}
    fed.feed(full(1, fields=asked), full(2, kind="call", fields=told))
    shown = card(fed)
    assert shown["answers"] == asked
    assert shown["fields"] == asked | told
    fed.feed(msgspec.structs.replace(lead(3, ("phone", "+79120000003", "claimed")), kind="call"))
    assert "answers" not in Cards(fed.base).show("phone:+79120000003")
