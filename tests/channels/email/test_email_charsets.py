"""Decoding of Russian mail: docs/providers.md, 3.3."""

import pytest

from channels.email.charsets import codec, decode

TEXTS = ("Да, согласен.", "Хочу заказать кухню, перезвоните", "Иванов Иван Иванович", "Привет")
CYRILLIC = ("koi8-r", "windows-1251", "cp866", "iso-8859-5", "utf-8")


@pytest.mark.parametrize("text", [*TEXTS, "Петр", "АННА", "Ё", "рад", "Счёт", "Юлия", "да"])
@pytest.mark.parametrize("charset", CYRILLIC)
def test_declared_charset_is_believed(charset: str, text: str) -> None:
    assert decode(text.encode(charset), charset) == text


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("charset", CYRILLIC)
@pytest.mark.parametrize("label", ["", "x-unknown", "unknown-8bit", "us-ascii", "iso-8859-1"])
def test_wrong_or_missing_label_is_seen_through(label: str, charset: str, text: str) -> None:
    assert decode(text.encode(charset), label) == text


@pytest.mark.parametrize("label", ["koi8-r", "windows-1251", "iso-8859-1", "cp866", "us-ascii"])
def test_utf8_wins_over_a_single_byte_label(label: str) -> None:
    assert decode("Петр".encode(), label) == "Петр"


@pytest.mark.parametrize("text", TEXTS[1:3])
def test_koi8_and_1251_taken_for_each_other_are_told_apart_by_long_texts(text: str) -> None:
    assert decode(text.encode("koi8-r"), "windows-1251") == text
    assert decode(text.encode("cp1251"), "koi8-r") == text


@pytest.mark.parametrize("text", ["élève à Paris", "Größe über alles", "naïve café"])
def test_western_text_stays_western(text: str) -> None:
    assert decode(text.encode("latin-1"), "iso-8859-1") == text
    assert decode(text.encode("latin-1"), "") == text


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("ru_RU.KOI8-R", "koi8-r"),
        ('"utf-8"; format=flowed', "utf-8"),
        ("cp-1251", "cp1251"),
        ("WINDOWS-1251", "cp1251"),
        (" koi8-r ", "koi8-r"),
        ("'koi8r'", "koi8-r"),
        ("x-cp1251", "cp1251"),
        ("Windows1251", "cp1251"),
        ("CP866", "cp866"),
        ("iso-8859-5", "iso8859-5"),
        ("gb2312", "gb2312"),
        ("x-unknown", ""),
        ("unicode_escape", ""),
        ("idna", ""),
        ("zlib", ""),
        ("utf-8\x00", "utf-8"),
        ("", ""),
        ("я" * 99, ""),
    ],
)
def test_broken_labels_are_understood(label: str, expected: str) -> None:
    assert codec(label) == expected


def test_utf8_cut_inside_a_character_is_still_utf8() -> None:
    assert decode("Привет, мир".encode()[:-1], "utf-8") == "Привет, ми\ufffd"


def test_charsets_of_others_are_strict() -> None:
    assert decode("日本語".encode("iso2022_jp"), "iso-2022-jp") == "日本語"
    assert decode("日本語".encode("shift_jis"), "shift_jis") == "日本語"
    assert decode("Привет".encode("utf-16"), "utf-16") == "Привет"
