"""Amounts that providers give in minor units (kopecks, cents), as decimal text; currencies."""

import re

_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,8})?")
_CODE = re.compile(r"[A-Z]{3}")
_NO_MINOR_UNIT = frozenset({"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "PYG", "RWF"}) | {
    "UGX",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
    "XTR",
}
_THOUSANDTHS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
"""ISO 4217 where it is not 2; XTR are Telegram's stars."""


def from_minor(units: int | None, currency: str = "", *, exponent: int | None = None) -> str:
    """149900 kopecks are `1499.00`; empty where there is no amount."""
    if units is None:
        return ""
    places = _exponent(currency.upper()) if exponent is None else exponent
    digits = f"{abs(units):0{places + 1}d}"
    whole, part = (digits[:-places], "." + digits[-places:]) if places else (digits, "")
    return f"{'-' if units < 0 else ''}{whole}{part}"


def decimal_text(value: object) -> str:
    """An amount given as a number or as digits with a point; empty for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return ""
    text = f"{value:.6f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return text.strip() if _DECIMAL.fullmatch(text.strip()) else ""


def currency_code(value: object) -> str:
    """An ISO 4217 code in capitals; empty for anything else."""
    code = value.strip().upper() if isinstance(value, str) else ""
    return code if _CODE.fullmatch(code) else ""


def _exponent(currency: str) -> int:
    return 0 if currency in _NO_MINOR_UNIT else 3 if currency in _THOUSANDTHS else 2
