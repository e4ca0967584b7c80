"""Bytes of Russian mail to text (docs/providers.md, 3.3). Never raises.

Bytes that are UTF-8 with multibyte sequences are UTF-8, whatever a label says. Else the declared
charset is tried strictly; a Cyrillic or Western label, which fits nearly any bytes, is overruled
where another reading is by far likelier as Russian text. Without a label the likeliest is taken.

The likelihood is our own: names and subjects are short, and the charsets to choose from are few.
"""

import codecs
import math
import re

_NAMES = {
    "utf8": "utf-8",
    "unicode11utf8": "utf-8",
    "koi8r": "koi8-r",
    "koi8": "koi8-r",
    "koi8u": "koi8-u",
    "koi8ru": "koi8-u",
    "windows1251": "cp1251",
    "cp1251": "cp1251",
    "win1251": "cp1251",
    "win": "cp1251",
    "1251": "cp1251",
    "xcp1251": "cp1251",
    "xwindows1251": "cp1251",
    "ansi1251": "cp1251",
    "cp866": "cp866",
    "ibm866": "cp866",
    "866": "cp866",
    "dos": "cp866",
    "iso88595": "iso8859-5",
    "88595": "iso8859-5",
    "xmaccyrillic": "mac-cyrillic",
    "iso88591": "cp1252",  # as browsers read it
    "latin1": "cp1252",
    "windows1252": "cp1252",
    "cp1252": "cp1252",
    "ascii": "ascii",
    "usascii": "ascii",
}
"""Labels, bare of punctuation and locale, and Python's name of what is meant."""

_FOREIGN_NAMES = (
    "iso8859-2 iso8859-3 iso8859-4 iso8859-6 iso8859-7 iso8859-8 iso8859-9 iso8859-10 iso8859-11 "
    "iso8859-13 iso8859-14 iso8859-15 iso8859-16 cp1250 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 "
    "cp874 cp855 ptcp154 kz1048 gb18030 gbk gb2312 big5 shift_jis euc_jp iso2022_jp euc_kr cp949 "
    "mac-cyrillic utf-7 utf-16 utf-16-le utf-16-be"
)
_FOREIGN = frozenset(_FOREIGN_NAMES.split())
"""Other codecs that mail may name. What else Python knows (`unicode_escape`, `idna`) is no charset
of mail, and some of it is slow."""

_NOT_ASCII = frozenset({"utf-7", "utf-16", "utf-16-le", "utf-16-be", "iso2022_jp"})
_CYRILLIC = ("cp1251", "koi8-r", "cp866")
_WESTERN = frozenset({"cp1252", "ascii", "iso8859-2", "iso8859-15", "cp1250"})
_LOCALE = re.compile(r"^[a-z]{2}_[a-z]{2}\.")
_LONGEST_LABEL = 40

_PER_MILLE = (
    "о110 е85 а80 и74 н67 т63 с55 р47 в45 л44 к35 м32 д30 п28 у26 я20 ы19 ь17 г17 з16 б16 ч14 й12 "
    "х10 ж9 ш7 ю6 ц5 щ4 э3 ф3 ъ1 ё2 і1 ї1 є1 ґ1 ў1 қ1 ң1 ғ1 ү1 ұ1 һ1 ә1 ө1"
)
_LETTERS = {pair[0]: math.log(int(pair[1:]) / 1000) for pair in _PER_MILLE.split()}
"""How often each letter stands in Russian (National Corpus); neighbours' letters are possible."""
_FREQUENT_PAIRS = (
    "ст но на по ен то ов ни ра во ко ро ер ре ка ал ли ет пр ть ан ор ол ос го не ом та ва ла ве "
    "де ес ль те ло ин ел ит за да ри от ог мо ма до се ск ми ны ня ию ую ый ой их ых"
)
_PAIRS = frozenset(_FREQUENT_PAIRS.split())
_SIGNS = frozenset("«»№—–“”„…’‘•°€§©®\u00a0")

_TRUST_IN_CYRILLIC = 10.0
"""By how much (natural logarithm of odds) another reading must be likelier before a Cyrillic
label counts as wrong: some ten letters' worth, so that `АННА` stays what its label says."""
_TRUST_IN_WESTERN = 3.0
"""Likewise for Western labels, which programs write on Russian mail without a thought."""
_RARE = 4.0
"""Nobody sends iso-8859-5 without saying so, nearly."""
_SAMPLE = 1024


def decode(data: bytes, label: str = "") -> str:
    """The text that `data` spells; `label` is the charset as declared, however broken."""
    declared = codec(label)
    if data.isascii() and declared not in _NOT_ASCII:
        return data.decode("ascii")
    as_declared = _strictly(data, declared)
    if as_declared is not None and declared in _NOT_ASCII:
        return as_declared
    as_utf8 = _mostly_utf8(data)
    if as_utf8 and not (declared == "cp866" and _is_exotic(as_utf8)):
        return as_utf8
    return _best_reading(data, declared, as_declared)


def codec(label: str) -> str:
    """Python's name of the charset that a label means; empty where it means none."""
    bare = label.strip().strip("\"'").partition(";")[0].strip(" \"'").lower()
    bare = _LOCALE.sub("", bare)
    known = _NAMES.get(re.sub(r"[^a-z0-9]", "", bare))
    if known or len(bare) > _LONGEST_LABEL:
        return known or ""
    try:
        name = codecs.lookup(bare).name
    except (LookupError, ValueError):
        return ""
    return name if name in _FOREIGN else ""


def likelihood(text: str) -> float:
    """The logarithm of how likely the non-ASCII characters of `text` are in Russian mail."""
    total = 0.0
    before = " "
    for place, char in enumerate(text):
        if char > "\x7f":
            after = text[place + 1] if place + 1 < len(text) else " "
            total += _likelihood_of(char, before, after)
        before = char
    return total


def _strictly(data: bytes, declared: str) -> str | None:
    if not declared or declared == "utf-8":
        return None
    try:
        return data.decode(declared)
    except ValueError:
        return None


def _mostly_utf8(data: bytes) -> str:
    """As UTF-8, where broken characters (of a mail cut short, say) are few beside whole ones."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = len(text) - len(text.encode("ascii", "ignore")) - broken
    return text if whole > 4 * broken else ""


def _is_exotic(text: str) -> bool:
    """Whether no letter is Cyrillic: `рад` in cp866 is valid UTF-8 for one Samaritan letter."""
    return not any("\u0400" <= char <= "\u052f" for char in text)


def _best_reading(data: bytes, declared: str, as_declared: str | None) -> str:
    if as_declared is not None and declared not in _CYRILLIC and declared not in _WESTERN:
        return as_declared
    sample = _sample(data)
    best, odds = _likeliest(
        sample, known_cyrillic=as_declared is not None and declared in _CYRILLIC
    )
    if as_declared is not None:
        trust = _TRUST_IN_CYRILLIC if declared in _CYRILLIC else _TRUST_IN_WESTERN
        if likelihood(sample.decode(declared, "replace")) + trust >= odds:
            return as_declared
    return data.decode(best, "replace")


def _likeliest(sample: bytes, *, known_cyrillic: bool) -> tuple[str, float]:
    odds = {name: likelihood(sample.decode(name, "replace")) for name in _CYRILLIC}
    if not known_cyrillic:
        odds["cp1252"] = likelihood(sample.decode("cp1252", "replace"))
        odds["iso8859-5"] = likelihood(sample.decode("iso8859-5", "replace")) - _RARE
    best = max(odds, key=lambda name: odds[name])
    return best, odds[best]


def _sample(data: bytes) -> bytes:
    """Where the first non-ASCII byte is, and what follows."""
    start = len(data) - len(data.lstrip(bytes(range(0x80))))
    return data[max(0, start - 1) : start + _SAMPLE]


def _likelihood_of(char: str, before: str, after: str) -> float:
    letter = _LETTERS.get(char.lower())
    if letter is not None:
        return letter + _oddity(char, before, after)
    if char.isalpha():
        return -6.0 if before > "\x7f" or after > "\x7f" else -3.0
    return -3.0 if char in _SIGNS else -9.0


def _oddity(char: str, before: str, after: str) -> float:
    """What is wrong with a Cyrillic letter's place: inside a Latin word, a capital after a small
    letter (koi8-r and windows-1251 taken for each other swap the case)."""
    odd = 0.0
    if (before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha()):
        odd -= 3.0
    if char.isupper() and before.isalpha():
        odd -= 0.5 if before.isupper() else 4.0
    if (before + char).lower() in _PAIRS:
        odd += 1.0
    return odd
