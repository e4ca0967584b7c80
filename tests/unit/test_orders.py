"""Who commands, under which id, and when."""

import pytest

from eventstore.orders import order


@pytest.mark.parametrize("at", ["2026-01-01", 1.5, True, -1, 10**15, [0]])
def test_a_time_that_is_none_is_refused_before_anything_is_recorded(at):
    with pytest.raises(ValueError, match="milliseconds since 1970"):
        order("anna", at=at)


@pytest.mark.parametrize("at", [0, 1_750_000_000_000, 253_402_300_799_999])
def test_a_time_is_kept_as_it_was_said(at):
    assert order("anna", at=at).at == at


def test_any_text_is_an_id_of_a_command_and_always_the_same():
    assert order("anna", command="12").command == order("igor", command=" 12 ").command
    assert order("anna", command="12").command != order("anna", command="13").command
