"""Every text of the pages is in the catalogue, and the catalogue has no other."""

import re
from importlib import resources

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

FOLDER = resources.files("projections")
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
HOLE = r"%\(\w+\)s"
MENU = {"Overview", "Cards", "Review", "Numbers"}


def sources():
    found = extract_from_dir(str(FOLDER / "desk"), method_map=METHODS)
    return {message for _, _, message, _, _ in found} | MENU


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
