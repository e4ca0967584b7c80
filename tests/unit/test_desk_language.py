"""Every text of the pages is in the catalogue, and the catalogue has no other."""

import ast
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from eventstore.domain.pipeline import SALES, Pipeline, Stage
from eventstore.said import said
from projections.desk.card_names import CardNames
from projections.desk.names import Names
from projections.desk.rendering import render
from projections.funnel.result import steps_of

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
    own = {(context, message) for _, _, message, _, context in found}
    return own | {(None, message) for message in (*MENU, *refusals)}


def catalogue():
    text = (FOLDER / "locale" / "ru" / "LC_MESSAGES" / "leadlog.po").open("rb")
    with text:
        return {(message.context, message.id): message for message in read_po(text) if message.id}


def test_every_text_has_its_translation():
    assert sources() - set(catalogue()) == set()


def test_no_translation_is_left_of_a_text_that_is_gone():
    assert set(catalogue()) - sources() == set()


def test_translations_are_there_and_have_the_same_holes():
    for (_, text), message in catalogue().items():
        source = text if isinstance(text, str) else text[0]
        told = message.string if isinstance(text, tuple) else (message.string,)
        assert all(told), text
        for one in told:
            assert set(re.findall(HOLE, source)) == set(re.findall(HOLE, one)), text


@pytest.mark.parametrize(("language", "told"), [("en", "Won Won"), ("ru", "Выиграно Выиграна")])
def test_a_step_of_the_funnel_and_a_deal_are_won_each_in_its_own_form(language, told):
    names = CardNames(language)
    assert f"{names.stage_named('won', '')} {names.deal_status('won')}" == told


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


REASONS = [EVENTSTORE / "likeness" / "reasons.py", EVENTSTORE / "suggestions.py"]
"""Where the reasons of the review queue are said."""
NO_REASONS = {"Lookalike | None", "card unshare", "card share"}
"""A type and two commands."""


def words_of(file: Path) -> Iterator[tuple[str, bool]]:
    """Each text of some words, but docstrings, and whether it is one that is said."""
    tree = ast.parse(file.read_text("utf-8"))
    saying = {
        id(node.args[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "said"
    }
    nodes = list(ast.walk(tree))
    plain = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        text = node.value if isinstance(node, ast.Constant) and id(node) not in plain else None
        if isinstance(text, str) and " " in text and text not in NO_REASONS:
            yield text, id(node) in saying


@pytest.mark.parametrize("file", REASONS, ids=lambda file: file.name)
def test_no_reason_of_the_review_queue_reaches_a_russian_page_in_english(file):
    found = list(words_of(file))
    assert len(found) >= 7
    assert [text for text, is_said in found if not is_said] == []
    holes = {"field": "город", "by": "0.9", "kind": "email", "count": "5", "limit": "2"}
    for text, _ in found:
        told = Names("ru").said(said(text, **holes))
        assert not re.search("[A-Za-z]", told), text


@pytest.mark.parametrize(
    ("field", "told"), [("username", "имя пользователя"), ("city", "город"), ("Этаж", "Этаж")]
)
def test_a_reason_names_the_field_in_the_language_of_the_page(field, told):
    reason = said("the same %(field)s", field=field)
    assert Names("ru").said(reason) == f"совпадает: {told}"


@pytest.mark.parametrize(
    ("configured", "told"),
    [("", "Контакт"), ("contact", "Контакт"), ("Contact", "Контакт"), ("Call", "Call")],
)
def test_a_stage_has_one_name_on_all_pages(configured, told):
    pipeline = Pipeline(id="p", name="", stages=(Stage("unsorted"), Stage("contact", configured)))
    named = CardNames("ru")
    assert named.stage("contact", pipeline) == told
    (step,) = steps_of([("contact", configured or "contact")], [1])
    assert named.step(step) == told
    moved = {"what": "stage", "stage": "contact"}
    assert f"«{told}»" in named.deal_event(moved, pipeline)


@pytest.mark.parametrize(
    ("language", "cursor", "told"),
    [
        ("ru", "50.1.ab", "больше 50 записей на проверку"),
        ("ru", None, "50 записей на проверку"),
        ("en", "50.1.ab", "more than 50 to look at"), ("en", None, "50 to look at"),
    ],
)  # fmt: skip
def test_the_review_page_says_how_many_there_are_or_that_there_are_more(language, cursor, told):
    page = review_page(language, next=cursor, total=50)
    (head,) = re.findall('<p class="state">(.*?)</p>', page)
    assert head.partition(" · ")[0] == told


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ("inna.p+tag@xn--e1afmkfd.xn--p1ai", "inna.p+tag@пример.рф"),
        ("anna@mail.ru", "anna@mail.ru"), ("anna@xn--a.ru", "anna@xn--a.ru"), ("anna", "anna"),
    ],
)  # fmt: skip
def test_an_address_is_shown_with_the_letters_of_its_domain(kept, told):
    assert CardNames("ru").identity("email", kept) == told


@pytest.mark.parametrize("language", ["ru", "en"])
def test_no_score_of_the_review_page_reads_as_certain(language):
    sides = {side: {"person": side, "name": "", "identity": f"vk:{side}"} for side in "ab"}
    item = {"id": "1", "n": 1, "kind": "alike", "score": 0.999, "reasons": [], **sides}
    page = review_page(language, items=[item])
    assert "99" in page
    assert "100%" not in page.replace("\xa0", "")


def review_page(language, **more):
    given = {
        "items": [], "owners": [], "which": {}, "next": None, "total": 1, "version": 1,
        "done": None, "new_command": str,
        "menu": [], "here": "/review", "company": "", "signed_in": False,
        "switch": {"en": "?", "ru": "?"}, "pipeline_of": {SALES.id: SALES},
    }  # fmt: skip
    return render(language, "review.html", **{**given, **more})
