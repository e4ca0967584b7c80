"""Every adapter of ours holds what the lab asks, but for what its manifest says is still to do."""

import pytest

from channels.registry import BUILT_IN, adapter_class
from channels.sdk.testing.manifest import Reason, read_manifest
from channels.sdk.testing.rules import NAMES
from channels.sdk.testing.verdict import Status
from leadlog.lab.check import check

_TRIES = 10
"""The families' own tests spoil their samples harder."""


@pytest.mark.parametrize("account_type", BUILT_IN)
def test_no_rule_fails(account_type):
    verdicts = check(account_type, tries=_TRIES).verdicts
    assert {v.rule.name: v.reasons for v in verdicts if v.status is Status.FAILS} == {}


@pytest.mark.parametrize("account_type", BUILT_IN)
def test_it_has_a_page_and_a_recording_of_each_kind(account_type):
    verdicts = check(account_type, only=["has-a-page", "records-each-kind"]).verdicts
    assert [(v.status, v.reasons) for v in verdicts] == [(Status.DONE, ())] * 2


@pytest.mark.parametrize("account_type", BUILT_IN)
def test_its_manifest_speaks_of_each_rule_that_cannot_be_measured(account_type):
    said = read_manifest(adapter_class(account_type), NAMES).rules
    assert {"answers-customers", "fetches-what-it-missed", "was-seen-live"} <= set(said)


@pytest.mark.parametrize("account_type", BUILT_IN)
def test_a_rule_is_exempt_for_a_reason(account_type):
    said = read_manifest(adapter_class(account_type), NAMES).rules.values()
    reasons = [one.exempt or one.todo for one in said if isinstance(one, Reason)]
    assert [reason for reason in reasons if len(reason) < 15] == []
