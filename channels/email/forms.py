"""A form's fields out of its notification mail (docs/providers.md, 3.6). Never raises.

`Label: value` lines, two-column tables, values on the lines below their label. A value that may
be long (a comment) goes on until the next known label, as the reference has it; any other field
ends at the next label, known or not, or at a blank line. `(form id, phone, minute)` is no key
here: whether a webhook brought the same form is not known to one delivery.
"""

import re
from collections.abc import Iterator, Mapping

from channels.email import quote_marks as marks

_KNOWN = {
    "name": "имя|ваше имя|фио|ф и о|контактное лицо|клиент|имя клиента|как вас зовут|"
    "как к вам обращаться|представьтесь|name|your name|full name|fullname|fio",
    "first_name": "first name|firstname",
    "last_name": "фамилия|ваша фамилия|last name|lastname|surname",
    "phone": "телефон|ваш телефон|номер телефона|контактный телефон|мобильный|тел|"
    "мобильный телефон|телефон для связи|phone|your phone|phone number|tel|mobile|telephone",
    "email": "email|e mail|ваш email|ваш e mail|почта|ваша почта|эл почта|электронная почта|"
    "электронный адрес|mail|your email|email address",
    "text": "комментарий|комментарии|ваш комментарий|сообщение|ваше сообщение|вопрос|ваш вопрос|"
    "текст|текст сообщения|пожелания|примечание|message|your message|comment|comments|question",
    "company": "компания|организация|название компании|company|organization",
    "city": "город|ваш город|city|town",
    "page": "страница|адрес страницы|страница отправки|url|url страницы|ссылка на страницу|page|"
    "page url|source url|landing",
    "referrer": "referer|referrer|реферер|источник перехода|http referer",
    "utm": "utm|utm метки|utm tags|метки",
    "visitor": "ym uid|ymuid|clientid|client id|ym client id|yandex client id|ga|ga client id",
}
_CAMPAIGN = (
    "utm_source|utm_medium|utm_campaign|utm_term|utm_content|gclid|gbraid|wbraid|yclid|ymclid|"
    "fbclid"
)
_LABELS = {label: target for target, labels in _KNOWN.items() for label in labels.split("|")}
_LABELS |= {label.replace("_", " "): label for label in _CAMPAIGN.split("|")}
_LINE = re.compile(r"[\s*•·▪–-]*([^\s:=\t*•][^:=\t]{0,79}?)[ *]*(:|=|\t|\s[-–—]\s)[\s*:]*(.*)$")
_TIME = re.compile(r"\d:\d\d\b")
_ALWAYS_PART = frozenset({":", "\t"})
_MANY_LINES = frozenset({"text"})
_MOST_FIELDS = 200
_MOST_LINES = 3000
_LONGEST = 20_000

Fields = list[tuple[str, str, str]]
"""Label as it came, what it means (empty: unknown), value."""


def read_fields(text: str, mapping: Mapping[str, str]) -> Fields:
    """The fields that a notification's text holds; `mapping` is the account's, label → meaning."""
    labels = _LABELS | {_bare(label): target for label, target in mapping.items()}
    found: list[tuple[str, str, list[str]]] = []
    for line in text.split("\n", _MOST_LINES)[:_MOST_LINES]:
        if marks.is_delimiter(line.rstrip()) or len(found) > _MOST_FIELDS:
            break
        begun = _begins(line, labels, found[-1] if found else None)
        if begun:
            found.append(begun)
        elif found:
            _go_on(found[-1][2], line, long=found[-1][1] in _MANY_LINES)
    return [(label, target, _joined(lines)) for label, target, lines in found]


def known_count(fields: Fields) -> int:
    """How many of the fields are understood: which of two texts is the better one."""
    return sum(1 for _, target, value in fields if target and value)


def _begins(
    line: str, labels: Mapping[str, str], current: tuple[str, str, list[str]] | None
) -> tuple[str, str, list[str]] | None:
    """The field that a line begins, or None where it goes on with the one before."""
    bare = _bare(line)
    if bare in labels:
        return line.strip(" \t:*"), labels[bare], []
    match = _LINE.match(line[:_LONGEST])
    if not match or _is_no_label(match):
        return None
    target = labels.get(_bare(match[1]), "")
    within_long = current is not None and current[1] in _MANY_LINES and match[2] == ":"
    if not target and (within_long or match[2] not in _ALWAYS_PART):
        return None
    value = match[3].strip()
    return match[1].strip(), target, [value] if value else []


def _is_no_label(match: re.Match[str]) -> bool:
    """An address (`https://…`), a time (`в 10:30`), a sentence."""
    if match[3].startswith("//") or _TIME.match(match.string, match.end(1) - 1):
        return True
    return len(match[1].split()) > 8


def _go_on(lines: list[str], line: str, *, long: bool) -> None:
    """Add a line to a value; a blank one ends a short value, which then takes no more."""
    text = line.strip()
    if long or (text and "" not in lines):
        lines.append(text)
    elif not text and lines:
        lines.append("")


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip()[:_LONGEST]


def _bare(label: str) -> str:
    """`Ваш E-mail*:` as `ваш e mail`."""
    if len(label) > 100:
        return ""
    return " ".join(re.sub(r"[\W_]+", " ", label.lower()).split())


def pairs_of_query(text: str) -> Iterator[tuple[str, str]]:
    """`utm_source=a&utm_medium=b` or one pair a line, as a single UTM field holds them."""
    for piece in re.split(r"[&;,\n\s]+", text):
        name, equals, value = piece.partition("=")
        if equals and name:
            yield name.strip().lower(), value.strip()
