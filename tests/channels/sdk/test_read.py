"""Values of JSON as texts, whatever they are."""

import pytest

from channels.sdk.read import as_size, as_text, read_json


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
