"""Every text of the pages is in the catalogue, and the catalogue has no other."""

import ast
import re
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from eventstore.said import said
from projections.desk.names import Names

FOLDER = resources.files("projections")
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
HOLE = r"%\(\w+\)s"
SAYING = [FOLDER, *map(resources.files, ("eventstore", "leadlog"))]
"""Where refusals are said (eventstore.said) that a page may have to tell."""
MENU = {"Overview", "Cards", "Review", "Numbers"}


def sources():
    found = extract_from_dir(str(FOLDER / "desk"), method_map=METHODS)
    refusals = [
        message
        for folder in SAYING
        for _, _, message, _, _ in extract_from_dir(
            str(folder), [("**.py", "python")], keywords={"said": None}
        )
    ]
    return {message for _, _, message, _, _ in found} | MENU | set(refusals)


def catalogue():
    text = (FOLDER / "locale" / "ru" / "LC_MESSAGES" / "leadlog.po").open("rb")
    with text:
        return {message.id: message for message in read_po(text) if message.id}


def test_every_text_has_its_translation():
    assert sources() - set(catalogue()) == set()


def test_no_translation_is_left_of_a_text_that_is_gone():
    assert set(catalogue()) - sources() == set()


def test_translations_are_there_and_have_the_same_holes():
    for text, message in catalogue().items():
        source = text if isinstance(text, str) else text[0]
        told = message.string if isinstance(text, tuple) else (message.string,)
        assert all(told), text
        for one in told:
            assert set(re.findall(HOLE, source)) == set(re.findall(HOLE, one)), text


REFUSALS = {"CommandRefused", "NotThere", "WrongArguments", "OperationFailed"}
EVENTSTORE, LEADLOG = (Path(str(resources.files(name))) for name in ("eventstore", "leadlog"))
SAID_BY = [
    *EVENTSTORE.glob("*.py"),
    *(LEADLOG / f"{name}_operations.py" for name in ("card", "deal", "reply", "outbox")),
    *Path(str(FOLDER), "desk").glob("*.py"),
]


def test_every_refusal_is_said_so_that_a_page_can_tell_it_in_its_language():
    """A text that is put together on the spot cannot be translated (eventstore.said)."""
    plain = [
        f"{file}:{node.lineno}"
        for file in SAID_BY
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in REFUSALS
        if node.args and isinstance(node.args[0], ast.Constant | ast.JoinedStr)
    ]
    assert plain == []


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "stage 'Offer' needs: amount, size"),
        ("ru", "Для этапа «Предложение» нужно указать: сумма, size"),
    ],
)
def test_a_refusal_is_told_in_the_language_of_the_page(language, told):
    refusal = said("stage '%(stage)s' needs: %(fields)s", stage="offer", fields=["amount", "size"])
    assert refusal == "stage 'offer' needs: amount, size"
    names = Names(language)
    assert names.said(refusal) == told
    assert names.said("not in the catalogue") == "not in the catalogue"
