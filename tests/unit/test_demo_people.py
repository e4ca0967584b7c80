"""The demo's people can be found by any spelling, and none of them is real."""

from random import Random

import phonenumbers
import pytest
from phonenumbers import carrier

from channels.sdk.phones import parse_phone
from leadlog.demo.people import SPELLINGS, People, Person

PEOPLE = People(Random(1))
SOME = [PEOPLE.next() for _ in range(300)]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_the_same_number(spelling) -> None:
    for person in SOME[:50]:
        parsed = parse_phone(spelling(person.phone.removeprefix("+7")))
        assert parsed is not None
        assert parsed.value == person.phone


def test_no_operator_has_these_numbers() -> None:
    numbers = [phonenumbers.parse(person.phone) for person in SOME]
    assert {carrier.name_for_number(number, "en") for number in numbers} == {""}


def test_mail_goes_nowhere() -> None:
    assert {person.email.rpartition(".")[2] for person in SOME} == {"example"}


def test_some_come_again() -> None:
    again = len(SOME) - len(set(SOME))
    assert 15 < again < 90


def test_different_people_share_no_address() -> None:
    different = set(SOME)
    for name in ("phone", "email", "username", "telegram", "vk", "visitor"):
        assert len({getattr(person, name) for person in different}) == len(different), name


def test_colleagues_have_one_switchboard() -> None:
    people = People(Random(2))
    assert len({people.colleague().phone for _ in range(5)}) == 1


def test_a_relative_shares_number_and_browser() -> None:
    people = People(Random(2))
    one = people.next()
    other = people.relative(one)
    assert isinstance(other, Person)
    assert (other.phone, other.visitor) == (one.phone, one.visitor)
    assert other.telegram != one.telegram
