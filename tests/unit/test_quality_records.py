"""Records without identities, found by likeness: the same in memory and asked of a store."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from leadlog.quality.febrl import Records, Watch, in_memory, linked, through_the_store, true_pairs

HOME = {"street_number": "12", "suburb": "northcote", "postcode": "3070", "state": "vic"}
PEOPLE = [
    ({"given_name": "georgia", "surname": "wetherall", "date_of_birth": "19740508"}, "1"),
    ({"given_name": "gorgia", "surname": "wetherall", "date_of_birth": "19740508"}, "1"),
    ({"given_name": "liam", "surname": "oconnell", "date_of_birth": "19820117"}, "2"),
    ({"given_name": "oconnell", "surname": "liam", "date_of_birth": "19820171"}, "2"),
    ({"given_name": "mia", "surname": "brack", "date_of_birth": "19951230"}, "3"),
]
RECORDS = Records([{**HOME, **row} for row, _ in PEOPLE], [who for _, who in PEOPLE])


def silent(_what: str, _done: int, _of: int) -> None:
    """No progress is told."""


def test_misspelt_and_exchanged_names_are_found_and_neighbours_are_not():
    found = in_memory(RECORDS)
    assert (found.precision, found.recall, found.f1) == (1, 1, 1)


def test_the_store_gives_the_same_pairs(tmp_path):
    stored, memory = through_the_store(RECORDS, tmp_path, silent), in_memory(RECORDS)
    assert stored[:3] == memory[:3]


def test_pairs_are_counted_once_whatever_their_order():
    watch = Watch()
    watch.stop()
    found = linked(RECORDS, [(0, 1), (1, 0), (2, 4)], watch)
    assert true_pairs(RECORDS.who) == 2
    assert (found.precision, found.recall) == (0.5, 0.5)


@pytest.mark.skipif(find_spec("recordlinkage") is not None, reason="the extra is installed here")
def test_without_its_packages_the_command_says_what_to_do():
    command = [sys.executable, "-c", "from leadlog.cli import main; main()", "quality", "febrl3"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "make quality" in done.stderr
