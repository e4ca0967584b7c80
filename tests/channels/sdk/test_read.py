"""Forms in any charset; values of JSON as texts, whatever they are."""

import pytest

from channels.sdk.read import as_size, as_text, read_json, read_pairs


def nested(depth, kind):
    value = "x"
    for _ in range(depth):
        value = [value] if kind is list else {"a": value}
    return value


@pytest.mark.parametrize("depth", [1, 500, 900, 5000])
def test_the_text_of_deeply_nested_lists_is_that_of_what_they_hold(depth):
    assert as_text(nested(depth, list)) == "x"


def test_as_deep_as_json_is_read_it_has_a_text():
    assert as_text(read_json(b"[" * 900 + b"1,2" + b"]" * 900)) == "1, 2"


def test_an_object_too_deep_for_a_text_says_that_something_was_there():
    assert as_text(nested(5000, dict)) == "{…}"


def test_lists_within_lists_keep_their_order_and_their_gaps():
    assert as_text([["a", [1, None]], [], True, {"b": 2}]) == 'a, 1, , , true, {"b":2}'


@pytest.mark.parametrize(
    ("size", "value"), [(0, 0), (7, "7"), (None, -1), (None, 2**63), (None, "big"), (None, None)]
)
def test_a_size_is_one_that_every_store_can_hold(size, value):
    assert as_size(value) == size


@pytest.mark.parametrize("charset", ["utf-8", "windows-1251", "koi8-r"])
def test_letters_in_a_form_need_not_be_encoded(charset):
    query = "имя=Инна+К&a=%D0&b".encode(charset)
    assert read_pairs(query, charset=charset)[0] == ("имя", "Инна К")


@pytest.mark.parametrize("charset", ["utf-16", "utf-32", "cp037"])
def test_a_form_in_a_charset_that_has_no_ascii_is_cut_into_pairs_all_the_same(charset):
    assert [name for name, _ in read_pairs(b"a=1&b=%32", charset=charset)] == ["a", "b"]
