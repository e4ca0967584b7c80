"""Accounts in whatever way people write them down (SEMANTICS 2.1.1)."""

import pytest

from channels.sdk.handles import accounts_in

SURE = {
    "https://t.me/Anna_82": ("telegram", "anna_82", "Anna_82"),
    "T.me/anna_82?start=x": ("telegram", "anna_82", "anna_82"),
    "tg://resolve?domain=anna_82&x=1": ("telegram", "anna_82", "anna_82"),
    "tg://user?id=555000042": ("telegram", "555000042", ""),
    "telegram:@Anna_82": ("telegram", "anna_82", "Anna_82"),
    "telegram: https://telegram.me/anna_82": ("telegram", "anna_82", "anna_82"),
    "vk.com/id200": ("vk", "200", ""),
    "https://m.vk.ru/id200?from=search": ("vk", "200", ""),
    "vk:id200": ("vk", "200", ""),
    "vk.com/vera.k": ("vk", "vera.k", "vera.k"),
    "www.instagram.com/vera.k/": ("instagram", "vera.k", "vera.k"),
    "wa.me/79123456789": ("whatsapp", "79123456789", ""),
    "https://wa.me/+79123456789?text=hi": ("whatsapp", "79123456789", ""),
    "whatsapp:8 (912) 345-67-89": ("whatsapp", "79123456789", ""),
    "whatsapp:wa.me/79123456789": ("whatsapp", "79123456789", ""),
}


@pytest.mark.parametrize("text", SURE)
def test_what_says_of_which_network_it_is_names_one_account(text):
    kind, value, name = SURE[text]
    assert accounts_in(text) == (((kind, value),), name, True)


@pytest.mark.parametrize(
    ("text", "name"), [("@Anna", "Anna"), ("anna", "anna"), ("id200", "id200")]
)
def test_a_bare_name_may_be_of_any_network_that_has_names(text, name):
    found = accounts_in(text)
    assert (found.name, found.is_sure) == (name, False)
    assert dict(found.found)["telegram"] == name.lower()
    assert dict(found.found)["vk"] == name.lower().removeprefix("id")


def test_a_bare_number_may_be_of_any_network():
    found = accounts_in("555000042")
    assert {kind for kind, _ in found.found} >= {"telegram", "vk", "max", "avito"}
    assert {value for _, value in found.found} == {"555000042"}


@pytest.mark.parametrize("country", ["RU", "BY"])
def test_a_number_of_whatsapp_is_read_as_people_of_the_country_write_it(country):
    text = {"RU": "whatsapp:8 912 345-67-89", "BY": "whatsapp:8 029 123-45-67"}[country]
    assert accounts_in(text, [country]).found[0][1] in {"79123456789", "375291234567"}


@pytest.mark.parametrize(
    "text",
    ["", "@", "Анна", "Anna Petrova", "a@x.ru", "+7 912 345-67-89", "phone:8912", "t.me/+AbCd",
     "https://shop.example/anna", "whatsapp:", "vk:", "telegram:Анна", "x" * 300, "\x00"],
)  # fmt: skip
def test_what_is_no_account_is_none(text):
    assert accounts_in(text) is None
