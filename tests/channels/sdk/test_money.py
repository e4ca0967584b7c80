"""Currencies are ISO 4217 codes, or nothing."""

import pytest

from channels.sdk.money import currency_code


@pytest.mark.parametrize(("code", "given"), [("RUB", "RUB"), ("RUB", " rub "), ("XTR", "XTR")])
def test_a_code_is_in_capitals(code, given):
    assert currency_code(given) == code


@pytest.mark.parametrize("given", ["", "₽", "RUBLE", "1e3", "РУБ", None, 643, {"id": 643}])
def test_what_is_no_code_is_nothing(given):
    assert currency_code(given) == ""
