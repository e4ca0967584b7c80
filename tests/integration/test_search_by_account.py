"""Search by an account of a messenger or a network finds its card from any spelling."""

import pytest
from support.desks import claimed, client, feed, lead, opened

from leadlog.control import OperationFailed
from leadlog.operations import run

ANNA = ("telegram", "555000042", "attested")
INNA = ("telegram", "inna_k", "claimed")
VERA = ("vk", "20000001", "attested")
OLEG = ("whatsapp", "79123456789", "attested")


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("accounts")) as system:
        feed(
            system,
            lead(1, ANNA, profile={"name": "Анна", "username": "Anna_82"}),
            lead(2, INNA, profile={"name": "Инна"}),
            lead(3, VERA, profile={"name": "Вера"}),
            lead(4, OLEG, profile={"name": "Олег"}),
            lead(5, ("telegram", "777", "attested"),
                 profile={"name": "Инна К", "username": "inna_k"}),
            lead(6, ("vk", "555000042", "attested"), profile={"name": "Глеб"}),
            lead(7, claimed("phone:+79123456780"), profile={"name": "Пётр"}),
            lead(8, claimed("email:a@x.ru"), profile={"name": "8 912 345-67-80"}),
        )  # fmt: skip
        yield system


def found(system, text, **more):
    return [card["name"] for card in run(system, "card.find", {"query": text, **more})]


SPELLINGS = {
    "Анна": ("@anna_82", "ANNA_82", "t.me/Anna_82", "https://t.me/anna_82", "telegram:@anna_82",
             "tg://user?id=555000042"),
    "Вера": ("20000001", "id20000001", "vk.com/id20000001", "https://m.vk.com/id20000001?w=1",
             "vk:id20000001", "vk.ru/id20000001"),
    "Олег": ("79123456789", "wa.me/79123456789", "whatsapp:8 912 345-67-89"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"), [(n, text) for n, many in SPELLINGS.items() for text in many]
)
def test_an_account_is_found_from_any_spelling(system, name, text):
    assert found(system, text) == [name]


@pytest.mark.parametrize("text", ["@inna_k", "inna_k", "t.me/inna_k"])
def test_who_gave_a_user_name_in_a_form_comes_before_those_who_have_it_in_a_profile(system, text):
    assert found(system, text) == ["Инна", "Инна К"]
    assert found(system, text, limit=2) == ["Инна", "Инна К"]


def test_a_bare_number_finds_everybody_whom_it_names(system):
    assert set(found(system, "555000042")) == {"Анна", "Глеб"}


def test_a_phone_is_no_name(system):
    assert found(system, "8 912 345-67-80") == ["Пётр"]


def test_what_names_one_account_names_its_card(system):
    for text in ("vk.com/id20000001", "https://t.me/inna_k", "whatsapp:+7 912 345-67-89"):
        assert len(list(run(system, "card.show", {"id": text}))) == 1
    with pytest.raises(OperationFailed, match="no card '20000001'"):
        list(run(system, "card.show", {"id": "20000001"}))  # of VK, or of another network?


def test_a_next_page_tells_nobody_again(system):
    (first,) = run(system, "card.search", {"query": "inna_k", "limit": 1})
    assert [card["name"] for card in first["items"]] == ["Инна", "Инна К"][: len(first["items"])]
    names = [card["name"] for card in first["items"]]
    while first["next"]:
        (first,) = run(
            system, "card.search", {"query": "inna_k", "limit": 1, "cursor": first["next"]}
        )
        names += [card["name"] for card in first["items"]]
    assert sorted(names) == sorted(set(names))
    assert {"Инна", "Инна К"} <= set(names)


def test_the_desk_finds_accounts_too(system):
    with client(system) as desk:
        page = desk.get("/cards", params={"query": "https://vk.com/id20000001"}).text
    assert "Вера" in page
    assert "Олег" not in page
