"""The measures of who is who, on cases that can be counted by hand."""

import pytest

from leadlog.quality.measures import measure

TRUTH = {"a": 1, "b": 1, "c": 2, "d": 2}


def test_the_truth_itself_is_perfect():
    found = measure(TRUTH, TRUTH)
    assert found[:7] == (1, 1, 1, 1, 1, 1, 1)
    assert found[7:] == (2, 0, 0, 0)


def test_everything_together_has_full_recall_and_counts_one_wrong_person():
    found = measure(dict.fromkeys(TRUTH, "x"), TRUTH)
    assert (found.precision, found.recall) == (pytest.approx(2 / 6), 1)
    assert (found.b3_precision, found.b3_recall) == (pytest.approx(0.5), 1)
    assert (found.persons, found.over, found.split) == (1, 1, 0)


def test_everything_apart_has_full_precision_and_splits_everybody():
    found = measure({lead: lead for lead in TRUTH}, TRUTH)
    assert (found.precision, found.recall, found.f1) == (1, 0, 0)
    assert (found.b3_recall, found.split) == (pytest.approx(0.5), 2)


def test_the_card_of_a_shared_identity_puts_nobody_together():
    found = measure({"a": "x", "b": "x", "c": "x", "d": "y"}, TRUTH, on_shared={"c"})
    assert (found.precision, found.apart) == (pytest.approx(1 / 3), 1)
    assert (found.over, found.over_on_shared) == (1, 1)


def test_bots_are_no_pairs_but_a_person_with_one_is_wrong():
    found = measure({"a": "x", "b": "x", "bot": "x"}, {"a": 1, "b": 1, "bot": -1})
    assert (found.precision, found.recall, found.over) == (1, 1, 1)


def test_persons_of_other_leads_than_the_truth_are_refused():
    with pytest.raises(ValueError, match="same leads"):
        measure({"a": "x"}, TRUTH)
