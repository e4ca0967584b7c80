"""The lab finds nothing wrong with a sound adapter, and in a faulty one the fault, by name."""

import importlib.util
import sys
from pathlib import Path

import pytest

from channels.sdk.testing.verdict import Status
from leadlog.lab.check import ALL_RULES, check_adapter

_FILE = Path(__file__).parent / "orchard.py"


def _loaded():
    """The module beside this one, which no package holds."""
    name = "made_up_orchard"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, _FILE)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


ORCHARD = _loaded()


def failing(report):
    return {v.rule.name: v.reasons for v in report.verdicts if v.status is Status.FAILS}


@pytest.fixture(scope="module")
def sound():
    return check_adapter(ORCHARD.Orchard)


def test_a_sound_adapter_fails_no_rule(sound):
    assert failing(sound) == {}


def test_there_is_something_to_try_every_rule_on(sound):
    assert [v.rule.name for v in sound.verdicts if v.status is Status.NOTHING] == []


@pytest.mark.parametrize(("adapter", "rule"), ORCHARD.FAULTS)
def test_each_fault_is_caught_by_its_name(adapter, rule):
    assert rule in failing(check_adapter(adapter, only=[rule]))


def test_for_every_rule_there_is_a_fault_that_it_catches():
    caught = {rule for _, rule in ORCHARD.FAULTS}
    measured = {rule.name for rule in ALL_RULES if rule.word != "care"}
    assert measured - ORCHARD.OF_THE_GATEWAY == caught
