"""Manifests and recordings: what is wrong in them is named with its file."""

import json
import sys
from types import ModuleType

import pytest

from channels.sdk.adapter import WebhookAdapter
from channels.sdk.testing import BadRecording, read_recordings
from channels.sdk.testing.manifest import Manifest, Reason, read_manifest
from channels.sdk.testing.rule import Rule, Subject
from channels.sdk.testing.verdict import Status, Verdict, grade, judge
from leadlog.lab.check import ALL_RULES

GOOD = {
    "account": {"type": "acme", "name": "shop"},
    "request": {"body": "{}", "received_at": "2026-02-01T10:00:00Z"},
    "expect": {"outcome": "accepted"},
}


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """The adapter of a module in a folder of its own, which the test fills."""
    module = ModuleType("acme_adapter")
    module.__file__ = str(tmp_path / "acme_adapter.py")
    monkeypatch.setitem(sys.modules, "acme_adapter", module)
    (tmp_path / "recordings").mkdir()
    names = {"account_type": "acme", "channel": "acme", "__module__": "acme_adapter"}
    return type("Acme", (WebhookAdapter,), names)


@pytest.fixture
def record(tmp_path):
    def write(name="acme_lead", **changes):
        told = {**GOOD, **changes}
        (tmp_path / "recordings" / f"{name}.json").write_text(json.dumps(told))

    return write


def declared(tmp_path, adapter, text):
    (tmp_path / "manifest.toml").write_text(text)
    return read_manifest(adapter, frozenset({"keeps-its-ids"}))


def test_a_recording_is_named_after_its_kind(acme, record):
    record("acme_lead")
    (recording,) = read_recordings(acme)
    assert (recording.name, recording.kind) == ("acme_lead", "lead")


def test_recordings_of_other_types_are_left_alone(acme, record):
    record("acme_pro_lead", account={"type": "acme_pro"})
    record("acme_lead")
    assert [one.name for one in read_recordings(acme)] == ["acme_lead"]


@pytest.mark.parametrize(
    ("fault", "changes"),
    [
        ("account.type is missing", {"account": {}}),
        ("expect.outcome", {"expect": {}}),
        ("expect.outcome", {"expect": {"outcome": "taken"}}),
        ("received_at", {"request": {"received_at": "yesterday"}}),
        ("unknown field `expected`", {"expected": {}}),
        ("keyed_by", {"keyed_by": "luck"}),
    ],
)
def test_a_broken_recording_is_named(acme, record, fault, changes):
    record(**changes)
    with pytest.raises(BadRecording, match=r"acme_lead\.json.*" + fault.replace(".", r"\.")):
        read_recordings(acme)


def test_without_a_manifest_nothing_is_said(acme):
    assert read_manifest(acme, frozenset()) == Manifest(title="acme")


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("no rule is called keeps-its-id", '[acme.rules]\nkeeps-its-id = "done"\n'),
        ('say "done"', '[acme.rules]\nkeeps-its-ids = { todo = "a", exempt = "b" }\n'),
        ('say "done"', "[acme.rules]\nkeeps-its-ids = {}\n"),
        ("Invalid enum value 'yes'", '[acme.rules]\nkeeps-its-ids = "yes"\n'),
        ("unknown field `tilte`", '[acme]\ntilte = "Acme"\n'),
        ("Expected", "[acme\n"),
    ],
)
def test_a_broken_manifest_is_named(tmp_path, acme, fault, text):
    with pytest.raises(BadRecording, match=r"manifest\.toml \[acme\]: .*" + fault):
        declared(tmp_path, acme, text)


# --- what a manifest changes in a verdict ---


def verdict(rule, *, rules=None, word="lead", faults=("wrong",)):
    def find(subject):
        yield from faults

    subject = Subject(adapter=None, recordings=(), door=None, manifest=Manifest(rules=rules or {}))
    return judge(Rule(rule, word, "It holds.", find), subject)


def test_a_rule_that_nobody_speaks_of_must_hold():
    assert verdict("keeps-its-ids").status is Status.FAILS
    assert verdict("keeps-its-ids", faults=()).status is Status.DONE


def test_an_exempt_rule_is_not_tried():
    said = verdict("keeps-its-ids", rules={"keeps-its-ids": Reason(exempt="no ids")})
    assert (said.status, said.reasons) == (Status.EXEMPT, ("no ids",))


def test_a_rule_to_be_done_may_fail():
    said = verdict("keeps-its-ids", rules={"keeps-its-ids": Reason(todo="soon")})
    assert (said.status, said.reasons) == (Status.TODO, ("soon", "wrong"))


def test_a_rule_to_be_done_that_holds_fails_so_that_somebody_says_so():
    said = verdict("keeps-its-ids", rules={"keeps-its-ids": Reason(todo="soon")}, faults=())
    assert said.status is Status.FAILS


def test_what_cannot_be_measured_is_believed():
    said = {"was-seen-live": "done"}
    assert verdict("was-seen-live", rules=said, word="care").status is Status.DONE
    assert verdict("was-seen-live", word="care").status is Status.TODO


def test_care_that_nobody_claims_is_to_be_done_and_claimed_care_must_hold():
    assert verdict("has-a-page", word="care").status is Status.TODO
    assert verdict("has-a-page", word="care", rules={"has-a-page": "done"}).status is Status.FAILS


def test_a_rule_that_breaks_is_a_fault():
    def find(subject):
        yield from {}["x"]

    subject = Subject(adapter=None, recordings=(), door=None)
    said = judge(Rule("keeps-its-ids", "lead", "It holds.", find), subject)
    assert (said.status, said.reasons) == (Status.FAILS, ("it cannot be tried: KeyError: 'x'",))


@pytest.mark.parametrize(
    ("expected", "rule", "status"),
    [
        ("none", "keeps-its-ids", Status.FAILS),
        ("none", "keeps-its-ids", Status.TODO),
        ("bronze", "has-a-page", Status.TODO),
        ("silver", "was-seen-live", Status.TODO),
        ("gold", "was-seen-live", Status.EXEMPT),
    ],
)
def test_the_grade_is_that_of_the_worst_rule(expected, rule, status):
    others = [Verdict(one, Status.DONE) for one in ALL_RULES if one.name != rule]
    (found,) = [one for one in ALL_RULES if one.name == rule]
    assert grade([*others, Verdict(found, status)]) == expected
