"""Cards from the command line: found, merged by mistake, explained, undone, seen as they were."""

import json
import subprocess
from uuid import uuid5

import pytest
from support.leadlog_up import LEADLOG
from typer.testing import CliRunner

from channels.sdk.ids import NAMESPACE
from leadlog.cli import app
from leadlog.control import OperationFailed


def lead(number: int, *identities: tuple[str, str, str], hour: int, **more) -> str:
    lead_id = str(uuid5(NAMESPACE, f"story {number}"))
    time = f"2026-03-01T{hour:02d}:00:00.000Z"
    found = [{"kind": k, "value": v, "proof": p, "raw": v} for k, v, p in identities]
    return json.dumps(
        {
            "schema": 1, "lead_id": lead_id, "event_id": lead_id, "channel": "webform",
            "account": "site", "kind": "form", "direction": "in", "occurred_at": time,
            "received_at": time, "identities": found, **more,
        },
        ensure_ascii=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def leadlog(tmp_path_factory):
    data = tmp_path_factory.mktemp("cards")

    def call(*words, status=0):
        """In this process; the results, or what is said where `status` is the exit's."""
        done = CliRunner().invoke(app, [*words, "--data", str(data), "--json"])
        if status:
            assert isinstance(done.exception, OperationFailed)
            assert done.exception.status == status
            return str(done.exception)
        assert done.exit_code == 0, done.exception
        return [json.loads(line) for line in done.stdout.splitlines()]

    story = [
        lead(1, ("phone", "+79120000001", "claimed"), ("email", "anna@x.ru", "claimed"), hour=9,
             profile={"name": "Анна"}, from_the_future={"kept": True}),
        lead(2, ("telegram", "77", "attested"), hour=10, text="Сколько стоит?"),
        lead(2, ("telegram", "77", "attested"), hour=10, text="Сколько стоит?"),
        '{"schema": 1',
    ]  # fmt: skip
    (told,) = alone(data, "feed", "-", "--wait", text="\n".join(story))
    assert told == {"appended": 2, "duplicate": 1, "quarantined": 1}
    call.audit = lambda: alone(data, "audit", "--full")
    return call


def alone(data, *words, text=None):
    """In a process of its own: it starts the engine of analytics, once for each process."""
    done = subprocess.run(
        [LEADLOG, *words, "--data", str(data), "--json"],
        input=text, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def ids(cards) -> list[int]:
    return sorted(len(card["leaves"]) for card in cards)


def test_a_card_is_found_by_any_spelling_of_its_phone(leadlog):
    spellings = ("8 (912) 000-00-01", "+7 912 000 00 01", "79120000001", "9120000001")
    found = [leadlog("card", "find", spelling)[0]["name"] for spelling in spellings]
    assert found == ["Анна"] * len(spellings)


def test_a_card_is_found_by_its_name_misspelt_and_in_another_alphabet(leadlog):
    assert [leadlog("card", "find", name)[0]["name"] for name in ("ана", "Anna")] == ["Анна"] * 2
    assert "a name" in leadlog("card", "find", "Кузнецов", status=1)


def test_what_is_not_there_exits_with_one_and_says_what_to_give(leadlog):
    assert "kind:value" in leadlog("card", "find", "+7 999 999 99 99", status=1)


def test_a_merge_by_mistake_is_undone_as_if_it_had_never_been(leadlog):
    before = leadlog("card", "list")
    dry = leadlog("card", "merge", "phone:89120000001", "telegram:77", "--dry-run")[0]
    assert leadlog("card", "list") == before
    merged = leadlog("card", "merge", "phone:89120000001", "telegram:77", "--reason", "oops")[0]
    assert merged["changed"] == dry["changed"] == {"persons": 2, "deals": 1, "leads": 1}
    (together,) = leadlog("card", "list")
    assert [deal["leads"] for deal in together["deals"]] == [together["leads"]]
    explained = leadlog("card", "explain", "email:anna@x.ru", "telegram:77")[0]
    assert explained["together"]
    one = [merged["decision"]], [str(uuid5(NAMESPACE, "story 1"))]
    assert explained["apart_without"] in one, "the merge, or the form that links her e-mail"
    leadlog("card", "undo", merged["decision"])
    assert leadlog("card", "list") == before
    assert leadlog("card", "explain", "phone:89120000001", "telegram:77")[0]["because"] == (
        "no evidence"
    )


def test_a_veto_is_named_when_a_merge_would_cross_it(leadlog):
    veto = leadlog("card", "unmerge", "email:anna@x.ru", "telegram:77")[0]
    refusal = leadlog("card", "merge", "phone:89120000001", "telegram:77", status=1)
    assert veto["decision"] in refusal
    leadlog("card", "undo", veto["decision"])


def test_withdrawn_evidence_parts_a_person_and_its_undo_joins_it(leadlog):
    assert ids(leadlog("card", "list")) == [1, 2]
    withdrawn = leadlog("card", "withdraw", "--rule", "one form")[0]
    assert ids(leadlog("card", "list")) == [1, 1, 1]
    assert ids(leadlog("card", "list", "--with-leads")) == [1, 1]
    leadlog("card", "undo", withdrawn["decision"])
    assert ids(leadlog("card", "list")) == [1, 2]


NINE, TEN = "2026-03-01T09:00:00Z", "2026-03-01T10:00:00Z"
FORM = ("phone:89120000001", "email:anna@x.ru")


@pytest.mark.parametrize(
    ("fits", "not_so"),
    [
        (FORM, ("phone:89120000001", "telegram:77")),
        (FORM[::-1], ("email:anna@x.ru", "telegram:77")),
        (("--rule", "one form"), ("--rule", "own accounts")),
        (("--version", "1"), ("--version", "2")),
        (("--identity", FORM[1]), ("--identity", "telegram:77")),
        (("--from", NINE), ("--from", TEN)),
        (("--to", TEN), ("--to", NINE)),
        (("--from", NINE, "--to", TEN), ("--from", TEN, "--to", NINE)),
        (("--rule", "one form", *FORM), ("--rule", "one form", "--version", "2", *FORM)),
    ],
)
def test_each_condition_of_a_withdrawal_selects_by_what_it_says(leadlog, fits, not_so):
    (told,) = leadlog("card", "withdraw", *fits, "--dry-run")
    assert told["changed"]["persons"] == 2
    assert "no evidence fits" in leadlog("card", "withdraw", *not_so, "--dry-run", status=1)


def test_a_card_is_shown_as_it_was_known(leadlog):
    (marked,) = leadlog("card", "share", "email:anna@x.ru")
    now = leadlog("card", "show", "phone:89120000001")[0]
    assert [leaf["value"] for leaf in now["leaves"]] == ["+79120000001"]
    then = leadlog("card", "show", "phone:89120000001", "--at", "3")[0]
    assert {leaf["value"] for leaf in then["leaves"]} == {"+79120000001", "anna@x.ru"}
    leadlog("card", "undo", marked["decision"])


def test_a_deal_is_given_to_somebody_with_a_note(leadlog):
    (card,) = leadlog("card", "show", "telegram:77")
    deal = card["deals"][0]["id"]
    leadlog("deal", "own", deal, "vera", "--as", "anna")
    leadlog("deal", "note", deal, "Перезвонить в среду", "--as", "anna")
    (shown,) = leadlog("deal", "show", deal)
    assert shown["owner"] == "vera"
    told = [(step["what"], step["actor"], step.get("text")) for step in shown["history"][-2:]]
    assert told == [("owner", "anna", None), ("note", "anna", "Перезвонить в среду")]


def test_the_audit_holds_after_all_of_it(leadlog):
    (told,) = leadlog.audit()
    assert told["ok"]
    assert told["deliveries"] == {"accepted": 2, "ignored": 0, "quarantined": 1, "duplicate": 1}
    assert told["leads"] == {"log": 2, "events": 2, "analytics": 2}
