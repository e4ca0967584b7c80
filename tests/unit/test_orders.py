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


def test_a_command_id_that_is_none_is_refused():
    with pytest.raises(ValueError, match="give a UUID"):
        order("anna", command="12")
