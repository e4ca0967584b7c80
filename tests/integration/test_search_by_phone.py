"""Search by phone finds a card from any spelling, of each country we sell in (SEMANTICS 2.1.2)."""

import pytest
from support.desks import claimed, feed, lead, opened

from leadlog.control import OperationFailed
from leadlog.operations import run

MINSK = '[[accounts]]\ntype = "webform"\nname = "minsk"\ncountry = "BY"\n'
BERLIN = '[[accounts]]\ntype = "webform"\nname = "berlin"\ncountry = "DE"\n'
MOSCOW = '[[accounts]]\ntype = "webform"\nname = "moscow"\n'
CUSTOMERS = {"BY": "phone:+375291234567", "DE": "phone:+491701234567", "RU": "phone:+79123456789"}
SPELLINGS = {
    "BY": ("8 029 123-45-67", "029 1234567", "+375 (29) 123 45 67", "375291234567"),
    "DE": ("0170 1234567", "+49 170 1234567"),
    "RU": ("8 (912) 345-67-89", "9123456789", "+7 912 345 67 89"),
}


def found(system, text):
    try:
        return [card["leaves"][0]["value"] for card in run(system, "card.find", {"query": text})]
    except OperationFailed:
        return []


@pytest.fixture
def system(tmp_path):
    with opened(tmp_path, MINSK + BERLIN + MOSCOW) as system:
        feed(system, *(lead(n, claimed(one)) for n, one in enumerate(CUSTOMERS.values(), 1)))
        yield system


def test_a_number_is_found_as_people_of_each_accounts_country_write_it(system):
    for country, spellings in SPELLINGS.items():
        for spelling in spellings:
            value = CUSTOMERS[country].removeprefix("phone:")
            assert found(system, spelling) == [value], spelling
            (shown,) = run(system, "card.show", {"id": f"phone:{spelling}"})
            assert [leaf["value"] for leaf in shown["leaves"]] == [value]


def test_without_accounts_numbers_are_russian(tmp_path):
    with opened(tmp_path) as system:
        feed(system, *(lead(n, claimed(one)) for n, one in enumerate(CUSTOMERS.values(), 1)))
        assert found(system, "8 912 345-67-89") == ["+79123456789"]
        assert found(system, "0170 1234567") == []
