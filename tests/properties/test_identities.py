"""Identities from any spelling: the same person is the same text, and nonsense is nobody."""

import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from channels.sdk import phones
from channels.sdk.identities import normalise, normalise_email
from channels.sdk.phones import parse_phone
from leadlog.phone_spellings import SPELLINGS

MARKS = " -()\u00a0"
PREFIXES = ["", "7", "8", "+7", "+8", "+", "77", "0"]
national = st.from_regex(r"9[0-9]{9}", fullmatch=True)
digits = national | st.text("0123456789", min_size=8, max_size=12)


@st.composite
def short_cuts(draw):
    """What the short cut takes and what is near it: a prefix, digits, marks between them."""
    text = draw(st.sampled_from(PREFIXES)) + draw(digits)
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(text.startswith("+"), len(text)))
        text = text[:place] + draw(st.sampled_from(MARKS)) + text[place:]
    return text


def by_library(raw, country):
    """As the library has it, without what leadlog adds to that."""
    number = phonenumbers.parse(raw, country)
    assert phonenumbers.is_possible_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@given(short_cuts(), st.sampled_from(["RU", "KZ", "US", "DE", "ZZ"]))
def test_with_the_short_cut_and_without_it_is_the_same(raw, country):
    assert parse_phone(raw, country) == phones._by_library(raw, country)


@st.composite
def mobiles(draw):
    prefix = draw(st.sampled_from(["", "7", "8", "+7"]))
    marks = draw(st.lists(st.sampled_from(["", *MARKS]), min_size=10, max_size=10))
    return prefix + "".join(map("".join, zip(marks, draw(national), strict=True)))


@given(mobiles())
@example("+7\u00a0(912) 345-67-89")
@example("8 912 3456789")
def test_a_mobile_number_is_what_the_library_says(raw):
    assert parse_phone(raw).value == by_library(raw, "RU")


@given(st.text(alphabet=f"0123456789+{MARKS}доб.extwtel:;,/#*@AnoymusИ\n", max_size=40))
def test_any_text_is_a_number_that_can_be_dialled_or_nobody(raw):
    number = parse_phone(raw)
    if number is not None:
        assert parse_phone(number.value) == phones.Phone(number.value)
        assert normalise("phone", number.value) == number.value


@given(national)
def test_every_spelling_of_a_number_is_the_same_number(number):
    assert {parse_phone(spelled(number)).value for spelled in SPELLINGS} == {f"+7{number}"}


@given(st.text(max_size=30) | st.emails())
def test_an_address_is_normalised_once(raw):
    address = normalise_email(raw)
    if address is not None:
        assert normalise_email(address) == address
        assert address == address.lower()
        assert normalise_email(f"  {raw.strip()} ") == address


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        ("Ivan.Petrov@Example.RU", "ivan.petrov@example.ru"),
        ("mailto:a@b.example", "a@b.example"),
        ("анна@почта.рф", "анна@xn--80a1acny.xn--p1ai"),
        ("a@b", None),
        ("a b@c.example", None),
        ("@c.example", None),
    ],
)
def test_addresses(raw, address):
    assert normalise_email(raw) == address
