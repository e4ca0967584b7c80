"""What a form's field means, by its name: channels/webform/fields.py, each rule by its name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.webform import addresses
from channels.webform.entries import entry_of
from channels.webform.fields import FILLERS, NAMES, OTHERS
from channels.webform.meanings import meaning, words
from channels.webform.orders import amount_text
from channels.webform.reading import read_submission

AT = "2026-02-01T10:00:00.000Z"


def read(*pairs):
    return read_submission([entry_of(*pair) for pair in pairs], country="RU", at=AT)


@pytest.mark.parametrize(
    ("role", "name"), [(role, name) for role, names in NAMES.items() for name in names]
)
def test_every_name_of_the_table_means_what_it_says(role, name):
    assert meaning(name).role == role
    assert meaning(name.upper()).role == role
    assert meaning(f"{name} *").role == role


def test_no_name_stands_twice_in_the_table():
    spelled = [words(name) for names in NAMES.values() for name in set(names)]
    twice = {one for one in spelled if spelled.count(one) > 1 and len(set(one)) > 0}
    assert {
        one for one in twice if len({r for r, n in NAMES.items() if one in map(words, n)}) > 1
    } == set()


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("your-name", "name"),
        ("Ваше имя*", "name"),
        ("firstName", "first_name"),
        ("name_first", "first_name"),
        ("tel-619", "phone"),
        ("Phone_2", "phone"),
        ("PHONE", "phone"),
        ("Ваш телефон:", "phone"),
        ("Номер телефона", "phone"),
        ("Контактный телефон", "phone"),
        ("eMail", "email"),
        ("E-mail", "email"),
        ("Электронная почта", "email"),
        ("your-message", "text"),
        ("Комментарий к заказу", "text"),
        ("form_fields[email]", "email"),
        ("contacts.phone", "phone"),
        ("extra.utm.source", "utm_source"),
        ("UTM_SOURCE", "utm_source"),
        ("utmCampaign", "utm_campaign"),
        ("gcl_id", "gclid"),
        ("_ym_uid", "visitor"),
        ("client_id", "visitor"),
        ("submissionId", "submission_id"),
        ("api_key", "secret"),
    ],
)
def test_usual_spellings_are_known(name, role):
    assert (meaning(name).role, meaning(name).sure) == (role, True)


@pytest.mark.parametrize(
    "name",
    [
        "form_name",
        "form.name",
        "product.name",
        "quiz.name",
        "site.phone",
        "Телефон друга",
        "",
        "77",
    ],
)
def test_what_is_not_of_the_sender_means_nothing(name):
    assert meaning(name).role == ""


def test_likely_name_counts_only_with_a_value_that_bears_it_out():
    form = read(
        ("Телефон, по которому можно звонить", "8 921 000-11-22"), ("Старый телефон", "Нокиа")
    )
    assert [i.value for i in form.identities] == ["+79210001122"]
    assert form.fields == {"Старый телефон": "Нокиа"}


def test_second_value_of_a_kind_is_a_field():
    form = read(("name", "Инна"), ("Имя", "Лев"), ("comment", "a"), ("message", "b"))
    assert form.profile == {"name": "Инна"}
    assert form.words == {"text": "a"}
    assert form.fields == {"Имя": "Лев", "message": "b"}


@pytest.mark.parametrize("first", ["First name", "Имя", "name"])
def test_first_and_last_name_make_a_name(first):
    form = read(("Фамилия", "Котова"), (first, "Инна"))
    assert form.profile == {"first_name": "Инна", "last_name": "Котова", "name": "Инна Котова"}


def test_full_name_stays_beside_its_parts():
    form = read(("ФИО", "Котова Инна Львовна"), ("Фамилия", "Котова"))
    assert form.profile == {"name": "Котова Инна Львовна", "last_name": "Котова"}


def test_more_addresses_than_people_have_are_fields():
    form = read(*((f"phone{i}", f"8921000{i:04}") for i in range(30)))
    assert len(form.identities) == 16
    assert len(form.fields) == 14


def test_page_that_is_no_address_is_a_field():
    form = read(("page", "Главная страница"), ("landing", "shop.example/okna"))
    assert form.words == {"landing": "shop.example/okna"}
    assert form.fields == {"page": "Главная страница"}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("8 921 000-11-22", ["+79210001122"]),
        ("89210001122, 89210001133", ["+79210001122", "+79210001133"]),
        ("89210001122 / 89210001133", ["+79210001122", "+79210001133"]),
        ("89210001122, Инна, после шести", ["+79210001122"]),
        ("Инна 8(921)000-11-22", ["+79210001122"]),
        ("sip:89210001122@pbx.example", []),
        ("112", []),
        ("нет", []),
    ],
)
def test_numbers_of_a_phone_field(text, values):
    assert [i.value for i in addresses.phones(text, "RU")] == values


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("telegram", "@Inna_K", "inna_k"),
        ("telegram", "https://t.me/Inna_K", "inna_k"),
        ("telegram", "t.me/inna_k?start=1", "inna_k"),
        ("telegram", "5550000042", "5550000042"),
        ("vk", "https://vk.com/id42", "42"),
        ("vk", "vk.com/inna.k", "inna.k"),
        ("instagram", "@inna.k", "inna.k"),
    ],
)
def test_handles_have_one_value(kind, text, value):
    (identity,) = addresses.handle(kind, text, "RU")
    assert (identity.kind, identity.value, identity.proof, identity.raw) == (
        kind,
        value,
        "claimed",
        text,
    )


@pytest.mark.parametrize("text", ["8 921 000-11-22", "https://wa.me/79210001122", "+79210001122"])
def test_whatsapp_number_is_an_account_and_a_phone(text):
    found = [(i.kind, i.value) for i in addresses.whatsapp(text, "RU")]
    assert found == [("whatsapp", "79210001122"), ("phone", "+79210001122")]


@pytest.mark.parametrize("text", ["yes", "да", "Telegram", "on", "есть, напишите", ""])
def test_words_are_no_handles(text):
    assert addresses.handle("telegram", text, "RU") == ()


def test_number_typed_as_a_handle_is_a_phone():
    (identity,) = addresses.handle("telegram", "8 921 000-11-22", "RU")
    assert (identity.kind, identity.value) == ("phone", "+79210001122")


@pytest.mark.parametrize(
    ("came", "amount"),
    [
        ("29 000,50", "29000.50"),
        (29000.0, "29000"),
        ("1,200.50", "1200.50"),
        ("1500 руб.", "1500"),
        ("дорого", ""),
        ("٣٤", ""),
        (None, ""),
        (True, ""),
    ],
)
def test_amounts_are_decimals(came, amount):
    assert amount_text(came) == amount


def test_fillers_and_others_are_words_in_canonical_spelling():
    assert all(words(word) == (word,) for word in FILLERS | OTHERS)


@given(st.text(max_size=300))
def test_any_text_is_a_name(name):
    assert isinstance(meaning(name).role, str)
