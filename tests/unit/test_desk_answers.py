"""What a form asked stands apart from what its builder adds; nothing of either is lost."""

import pytest

from projections.desk.answers import answers, machinery
from projections.desk.card_names import CardNames
from projections.desk.timeline import card_values

FIELDS = {"tranid": "1:2", "Formid": "form7", "_wpcf7": "5", "Этаж": "3", "formname": "Замер"}
TOUCH = {"type": "touch", "lead": "l", "kind": "form", "fields": FIELDS}
CARD = {
    "timeline": [TOUCH], "leaves": [], "decisions": [], "deals": [], "versions": {}, "older": None,
    "answers": FIELDS,
}  # fmt: skip


def told(entry: dict) -> dict:
    (shown,) = card_values({**CARD, "timeline": [entry]}, {"links": []})["timeline"]
    return shown


def test_ids_of_a_forms_builder_are_no_answers_and_not_lost():
    assert answers(FIELDS) == {"Этаж": "3", "formname": "Замер"}
    assert answers(FIELDS) | machinery(FIELDS) == FIELDS
    assert card_values(CARD, {"links": []})["answers"] == [("formname", "Замер"), ("Этаж", "3")]


def test_a_touch_shows_answers_and_folds_the_rest():
    assert (told(TOUCH)["filled_in"], told(TOUCH)["folded"]) == (answers(FIELDS), machinery(FIELDS))


@pytest.mark.parametrize("kind", ["call", "message", "comment"])
def test_of_what_nobody_filled_in_all_is_folded(kind):
    shown = told({**TOUCH, "kind": kind})
    assert (shown["filled_in"], shown["folded"]) == ({}, FIELDS)


def test_other_entries_are_shown_as_they_are():
    assert told({"type": "deal", "what": "opened"}) == {"type": "deal", "what": "opened"}


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ({"line": "74950000100", "extension": "21", "talk_s": 68},
         "линия +7 495 000-01-00 · добавочный 21 · разговор 1:08"),
        ({"line": "sip/office", "talk_s": 0}, "линия sip/office"),
        ({"line": "", "talk_s": None}, ""),
    ],
)  # fmt: skip
def test_a_call_is_told_in_words(call, told):
    assert CardNames("ru").call(call) == told
