"""Similar but not equal: what is compared, how many, and what each likeness says (2.4.13)."""

from random import Random

import numpy as np
import pytest

from channels.sdk.lead import Identity, LeadContent, Profile
from eventstore.likeness.alike_names import names_alike
from eventstore.likeness.candidates import MOST, candidates
from eventstore.likeness.columns import table_of
from eventstore.likeness.marks import mark_of
from eventstore.likeness.names import parts
from eventstore.likeness.own_rows import own_agreement
from eventstore.likeness.profiles import Profile as Said
from eventstore.likeness.profiles import profile_of
from eventstore.likeness.reasons import reasons
from eventstore.likeness.repeats import once_each
from eventstore.likeness.weights import weights_of
from eventstore.lookalikes import alike

ANNA = {"name": "Анна Берёзкина", "phone": "9071234567"}


def said(number: int, **what) -> Said:
    empty = {"name": "", "phone": "", "mailbox": "", "host": "", "fields": {}}
    return Said(number.to_bytes(16, "big"), **(empty | what))


def bits(one: dict, other: dict, *more: dict) -> float:
    """What speaks for the first two being one person; 0 where more speaks against."""
    profiles = [said(n, **what) for n, what in enumerate((one, other, *more))]
    found = alike(table_of(profiles), np.arange(len(profiles)))
    of_pair = dict(zip(zip(found.low, found.high, strict=True), found.bits, strict=True))
    return of_pair.get((0, 1), 0.0)


@pytest.mark.parametrize(
    "spelled",
    [
        "Natalia Ivanova", "Ivanova Nataliya", "иванова наталья", "Наташа Иванова",
        "Иванова Наталья Сергеевна", "Наталья  ИВАНОВА 🌸",
    ],
)  # fmt: skip
def test_a_name_sounds_the_same_in_all_its_spellings(spelled):
    assert names_alike(parts(spelled), parts("Наталья Иванова")) == 1


@pytest.mark.parametrize("text", ["", " ", "12", "🌸", "王", "И.", "\u0000", "'" * 300])
def test_what_is_no_name_has_no_parts(text):
    assert parts(text) == ()


def test_other_people_do_not_sound_the_same():
    assert names_alike(parts("Наталья Иванова"), parts("Сергей Петров")) < 0.7


def test_a_slip_in_the_number_beside_the_same_name_is_alike():
    wrong = {**ANNA, "phone": "9071234576"}
    assert bits(ANNA, wrong) > 4


def test_a_number_alone_is_no_likeness():
    assert bits({"phone": "9071234567"}, {"phone": "9071234576"}) == 0


def test_another_name_beside_a_number_one_slip_apart_is_none():
    other = {"name": "Сергей Петров", "phone": "9071234576"}
    assert bits(ANNA, other) == 0


@pytest.mark.parametrize(
    ("name", "mark"),
    [
        ("Сотрудник 5", "5"), ("Клиент 017", "17"), ("Lead #4", "4"), ("User12", "12"),
        ("Отдел продаж IV", "4"), ("Отдел продаж XIX", "19"), ("Клиент-Б", "b"), ("User_B", "b"),
        ("Анна П.", "p"), ("Anna P", "p"), ("Иван +7 (912) 345-67-89", "9123456789"),
        ("Иван 89123456789", "9123456789"), ("Клиент 00", "0"),
        ("Анна Петрова", ""), ("И. Петров", ""), ("Иванов И. П.", ""), ("Я", ""), ("", ""),
    ],
)  # fmt: skip
def test_the_mark_of_a_name_is_its_number_or_the_letter_after_its_words(name, mark):
    assert mark_of(name) == mark


@pytest.mark.parametrize(
    ("one", "other"),
    [("Сотрудник 5", "Сотрудник 1"), ("Lead #4", "Lead #14"), ("Клиент II", "Клиент IV"),
     ("User A", "User B"), ("Анна П.", "Анна К.")],
)  # fmt: skip
def test_names_of_which_only_the_mark_differs_are_others(one, other):
    beside = {"phone": "9071234567", "fields": {"city": "тверь"}}
    same = bits({"name": one, **beside}, {"name": one, **beside, "phone": "9071234576"})
    assert same > bits({"name": one, **beside}, {"name": other, **beside, "phone": "9071234576"})
    assert bits({"name": one}, {"name": other}) == 0
    table = table_of([said(0, name=one), said(1, name=other)])
    assert reasons(weights_of(table), *np.array([[0], [1]])) == [["against it: their names differ"]]


@pytest.mark.parametrize("other", ["Клиент", "клиент 5", "KLIENT №05"])
def test_a_name_without_a_mark_may_be_that_of_any(other):
    assert bits({"name": "Клиент 5"}, {"name": other}) > 0


def test_a_rare_name_says_more_than_a_common_one():
    common = {"name": "Анна Иванова"}
    many = [{"name": "Анна Иванова"} for _ in range(8)]
    assert bits({"name": ANNA["name"]}, {"name": ANNA["name"]}) > bits(common, common, *many)


def test_a_mailbox_at_another_host_is_alike_and_other_digits_in_it_are_not():
    one = {"name": "Анна", "mailbox": "berezkina85", "host": "mail.example"}
    assert bits(one, {**one, "host": "mial.example"}) > 0
    assert bits(one, {**one, "mailbox": "berezkina86"}) == 0
    assert bits({**one, **ANNA}, {**one, **ANNA, "mailbox": "berezkna85"}) > bits(ANNA, ANNA)


def test_every_other_answer_lowers_the_likeness():
    here, there = ({"fields": {"city": city}} for city in ("москва", "тверь"))
    same = bits({**ANNA, **here}, {**ANNA, **here})
    assert same > bits(ANNA, ANNA) > bits({**ANNA, **here}, {**ANNA, **there})


def test_likeness_does_not_depend_on_the_order_of_the_leads():
    one, other = ANNA, {**ANNA, "phone": "9071234576"}
    assert bits(one, other) == bits(other, one)


def test_two_leads_of_one_person_are_no_suggestion():
    table = table_of([said(1, **ANNA), said(2, **{**ANNA, "phone": "9071234576"})])
    assert len(alike(table, np.zeros(2, np.int64)).low) == 0
    assert len(alike(table, np.arange(2)).low) == 1


def test_rows_that_agree_in_two_things_are_candidates_as_by_brute_force():
    rng = Random(1)
    fields = ("city", "birthday", "street")
    profiles = [
        said(n, fields={name: str(rng.randrange(12)) for name in fields}) for n in range(120)
    ]
    low, high = candidates(table_of(profiles), np.arange(len(profiles)))
    found = set(zip(low.tolist(), high.tolist(), strict=True))
    assert found == _agreeing_in_something_rare(profiles, fields)


def _agreeing_in_something_rare(profiles, fields) -> set[tuple[int, int]]:
    """Every two rows with a value, or two values, in common that at most MOST rows have."""
    wanted = [(a,) for a in fields]
    wanted += [(a, b) for i, a in enumerate(fields) for b in fields[i + 1 :]]
    found = set()
    for names in wanted:
        keys = [tuple(profile.fields[name] for name in names) for profile in profiles]
        for high, key in enumerate(keys):
            if keys.count(key) <= MOST:
                found |= {(low, high) for low in range(high) if keys[low] == key}
    return found


@pytest.mark.parametrize("count", [200, 2_000])
def test_a_lead_is_compared_with_a_bounded_number_of_others_however_many_there_are(count):
    rng = Random(count)
    profiles = [
        said(
            n,
            name=f"{rng.choice('abcdefgh')}am {rng.choice('klmnopqr')}om",
            phone=f"907{rng.randrange(10**4):07d}",
            fields={"city": rng.choice(["москва", "тверь"])},
        )
        for n in range(count)
    ]
    low, high = candidates(table_of(profiles), np.arange(count))
    compared = np.bincount(np.concatenate([low, high]), minlength=count)
    keys = 2 + 3 + 1 + 1 + 2 * 3 + 2 + 3
    assert compared.max() <= keys * (MOST - 1)


def test_what_is_compared_is_what_the_lead_says_of_its_sender():
    content = LeadContent(
        lead_id="", event_id="", channel="site", account="site", kind="form", direction="in",
        occurred_at="", received_at="",
        identities=(
            Identity(kind="phone", value="+79071234567", proof="claimed"),
            Identity(kind="email", value="anna@mail.example", proof="claimed"),
        ),
        profile=Profile(first_name="Анна", last_name="Берёзкина", city=" Москва "),
        fields={"birthday": "1990-05-01", "message": "x" * 200, "empty": " "},
        text="ignored",
    )  # fmt: skip
    profile = profile_of(b"lead", content)
    assert profile == Said(
        b"lead", "Анна Берёзкина", "9071234567", "anna", "mail.example",
        {"city": " Москва ", "company": "", "username": "", "birthday": "1990-05-01", "empty": " "},
    )  # fmt: skip


def test_answers_are_compared_without_case_and_blanks_around_them():
    one, other = {**ANNA, "fields": {"city": " Москва"}}, {**ANNA, "fields": {"city": "МОСКВА "}}
    same = {**ANNA, "fields": {"city": "москва"}}
    assert bits(one, other) == bits(same, same)


def test_of_many_fields_those_are_compared_that_most_leads_fill_in():
    asked = {f"field {number}": " " for number in range(12)}
    table = table_of([said(n, fields={**asked, "town": "Тверь"}) for n in range(2)])
    assert [column.name for column in table.fields] == ["town"]


def test_leads_that_say_nothing_are_compared_with_nobody():
    table = table_of([said(n) for n in range(50)])
    assert len(alike(table, np.arange(50)).low) == 0
    assert len(once_each(table, np.arange(50))) == 0
    assert len(alike(table_of([]), np.arange(0)).low) == 0


def test_of_what_a_person_says_again_the_last_is_compared():
    again = {**ANNA, "name": "БЕРЁЗКИНА Аня"}
    table = table_of([said(n, **what) for n, what in enumerate((ANNA, again, ANNA, ANNA))])
    assert once_each(table, np.array([0, 0, 0, 1])).tolist() == [1, 2, 3]


def test_reasons_are_what_agrees_then_what_nearly_does_then_what_differs():
    here = {
        **ANNA,
        "mailbox": "berezkina",
        "host": "x.ru",
        "fields": {"city": "тверь", "job": "врач"},
    }
    there = {
        "name": "Анна Березкин", "phone": "9071234576", "mailbox": "berezkina", "host": "y.ru",
        "fields": {"city": "тверъ", "job": "повар"},
    }  # fmt: skip
    table = table_of([said(0, **here), said(1, **there), said(2, **here)])
    first, second = reasons(weights_of(table), np.array([0, 0]), np.array([1, 2]))
    assert first == [
        "one mailbox at two hosts", "their names are alike (0.99)",
        "their numbers are one slip apart", "city nearly the same", "against it: another job",
    ]  # fmt: skip
    assert second == [
        "their names are the same", "one number, which links nobody",
        "one address, which links nobody", "the same city", "the same job",
    ]  # fmt: skip


@pytest.mark.parametrize("other", ["Анна", "Берёзкина", "Berezkina Anna", "Пётр", "Ана Березкин"])
def test_names_in_columns_are_as_alike_as_two_by_themselves(other):
    table = table_of([said(0, **ANNA), said(1, name=other)])
    ((text, *_),) = reasons(weights_of(table), np.array([0]), np.array([1]))
    alike_by = names_alike(parts(ANNA["name"]), parts(other))
    said_of_it = "the same" if alike_by == 1 else f"alike ({alike_by:.2f})"
    assert said_of_it in text or (alike_by < 0.88 and "their names differ" in text)


def answers(*texts: str) -> list[Said]:
    return [said(number, fields={"answer": text}) for number, text in enumerate(texts)]


def answer_of(profiles: list[Said], own=None):
    """The weights of the one field that these say."""
    (answer,) = weights_of(table_of(profiles), own or {}).answers
    return answer


def near_bits(*texts: str) -> float:
    return answer_of(answers(*texts)).most


def drawn(kind, count: int = 300) -> list[str]:
    rng = Random(1)
    return [kind(rng, number) for number in range(count)]


def test_a_near_miss_says_nothing_where_any_two_are_near():
    assert near_bits(*drawn(lambda rng, _: "заявка с сайта " + rng.choice("абвг"))) < 1
    assert near_bits(*drawn(lambda _, number: str(4_300_000 + number))) < 1


def test_a_near_miss_says_much_where_hardly_any_two_are_near():
    assert near_bits(*drawn(lambda rng, _: str(rng.randrange(10**9)))) > 4
    assert near_bits(*drawn(lambda rng, _: "".join(rng.choices("абвгдежзик", k=9)))) > 4


def test_a_near_miss_is_worth_the_same_each_time_the_store_is_asked():
    texts = drawn(lambda rng, _: str(rng.randrange(2_000)), 3_000)
    assert 0 < near_bits(*texts) == near_bits(*texts) < 4


@pytest.mark.parametrize(
    ("one", "other", "are_near"),
    [
        ("анна_82", "анна_93", False), ("ул. ленина 5", "ул. ленина 6", False),
        ("ул. ленина 5", "ул ленина 5", True), ("190050", "190051", True), ("12", "13", False),
    ],
)  # fmt: skip
def test_other_digits_within_words_are_another_thing_and_in_a_number_a_slip(one, other, are_near):
    answer = answer_of(answers(one, other))
    assert (answer.differing(np.array([0]), np.array([1])) > 0).tolist() == [are_near]
    assert (answer.differing(np.array([1]), np.array([0])) > 0).tolist() == [are_near]


def own_of(first: list[str], second: list[str], leads=None) -> dict[str, float]:
    """What persons show who say the first of these in one lead, and the second in another."""
    table = table_of(answers(*first, *second))
    persons = np.tile(np.arange(len(first)), 2)
    return dict(
        own_agreement(table, persons, np.arange(2 * len(first)) if leads is None else leads)
    )


def test_persons_own_leads_tell_how_often_one_person_says_the_same():
    birthdays = drawn(lambda _, number: f"1980-05-{number:02}", 30)
    others = [f"{day}x" for day in birthdays]
    assert own_of(birthdays, birthdays)["answer"] > 0.95
    assert own_of(birthdays, others)["answer"] < 0.05
    assert own_of(birthdays, birthdays[:15] + others[15:])["answer"] == pytest.approx(0.5)


def test_few_persons_with_two_leads_show_nothing():
    ids = drawn(lambda _, number: str(number), 19)
    assert own_of(ids, ids) == {}
    assert own_of([*ids, "19"], [*ids, "19"]) != {}


def test_what_is_told_of_one_lead_twice_is_no_agreement():
    ids = drawn(lambda _, number: str(number), 30)
    assert own_of(ids, ids, leads=np.tile(np.arange(30), 2)) == {}


def test_an_id_of_a_submission_says_nothing_for_one_person_nor_against():
    ids = drawn(lambda _, number: str(4_000_000 + number), 60)
    own = own_of(ids[:30], ids[30:])
    answer = answer_of(answers(*ids), own)
    assert answer.most == 0
    assert -0.1 < answer.least <= 0


def test_what_one_person_always_says_again_speaks_against_where_it_differs():
    towns = drawn(lambda rng, _: rng.choice(["тверь", "псков", "клин"]), 60)
    assert answer_of(answers(*towns), own_of(towns[:30], towns[:30])).least == pytest.approx(-2.5)


def test_the_name_of_a_form_says_nothing_where_few_forms_are_used():
    forms = drawn(lambda rng, _: rng.choice(["kitchens", "kitchens", "wardrobes"]), 40)
    answer = answer_of(answers(*forms, "kitchens", "kitchens"))
    assert answer.agreeing(np.array([40]), np.array([41])).item() < 1


def test_only_what_weighs_a_bit_is_told():
    forms = [{"form": "kitchens", "id": f"4:{number}"} for number in range(40)]
    rows = [
        said(n, **(ANNA if n < 2 else {}), fields={**form, "job": "врач" if n < 2 else "повар"})
        for n, form in enumerate(forms)
    ]
    weights = weights_of(table_of(rows), {"id": 0.03})
    (told,) = reasons(weights, np.array([0]), np.array([1]))
    assert told == ["their names are the same", "one number, which links nobody", "the same job"]
