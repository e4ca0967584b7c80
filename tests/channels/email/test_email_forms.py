"""Forms by mail: docs/providers.md, 3.6."""

from collections.abc import Callable
from typing import Any

import pytest

FORM = {"form_senders": ["forms@site.example"]}


@pytest.fixture(scope="session")
def form(mail) -> Callable[..., bytes]:
    """A mail of the form's sender."""
    return lambda body, **changes: mail(body, **{"From": "Site <forms@site.example>", **changes})


@pytest.fixture(scope="session")
def fields_of(form, lead) -> Callable[[str], dict[str, Any]]:
    """The lead of a form with a phone and what is given."""
    return lambda body: lead(form(f"Телефон: 89161234567\n{body}"), **FORM)


@pytest.mark.parametrize(
    "label",
    ["Имя", "Name", "ФИО", "Ваше имя", "ИМЯ", "*Имя", "Имя*", "- Имя", "• Имя", "Контактное лицо"],
)
def test_labels_of_a_name(label: str, fields_of) -> None:
    assert fields_of(f"{label}: Иван")["profile"] == {"name": "Иван"}


@pytest.mark.parametrize("label", ["Телефон", "Phone", "Тел.", "Ваш телефон", "Номер телефона"])
def test_labels_of_a_phone(label: str, lead, who, form) -> None:
    found = lead(form(f"{label}: +7 (916) 123-45-67"), **FORM)
    assert who(found) == [("phone", "+79161234567", "claimed")]


@pytest.mark.parametrize("label", ["Email", "E-mail", "Почта", "e-mail адрес", "Эл. почта"])
def test_labels_of_an_address(label: str, lead, who, form) -> None:
    found = lead(form(f"{label}: a@b.example"), form_senders=[MAPPED])
    assert who(found) == [("email", "a@b.example", "claimed")]


MAPPED = {"from": "forms@site.example", "mapping": {"e-mail адрес": "email"}}


@pytest.mark.parametrize(
    "line",
    ["Имя: Иван", "Имя:Иван", "Имя\tИван", "Имя = Иван", "Имя - Иван", "Имя:\nИван", "Имя\nИван"],
)
def test_ways_to_part_label_and_value(line: str, fields_of) -> None:
    assert fields_of(line)["profile"] == {"name": "Иван"}


class TestValues:
    def test_long_value_goes_on_until_the_next_known_label(self, fields_of) -> None:
        found = fields_of("Сообщение: Нужна кухня\n\nДлина: 3 м\nИмя: Иван")
        assert found["text"] == "Нужна кухня\n\nДлина: 3 м"
        assert found["profile"] == {"name": "Иван"}

    def test_short_value_goes_on_in_the_next_line(self, fields_of) -> None:
        assert fields_of("Адрес: ул. Ленина\nдом 5\n\nподвал")["fields"] == {
            "Адрес": "ул. Ленина\nдом 5"
        }

    def test_unknown_labels_become_fields(self, fields_of) -> None:
        found = fields_of("Бюджет: 100 000\nДата визита: завтра в 10:30\nТовар 1: 2 шт")
        assert found["fields"] == {
            "Бюджет": "100 000",
            "Дата визита": "завтра в 10:30",
            "Товар 1": "2 шт",
        }

    def test_address_of_a_page_is_no_label(self, fields_of) -> None:
        found = fields_of("Страница:\nhttps://site.example/?utm_source=vk")
        assert found["campaign"] == {
            "utm_source": "vk",
            "landing": "https://site.example/?utm_source=vk",
        }

    def test_campaign_in_one_field(self, fields_of) -> None:
        found = fields_of("UTM: utm_source=vk&utm_medium=cpc")
        assert found["campaign"] == {"utm_source": "vk", "utm_medium": "cpc"}

    def test_unexpanded_macros_are_no_campaign(self, fields_of) -> None:
        assert "campaign" not in fields_of("utm_term: {keyword}")

    def test_visitor_is_claimed(self, who, fields_of) -> None:
        assert who(fields_of("_ym_uid: 16123456789012345"))[1] == (
            "visitor",
            "16123456789012345",
            "claimed",
        )

    def test_what_follows_a_signature_mark_is_no_field(self, fields_of) -> None:
        assert "fields" not in fields_of("-- \nСайт: site.example")

    def test_two_phones_in_one_value(self, lead, who, form) -> None:
        found = lead(form("Телефон: 8 916 123-45-67, 8 903 111-22-33"), **FORM)
        assert [value for _, value, _ in who(found)] == ["+79161234567", "+79031112233"]

    def test_phone_that_is_none_is_kept_as_a_field(self, lead, who, form) -> None:
        found = lead(form("Телефон: 12-34\nEmail: a@b.example"), **FORM)
        assert who(found) == [("email", "a@b.example", "claimed")]
        assert found["fields"] == {"Телефон": "12-34"}

    def test_name_is_made_of_its_parts(self, fields_of) -> None:
        found = fields_of("First name: Иван\nФамилия: Петров")
        assert found["profile"] == {
            "name": "Иван Петров",
            "first_name": "Иван",
            "last_name": "Петров",
        }

    def test_phones_are_read_in_the_accounts_country(self, lead, who, form) -> None:
        found = lead(form("Телефон: 0171 1234567"), **FORM, country="DE")
        assert who(found)[0][1] == "+491711234567"

    def test_html_is_read_where_the_plain_text_says_less(self, lead, who, form) -> None:
        raw = form(
            "--b\nContent-Type: text/plain\n\nYour program shows no HTML\n--b\nContent-Type: "
            "text/html; charset=utf-8\n\n<p><b>Имя:</b> Иван</p><p><b>Телефон:</b><br>89161234567"
            "</p>\n--b--",
            Content_Type="multipart/alternative; boundary=b",
        )
        found = lead(raw, **FORM)
        assert found["profile"] == {"name": "Иван"}
        assert who(found) == [("phone", "+79161234567", "claimed")]

    def test_phone_inside_a_comment_is_only_mentioned(self, fields_of, mentioned, who) -> None:
        found = fields_of("Комментарий: или мужу 8 903 111-22-33, мне 8 916 123-45-67")
        assert [value for _, value, _ in who(found)] == ["+79161234567"]
        assert mentioned(found) == [("phone", "+79031112233")]

    def test_time_is_no_label(self, fields_of) -> None:
        found = fields_of("Адрес: ул. Ленина, 5\nпосле 18:30 домофон")
        assert found["fields"] == {"Адрес": "ул. Ленина, 5\nпосле 18:30 домофон"}


class TestSenders:
    @pytest.mark.parametrize(
        "senders",
        [
            ["forms@site.example"],
            ["Forms@Site.Example"],
            ["site.example"],
            ["@site.example"],
            [{"from": "forms@site.example"}],
            {"forms@site.example": {}},
        ],
    )
    def test_ways_to_name_a_sender(self, senders: Any, lead, form) -> None:
        assert lead(form("Телефон: 89161234567"), form_senders=senders)["kind"] == "form"

    def test_table_of_senders_maps_labels(self, lead, who, form) -> None:
        senders = {"forms@site.example": {"Связь": "phone", "Цвет": "colour"}}
        found = lead(form("Связь: 89161234567\nЦвет: белый"), form_senders=senders)
        assert who(found) == [("phone", "+79161234567", "claimed")]
        assert found["fields"] == {"colour": "белый"}

    def test_mail_without_the_marker_subject_is_no_form(self, lead, form) -> None:
        senders = [{"from": "forms@site.example", "subject": "Заявка"}]
        found = lead(form("Телефон: 89161234567", Subject="Счёт"), form_senders=senders)
        assert found["kind"] == "message"

    def test_form_is_read_though_it_was_sent_automatically(self, lead, form) -> None:
        raw = form(
            "Телефон: 89161234567",
            Auto_Submitted="auto-generated",
            Precedence="bulk",
            Return_Path="<>",
            List_Unsubscribe="<x>",
        )
        assert lead(raw, **FORM)["kind"] == "form"

    def test_form_of_our_own_site_is_no_internal_mail(self, mail, lead) -> None:
        raw = mail("Телефон: 89161234567", From="site@ourdomain.example")
        found = lead(raw, form_senders=["site@ourdomain.example"])
        assert (found["kind"], found["direction"]) == ("form", "in")

    def test_reply_to_is_the_customers_where_the_form_has_no_address(self, lead, who, form) -> None:
        found = lead(form("Имя: Иван", Reply_To="a@b.example"), **FORM)
        assert who(found) == [("email", "a@b.example", "claimed")]

    def test_reply_to_of_the_site_is_nobodys(self, lead, who, form) -> None:
        found = lead(form("Телефон: 89161234567", Reply_To="forms@site.example"), **FORM)
        assert who(found) == [("phone", "+79161234567", "claimed")]

    def test_form_in_which_nobody_is_named_goes_to_quarantine(self, read, form) -> None:
        result = read(form("Ваша подписка заканчивается"), **FORM)
        assert (result["outcome"], result["reason"]) == ("quarantined", "missing_field")

    def test_forged_form_goes_to_quarantine(self, read, form) -> None:
        raw = form("Телефон: 89161234567", Authentication_Results="mx.our.example; dkim=fail")
        result = read(raw, **FORM, authserv_id="mx.our.example")
        assert (result["outcome"], result["reason"]) == ("quarantined", "spam")

    def test_form_without_a_verdict_is_taken(self, lead, form) -> None:
        raw = form("Телефон: 89161234567")
        assert lead(raw, **FORM, authserv_id="mx.our.example")["kind"] == "form"
