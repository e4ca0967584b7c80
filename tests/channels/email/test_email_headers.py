"""Headers as senders really write them: RFC 2047, RFC 2231, addresses."""

import base64

import pytest

from channels.email.addresses import mailboxes
from channels.email.encoded_words import clean, decode_words
from channels.email.headers import split_header


def b(text: bytes) -> str:
    return base64.b64encode(text).decode()


SPLIT = "Привет".encode()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=?koi8-r?B?8MXU0g==?=", "Петр"),
        ("=?windows-1251?B?zvLi5fI6IMfg/+Lq4A==?=", "Ответ: Заявка"),
        ("=?utf-8?Q?=D0=9F=D1=80_=D0=B8?=", "Пр и"),
        ("=?utf-8?q?=D0=9F=D1=80 =D0=B8?=", "Пр и"),
        ("=?utf-8*ru?B?0J/RgA==?=", "Пр"),
        ("=?utf-8?B?0J8=?= =?utf-8?B?0YA=?=", "Пр"),
        ("=?utf-8?B?0J8=?=\t =?utf-8?B?0YA=?= x", "Пр x"),
        ("Re: =?utf-8?B?0J8=?= (a)", "Re: П (a)"),
        ('"=?windows-1251?B?zvLi5fI=?=" x', '"Ответ" x'),
        (f"=?utf-8?B?{b(SPLIT[:3])}?= =?utf-8?B?{b(SPLIT[3:])}?=", "Привет"),
        (f"=?utf-8?B?{b(SPLIT)[:6]}?= =?utf-8?B?{b(SPLIT)[6:]}?=", "Привет"),
        ("=?utf-8?Q?=D0?= =?UTF-8?Q?=9F?=", "П"),
        ("=?utf-8?B?0J/RgNC40LLQtdGC?==?utf-8?B?IQ==?=", "Привет!"),
        ("=?koi8-r?B?8MXU0g?=", "Петр"),
        ("=?koi8-r?B?8MX U0g==?=", "Петр"),
        ("=?x-unknown?B?8MXU0g==?=", "Петр"),
        ("=?iso-8859-1?B?zvLi5fI6IMfg/+Lq4A==?=", "Ответ: Заявка"),
        ("=?utf-8?Q?Сколько?=", "Сколько"),
        ("=?utf-8?Q?a?b?=", "a?b"),
        ("=?utf-8?B??=", ""),
        ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
        ("=?utf-8?B?abc", "=?utf-8?B?abc"),
    ],
)
def test_encoded_words(value: str, expected: str) -> None:
    assert decode_words(value) == expected


def test_clean_takes_what_no_person_sees() -> None:
    assert clean("a\x00b\ud800 \t c\u200b") == "ab c"


class TestHeader:
    def test_folded_lines_are_one_value(self) -> None:
        headers, body = split_header(b"Subject: a\r\n b\r\n\tc\r\nTo: x\r\n\r\nbody")
        assert (headers.text("subject"), headers.raw("to"), body) == ("a b c", "x", b"body")

    def test_raw_eight_bit_values_are_guessed(self) -> None:
        headers, _ = split_header("Subject: Привет\n\n".encode("cp1251"))
        assert headers.text("subject") == "Привет"

    def test_raw_utf8_values_are_read(self) -> None:
        headers, _ = split_header("Subject: Привет\n\n".encode())
        assert headers.text("subject") == "Привет"

    def test_names_have_no_case_and_may_have_blanks_before_the_colon(self) -> None:
        headers, _ = split_header(b"SUBJECT : x\n\n")
        assert headers.text("subject") == "x"

    def test_line_that_is_no_field_ends_the_header(self) -> None:
        headers, body = split_header(b"Subject: x\nhello there\n\nmore")
        assert (headers.text("subject"), body) == ("x", b"hello there\n\nmore")

    def test_first_of_several_counts(self) -> None:
        headers, _ = split_header(b"Subject: a\nSubject: b\n\n")
        assert headers.text("subject") == "a"

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("application/pdf; name=a.pdf", "a.pdf"),
            ('application/pdf; name="a;b \\"c\\".pdf"', 'a;b "c".pdf'),
            ('x/y; name="=?koi8-r?B?xs/Uzy5qcGc=?="', "фото.jpg"),
            ("x/y; name=plain.txt; name*=utf-8''%D1%84.txt", "ф.txt"),
            ("x/y; name*0*=utf-8''%D1%84; name*1=oto; name*2*=%2Etxt", "фoto.txt"),
            ("x/y; name*1*=%2Etxt; name*0*=windows-1251''%F4", "ф.txt"),
            ("x/y; name*=koi8-r'ru'%C6%CF", "фо"),
            ("x/y; name*0=a; name*1=b", "ab"),
            ("x/y; NAME = a", "a"),
            ("x/y; name=фото.jpg", "фото.jpg"),
            ('x/y; name="open', "open"),
            ("x/y", ""),
        ],
    )
    def test_parameters(self, value: str, expected: str) -> None:
        headers, _ = split_header(f"Content-Type: {value}\n\n".encode())
        assert headers.parameters("content-type")[1].get("name", "") == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a@b.example", [("a@b.example", "")]),
        ("<a@b.example>", [("a@b.example", "")]),
        ("Иван <A@B.example>", [("a@b.example", "Иван")]),
        ('"Иванов, Пётр" <a@b.example>', [("a@b.example", "Иванов, Пётр")]),
        ("Иванов, Пётр <a@b.example>", [("a@b.example", "Иванов Пётр")]),
        ('"=?koi8-r?B?8MXU0g==?=" <a@b.example>', [("a@b.example", "Петр")]),
        ("=?koi8-r?B?8MXU0g==?= <a@b.example>", [("a@b.example", "Петр")]),
        ("a@b.example (Иван)", [("a@b.example", "Иван")]),
        ("a@b.example, <c@d.example>", [("a@b.example", ""), ("c@d.example", "")]),
        ("a@b.example; c@d.example", [("a@b.example", ""), ("c@d.example", "")]),
        ("Team: a@b.example, c@d.example;", [("a@b.example", ""), ("c@d.example", "")]),
        ("undisclosed-recipients:;", []),
        ("=?utf-8?B?0JjQstCw0L0gPGFAYi5leGFtcGxlPg==?=", [("a@b.example", "Иван")]),
        ('"a@b.example" <a@b.example>', [("a@b.example", "")]),
        ("'Иван' <a@b.example>", [("a@b.example", "Иван")]),
        ("X <mailto:a@b.example>", [("a@b.example", "X")]),
        ("X <a @b.example>", [("a@b.example", "X")]),
        ("Иван <ivan@пример.рф>", [("ivan@xn--e1afmkfd.xn--p1ai", "Иван")]),
        ("nobody", []),
        ("", []),
        ("<>", []),
        ("\x00a@b.example", [("a@b.example", "")]),
    ],
)
def test_addresses(value: str, expected: list[tuple[str, str]]) -> None:
    headers, _ = split_header(f"From: {value}\n\n".encode())
    assert [(box.value, box.name) for box in mailboxes(headers.raw("from"))] == expected
