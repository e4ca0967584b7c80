"""Currencies are ISO 4217 codes, or nothing."""

import pytest

from channels.sdk.money import currency_code, decimal_text


@pytest.mark.parametrize(("code", "given"), [("RUB", "RUB"), ("RUB", " rub "), ("XTR", "XTR")])
def test_a_code_is_in_capitals(code, given):
    assert currency_code(given) == code


@pytest.mark.parametrize("given", ["", "₽", "RUBLE", "1e3", "РУБ", None, 643, {"id": 643}])
def test_what_is_no_code_is_nothing(given):
    assert currency_code(given) == ""


@pytest.mark.parametrize(
    ("amount", "given"),
    [
        ("12900.50", "12900.50"),
        ("12900.5", 12900.5),
        ("7", 7),
        ("7", " 7 "),
        ("-3", -3),
        ("0", 0.0),
    ],
)
def test_an_amount_is_a_decimal(amount, given):
    assert decimal_text(given) == amount


@pytest.mark.parametrize(
    "given", ["", "12 900", "1e3", "٣٤", "NaN", float("inf"), 10**40, True, None, {}, "7,5"]
)
def test_what_is_no_decimal_is_nothing(given):
    assert decimal_text(given) == ""
