"""Which spellings of a name are one, and how alike others are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.inbox.alike import alike
from projections.inbox.spelling import folded, grams, words

ANY_TEXT = st.text(max_size=300)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Наталья Семёнова", "SEMENOVA  Natalia"),
        ("Наталья", "Наталия"),
        ("Семён Щербаков", "Semyon Shcherbakov"),
        ("Юлия", "Yuliya"),
        ("Юлия", "Julia"),
        ("Дмитрий", "Dmitry"),
        ("Евгений", "Yevgeniy"),
        ("Михаил Хабаров", "Mikhail Khabarov"),
        ("Алексей Цветков", "Alexey Tsvetkov"),
        ("Ксения", "Xenia"),
        ("Пётр Воробьёв", "Pyotr Vorobyov"),
        ("О'Нил", "ОНил"),
        ("ﬁlip", "Filip"),
        ("Анна-Мария", "мария анна"),
    ],
)
def test_spellings_of_one_name_are_one(one, other):
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("Анна", "Инна"), ("Олег", "Ольга"), ("Яна", "Ян")])
def test_different_names_stay_different(one, other):
    assert folded(one) != folded(other)


@given(ANY_TEXT)
def test_any_text_is_folded_to_little(text):
    assert len(folded(text)) <= 8 * 33
    assert folded(text).split() == sorted(words(text))


@given(ANY_TEXT)
def test_pieces_are_of_three_letters_and_of_the_words(text):
    found = words(text)
    assert {len(piece) for piece in grams(found)} <= {3}
    assert len(grams(found)) <= sum(len(word) + 1 for word in found)


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("Анна", "Анна", "Анна Петрова"),
        ("Петр", "Петрова Анна", "Анна Сидорова"),
        ("Смирнва", "Смирнова", "Семёнова"),
        ("Смирнова Ольга", "Ольга Смирнова", "Олег Смирнов"),
        ("Ольга Смирнва", "Ольга Смирнова", "Ольга Васильева"),
    ],
)
def test_the_name_that_is_meant_is_the_more_alike(query, better, worse):
    asked = words(query)
    assert alike(asked, words(better)) > alike(asked, words(worse))


def test_the_same_name_is_alike_in_full():
    assert alike(words("Анна Петрова"), words("petrova anna")) == 1000
