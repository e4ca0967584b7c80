"""Every fault point stands in the code once it has a name, and the crash suite kills there."""

import re
from pathlib import Path

import pytest
from chaos.points import DISTRIBUTED, EMBEDDED

from eventstore.faults import POINTS, read

ROOT = Path(__file__).parents[2]
CODE = [
    path
    for folder in ("channels", "eventstore", "ingest", "projections")
    for path in (ROOT / folder).rglob("*.py")
]


def test_every_point_stands_in_the_code_and_every_one_there_has_its_meaning_told():
    used = {
        name for path in CODE for name in re.findall(r'faultpoint\("([^"]+)"\)', path.read_text())
    }
    assert used == POINTS


def test_the_crash_suite_kills_at_every_point():
    assert DISTRIBUTED == POINTS
    assert EMBEDDED < POINTS


def test_a_fault_is_a_point_the_number_of_its_pass_and_an_act():
    assert read("") == ("", 0, "")
    assert read("store.after_commit:3:freeze") == ("store.after_commit", 3, "freeze")


@pytest.mark.parametrize(
    "told",
    ["store.after_commit", "store.after_comit:1:kill", "store.after_commit:0:kill",
     "store.after_commit:x:kill", "store.after_commit:1:explode"],
)  # fmt: skip
def test_what_would_never_act_is_refused(told):
    with pytest.raises(ValueError, match="name:nth:act"):
        read(told)
