"""Whole mails through `channels try`: who, what, when, in which conversation."""

import base64

import pytest


class TestSamples:
    def test_reply_in_koi8(self, tried) -> None:
        result = tried("email_reply_koi8")
        found = dict(result["leads"][0])
        raw = found.pop("raw")
        assert {
            "schema": 1,
            "lead_id": found["event_id"],
            "event_id": found["event_id"],
            "channel": "email",
            "account": "inbox",
            "kind": "message",
            "direction": "in",
            "amends": False,
            "seq": 0,
            "revision": 0,
            "occurred_at": "2025-02-14T07:00:00.000Z",
            "received_at": "2025-02-14T07:00:05.000Z",
            "identities": [
                {
                    "kind": "email",
                    "value": "petr@example.ru",
                    "proof": "attested",
                    "raw": "petr@example.ru",
                }
            ],
            "profile": {"name": "Петр"},
            "subject": "Ответ: Заявка",
            "text": "Да, согласен.",
            "thread": "<lead.0193f2aa.k3@ourdomain.example>",
        } == found
        assert raw["content_type"] == "message/rfc822"
        assert base64.b64decode(raw["body"]).startswith(b"Return-Path: <petr@example.ru>")

    def test_bounce_is_ignored(self, tried) -> None:
        result = tried("email_bounce")
        assert (result["outcome"], result["reason"], result["leads"]) == ("ignored", "bounce", [])

    def test_form_of_lines(self, tried, who) -> None:
        found = tried("email_form_lines")["leads"][0]
        assert found["kind"] == "form"
        assert who(found) == [
            ("phone", "+79161234567", "claimed"),
            ("email", "ivan.p@mail.example", "claimed"),
            ("email", "ivan@mail.example", "claimed"),
        ]
        assert found["profile"] == {"name": "Иван Петров", "city": "Тверь"}
        assert found["text"] == "Нужна кухня.\nРазмер: 3 м\n\nПерезвоните после 18:00"
        assert found["fields"] == {"Бюджет": "300 000"}
        assert found["campaign"] == {
            "utm_source": "yandex",
            "utm_medium": "cpc",
            "yclid": "12345678901234567",
            "referrer": "https://yandex.ru/",
            "landing": "https://kuhni.example/akcia?utm_source=yandex&utm_medium=cpc"
            "&yclid=12345678901234567",
        }
        assert found["subject"] == "Новая заявка"

    def test_form_of_a_table(self, tried, who) -> None:
        found = tried("email_form_table")["leads"][0]
        assert who(found) == [("phone", "+79031112233", "claimed")]
        assert found["profile"] == {"name": "Анна"}
        assert found["text"] == "Шкаф\nи стол"
        assert found["fields"] == {"how": "Реклама"}
        assert found["campaign"] == {"utm_campaign": "brand"}

    def test_mail_forwarded_by_a_colleague_is_the_customers(self, tried, who, mentioned) -> None:
        found = tried("email_forwarded_by_colleague")["leads"][0]
        assert found["direction"] == "in"
        assert who(found) == [("email", "oleg@client.example", "claimed")]
        assert mentioned(found) == [("phone", "+79215554433")]
        assert found["profile"] == {"name": "Олег Синицын"}
        assert found["subject"] == "Запрос цен"
        assert found["text"] == "Добрый день! Пришлите прайс."
        assert found["fields"] == {
            "forwarded_by": "maria@ourdomain.example",
            "note": "Возьмите, пожалуйста",
        }

    def test_outgoing_mail_is_of_its_first_recipient(self, tried, who, mentioned) -> None:
        found = tried("email_outgoing")["leads"][0]
        assert found["direction"] == "out"
        assert who(found) == [("email", "oleg@client.example", "claimed")]
        assert mentioned(found) == [("email", "second@client.example")]
        assert found["profile"] == {"name": "Олег"}
        assert found["text"] == "Прайс во вложении."
        assert found["thread"] == "<q.7@client.example>"

    def test_attachments_by_their_imap_number(self, tried) -> None:
        found = tried("email_attachments")["leads"][0]
        assert found["text"] == "План во вложении."
        assert found["attachments"] == [
            {
                "kind": "file",
                "name": "план.pdf",
                "mime": "application/pdf",
                "size": 100,
                "ref": "part:2",
            },
            {
                "kind": "image",
                "name": "фото.jpg",
                "mime": "image/jpeg",
                "size": 31,
                "ref": "part:3",
            },
        ]


class TestCustomer:
    def test_sender_is_attested_by_a_plain_mailbox(self, mail, lead, who) -> None:
        assert who(lead(mail())) == [("email", "petr@example.ru", "attested")]

    def test_sender_without_our_servers_pass_is_claimed(self, mail, lead, who) -> None:
        found = lead(mail(), authserv_id="mx.ourdomain.example")
        assert who(found) == [("email", "petr@example.ru", "claimed")]

    def test_spelling_is_kept_and_value_normalised(self, mail, lead) -> None:
        found = lead(mail(From="<Petr@Пример.РФ>"))
        assert found["identities"][0]["raw"] == "Petr@Пример.РФ"
        assert found["identities"][0]["value"] == "petr@xn--e1afmkfd.xn--p1ai"

    @pytest.mark.parametrize(
        "sender", ["no-reply@shop.example", "noreply@x.example", "do-not-reply@x.example"]
    )
    def test_reply_to_speaks_for_a_no_reply_sender(self, sender: str, mail, lead, who) -> None:
        found = lead(mail(From=sender, Reply_To="Anna <anna@client.example>"))
        assert who(found) == [("email", "anna@client.example", "claimed")]
        assert found["profile"] == {"name": "Anna"}

    def test_reply_to_speaks_for_our_own_domain(self, mail, lead, who) -> None:
        found = lead(mail(From="site@ourdomain.example", Reply_To="anna@client.example"))
        assert found["direction"] == "in"
        assert who(found) == [("email", "anna@client.example", "claimed")]

    def test_reply_to_of_an_ordinary_sender_is_only_mentioned(
        self, mail, lead, who, mentioned
    ) -> None:
        found = lead(mail(Reply_To="other@example.ru"))
        assert who(found) == [("email", "petr@example.ru", "attested")]
        assert mentioned(found) == [("email", "other@example.ru")]

    def test_no_reply_sender_without_reply_to_is_the_customer(self, mail, lead, who) -> None:
        assert who(lead(mail(From="noreply@shop.example")))[0][1] == "noreply@shop.example"

    def test_first_of_several_senders_that_is_not_ours(self, mail, lead, who) -> None:
        found = lead(mail(From="maria@ourdomain.example, Ivan <i@x.example>, p@y.example"))
        assert who(found) == [("email", "i@x.example", "attested")]

    def test_empty_group_in_from_leaves_the_sender_field(self, mail, lead, who) -> None:
        found = lead(mail(From="undisclosed:;", Sender="s@x.example"))
        assert who(found) == [("email", "s@x.example", "attested")]

    def test_mail_of_nobody_is_still_a_lead(self, mail, lead, who) -> None:
        found = lead(mail(From=None))
        assert who(found) == []
        assert found["text"] == "Hello"

    def test_name_that_repeats_the_address_is_none(self, mail, lead) -> None:
        assert "profile" not in lead(mail(From='"petr@example.ru" <petr@example.ru>'))

    def test_phones_of_text_signature_and_quote_are_mentions(
        self, mail, lead, who, mentioned
    ) -> None:
        body = (
            "Мой номер 8 916 123-45-67, встреча 12.02.2025 10:00, ИНН 7701234567\n\n-- \nПетр\n"
            "тел. +7 (495) 765-43-21\n\n12.02.2025, 10:00, X <a@b.example>:\n> звоните 89031112233"
        )
        found = lead(mail(body))
        assert who(found) == [("email", "petr@example.ru", "attested")]
        assert mentioned(found) == [
            ("phone", "+79161234567"),
            ("phone", "+74957654321"),
            ("phone", "+79031112233"),
        ]


class TestColleagues:
    def test_mail_between_colleagues_is_internal(self, mail, read) -> None:
        assert read(mail(From="maria@ourdomain.example"))["reason"] == "internal"

    def test_subdomains_are_ours(self, mail, read) -> None:
        assert read(mail(From="robot@crm.ourdomain.example"))["reason"] == "internal"

    def test_neighbours_domain_is_not_ours(self, mail, lead) -> None:
        assert lead(mail(From="a@notourdomain.example"))["direction"] == "in"

    def test_mailbox_itself_is_ours_without_own_domains(self, mail, lead) -> None:
        raw = mail(From="sales@ourdomain.example", To="anna@client.example")
        assert lead(raw, own_domains=[])["direction"] == "out"

    def test_free_mailers_domain_is_not_ours_by_the_address(self, mail, lead) -> None:
        raw = mail(From="petr@gmail.example")
        assert lead(raw, address="shop@gmail.example", own_domains=[])["direction"] == "in"

    def test_outlook_block_of_a_customer_is_unwrapped(self, mail, lead, who) -> None:
        body = (
            "________________________________\nОт: Олег <oleg@client.example>\nОтправлено: "
            "13 февраля\nКому: Мария\nТема: Цены\n\nПришлите прайс"
        )
        found = lead(mail(body, From="maria@ourdomain.example", Subject="FW: Цены"))
        assert who(found) == [("email", "oleg@client.example", "claimed")]
        assert found["text"] == "Пришлите прайс"

    def test_gmail_forward_in_html_is_unwrapped(self, mail, lead, who) -> None:
        body = (
            '<div dir="ltr">Глянь<br><div class="gmail_quote"><div class="gmail_attr">---------- '
            "Forwarded message ---------<br>От: <strong>Олег</strong> &lt;<a>oleg@client.example"
            "</a>&gt;<br>Date: чт, 13 февр. 2025 г. в 18:20<br>Subject: Цены<br>To:  &lt;maria@"
            "ourdomain.example&gt;<br></div><br><div>Пришлите прайс</div></div></div>"
        )
        raw = mail(body, From="maria@ourdomain.example", Content_Type="text/html; charset=utf-8")
        found = lead(raw)
        assert who(found) == [("email", "oleg@client.example", "claimed")]
        assert (found["subject"], found["text"]) == ("Цены", "Пришлите прайс")
        assert found["fields"]["note"] == "Глянь"

    def test_mail_forwarded_as_an_attachment_is_unwrapped(self, mail, lead, who) -> None:
        inner = mail("Пришлите прайс", From="Oleg <oleg@client.example>", Subject="Prices")
        outer = mail(
            "--b\nContent-Type: text/plain; charset=utf-8\n\nсм.\n--b\nContent-Type: "
            f"message/rfc822\n\n{inner.decode()}\n--b--",
            From="maria@ourdomain.example",
            Content_Type="multipart/mixed; boundary=b",
        )
        found = lead(outer)
        assert who(found) == [("email", "oleg@client.example", "claimed")]
        assert (found["subject"], found["text"]) == ("Prices", "Пришлите прайс")

    def test_colleagues_mail_inside_a_colleagues_mail_is_internal(self, mail, read) -> None:
        body = (
            "-------- Пересылаемое сообщение --------\nОт кого: X <x@ourdomain.example>\n"
            "Кому: y\nТема: z\n\nтекст"
        )
        assert read(mail(body, From="maria@ourdomain.example"))["reason"] == "internal"


class TestText:
    def test_customers_forward_without_own_words_is_what_they_said(self, mail, lead, who) -> None:
        body = (
            "-------- Пересылаемое сообщение --------\nОт кого: X <x@z.example>\n"
            "Кому: y\nТема: z\n\nНужен прайс"
        )
        found = lead(mail(body))
        assert found["text"] == "Нужен прайс"
        assert who(found) == [("email", "petr@example.ru", "attested")]

    def test_answer_of_an_outlook_quote_alone_has_no_text(self, mail, lead) -> None:
        body = "От: A <a@b.example>\nОтправлено: вчера\nКому: x\nТема: y\n\nнаше письмо"
        assert "text" not in lead(mail(body, Subject="RE: y"))

    def test_html_is_read_where_the_plain_text_is_empty(self, mail, lead) -> None:
        raw = mail(
            "--b\nContent-Type: text/plain\n\n \n--b\nContent-Type: text/html\n\n<p>Hi</p>\n--b--",
            Content_Type='multipart/alternative; boundary="b"',
        )
        assert lead(raw)["text"] == "Hi"

    def test_texts_around_an_attachment_are_joined(self, mail, lead) -> None:
        raw = mail(
            "--b\nContent-Type: text/plain\n\none\n--b\nContent-Type: image/png\n\nx\n--b\n"
            "Content-Type: text/plain\n\ntwo\n--b--",
            Content_Type="multipart/mixed; boundary=b",
        )
        found = lead(raw)
        assert found["text"] == "one\ntwo"
        assert [one["mime"] for one in found["attachments"]] == ["image/png"]

    def test_mail_of_an_attachment_alone_is_a_lead(self, mail, lead) -> None:
        raw = mail("x", Content_Type='application/pdf; name="a.pdf"', Subject=None)
        found = lead(raw)
        assert "text" not in found
        assert found["attachments"][0]["ref"] == "part:1"

    def test_attached_mail_is_no_text_of_the_customer(self, mail, lead) -> None:
        raw = mail(
            "--b\nContent-Type: text/plain\n\nsee\n--b\nContent-Type: message/rfc822\n\n"
            "From: x@y.example\n\nsecret\n--b--",
            Content_Type="multipart/mixed; boundary=b",
        )
        found = lead(raw)
        assert found["text"] == "see"
        assert [one["mime"] for one in found["attachments"]] == ["message/rfc822"]

    def test_mail_cut_short_is_read_as_far_as_it_goes(self, mail, lead) -> None:
        raw = mail(
            "--b\nContent-Type: text/plain; charset=utf-8\n\nПривет\n--b\nContent-Type: image/png;"
            " name=a.png\nContent-Transfer-Encoding: base64\n\nAAAA",
            Content_Type="multipart/mixed; boundary=b",
        )
        assert lead(raw)["text"] == "Привет"

    def test_flowed_paragraphs_are_joined(self, mail, lead) -> None:
        raw = mail("Добрый \nдень\n\n-- \nX", Content_Type="text/plain; format=flowed")
        assert lead(raw)["text"] == "Добрый день"

    def test_card_that_is_attached_is_only_mentioned(self, mail, lead, mentioned) -> None:
        raw = mail(
            "--b\nContent-Type: text/plain\n\nsee\n--b\nContent-Type: text/vcard; name=a.vcf\n\n"
            "BEGIN:VCARD\nTEL;TYPE=CELL:+79161234567\nEND:VCARD\n--b--",
            Content_Type="multipart/mixed; boundary=b",
        )
        assert mentioned(lead(raw)) == [("phone", "+79161234567")]


class TestTime:
    @pytest.mark.parametrize(
        ("date", "expected"),
        [
            ("Fri, 14 Feb 2025 10:00:00 +0300", "2025-02-14T07:00:00.000Z"),
            ("14 Feb 2025 10:00 +0300 (MSK)", "2025-02-14T07:00:00.000Z"),
            ("Fri, 14 Feb 2025 05:00:00 GMT", "2025-02-14T05:00:00.000Z"),
            ("Fri, 14 Feb 2025 10:00:00", "2025-02-14T07:00:00.000Z"),
            ("Fri, 14 Feb 2025 07:00:00 -0000", "2025-02-14T07:00:00.000Z"),
            ("Fri, 14 Feb 1997 10:00:00 +0300", "2025-02-14T07:00:05.000Z"),
            ("Fri, 14 Feb 2035 10:00:00 +0300", "2025-02-14T07:00:05.000Z"),
            ("Fri, 99 Feb 2025 10:00:00 +0300", "2025-02-14T07:00:05.000Z"),
            ("Fri, 14 Feb 2025 10:00:00 +9999999", "2025-02-14T07:00:05.000Z"),
            ("вчера", "2025-02-14T07:00:05.000Z"),
            (None, "2025-02-14T07:00:05.000Z"),
        ],
    )
    def test_date_header_if_it_is_sane(self, date: str | None, expected: str, mail, lead) -> None:
        assert lead(mail(Date=date))["occurred_at"] == expected


class TestOutcomes:
    def test_what_is_no_mail_goes_to_quarantine(self, read) -> None:
        for raw in (b"", b"hello", b"{}", b"\x00\xff" * 99, b"key: value\n\nbody"):
            assert (read(raw)["outcome"], read(raw)["reason"]) == ("quarantined", "broken_mail")

    def test_mail_with_nothing_in_it_is_ignored(self, read) -> None:
        assert read(b"Date: Fri, 14 Feb 2025 10:00:00 +0300\n\n")["reason"] == "empty"

    def test_mailbox_password_is_cut_out_of_the_raw_mail(self, mail, lead) -> None:
        found = lead(mail("my secret is hunter2-hunter2"), imap_password="hunter2-hunter2")
        assert b"hunter2" not in base64.b64decode(found["raw"]["body"])
