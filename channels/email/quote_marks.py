"""Which lines open a quote, a forwarded mail or a signature: the table of docs/providers.md,
3.5, in patterns. Each is linear, and lines over 300 characters open nothing."""

import re
from collections.abc import Sequence

LONGEST_MARK = 300

_MONTH = (
    r"(?:янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек|jan|feb|mar|apr|may|jun|jul|aug|sep|"
    r"oct|nov|dec)[a-zа-я]{0,8}\.?"
)
_DATE = (
    r"(?:\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|"
    rf"\d{{1,2}}\.?\s{_MONTH}(?:,?\s\d{{4}})?|{_MONTH}\s\d{{1,2}},?\s\d{{4}})"
)
_WEEKDAY = (
    r"(?:пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|"
    r"mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}"
)
_VERB = (
    r"(?:пишет|писал|писала|пис[ао]ли|написал|написала|написали|отправил|отправила|wrote|writes)"
)
_STARTS_WITH_DATE = re.compile(
    rf"[>\s]*(?:(?:on|в письме от|вы писали|письмо от)\s+)?(?:{_WEEKDAY}[.,]{{0,2}}\s+)?{_DATE}",
    re.IGNORECASE,
)
_TIME = re.compile(r"\d{1,2}:\d{2}")
_YOU_WROTE = re.compile(r"[>\s]*вы писали\s", re.IGNORECASE)
_ENDS_WITH_WRITER = re.compile(
    rf"(?:@[^\s<>]{{1,200}}>?|\b{_VERB}(?:\([а-я]{{1,2}}\))?)\s?:$", re.IGNORECASE
)
_SAYS = re.compile(rf"\b{_VERB}\b", re.IGNORECASE)
_OTHER_LANGUAGES = re.compile(
    r"[>\s]*(?:Am|Le|El|Den|Em|Op|Il|W dniu|Dne|Dňa)\s.{6,200}"
    r"\b(?:schrieb|a écrit|escribió|skrev|escreveu|schreef|ha scritto|napisał|napsal|geschreven)\b"
    r".{0,100}:\s*$"
)

_SEPARATOR = re.compile(
    r"[>\s]*(?:[-—–_=*]{2,}\s*)?(?P<what>(?:forwarded|original) (?:message|appointment)|"
    r"begin forwarded message|"
    r"(?:пересылаемое|пересланное|перенаправленное|переадресованное|исходное|первоначальное) "
    r"(?:сообщение|письмо)|начало (?:переадресованного|пересылаемого|перенаправленного) "
    r"(?:сообщения|письма)|weitergeleitete nachricht|ursprüngliche nachricht|message transféré)"
    r"(?P<end>\s*[-—–_=*]{2,}|:)\s*$",
    re.IGNORECASE,
)
_END_OF_FORWARD = re.compile(
    r"[>\s]*[-—–_=*]{2,}\s*(?:конец|завершение|end of) "
    r"(?:пересылаемого|пересланного|перенаправленного|forwarded)\b.{0,60}$",
    re.IGNORECASE,
)
_RULE = re.compile(r"[>\s]*[_\-—–=]{5,}\s*$")

_FIELDS = {
    "from": "от кого|от|отправитель|from|von|de|від",
    "date": "отправлено|дата|послано|sent|date|gesendet|datum|envoyé|enviado",
    "to": "кому|получатель|to|an|para|à",
    "cc": "копия|cc|скрытая копия|bcc",
    "subject": "тема|subject|betreff|objet|asunto",
    "other": "важность|importance|reply-to|вложения|attachments",
}
_FIELD = re.compile(
    r"[>\s]*\**(?:"
    + "|".join(rf"(?P<{kind}>{words})" for kind, words in _FIELDS.items())
    + r")\s{0,3}\**:\**\s*(?P<value>.*)$",
    re.IGNORECASE,
)
_FIELD_WINDOW = 10

_DEVICE = (
    r"iphone|ipad|ios|android|андроид|samsung|galaxy|xiaomi|redmi|huawei|honor|смартфон|телефон|"
    r"мобильн|планшет|устройств|почт|mail|outlook|яндекс|yandex|gmail|blackberry|windows|"
    r"приложени|spark|proton|icloud|thunderbird|bat"
)
_SENT_FROM = re.compile(
    rf"\W{{0,3}}(?:отправлено|отослано|послано|написано|sent)\s(?:с|из|от|через|при|from|via|using)"
    rf"\s.{{0,60}}(?:{_DEVICE}).{{0,80}}$|\W{{0,3}}(?:получить|получите|скачать|скачайте|get)\s"
    rf"outlook\s(?:для|for)\b.{{0,120}}$|\W{{0,3}}без вирусов\.?(?:\s.{{0,80}})?$|"
    rf"\W{{0,3}}virus-free\..{{0,80}}$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\s*(?:с\s(?:большим\s|глубоким\s|искренним\s)?уважением|с\sнаилучшими(?:\sпожеланиями)?|"
    r"с\sпочтением|(?:with\s)?(?:best|kind|warm)(?:est)?\s(?:regards|wishes)|regards|"
    r"yours\s(?:sincerely|faithfully|truly)|sincerely(?:\syours)?|mit freundlichen grüßen|"
    r"cordialement)\s*[,.!—–-]*\s*"
    r"(?:(?:ваш|менеджер|директор|инженер|специалист|руководитель|начальник|главный|генеральный|"
    r"отдел|зам|коллектив|команда|бухгалтер|секретарь)\b.{0,80}|(?-i:[А-ЯЁA-Z«].{0,80}))?$",
    re.IGNORECASE,
)
_DELIMITER = re.compile(r"(?:--|—|––) ?$")
_POSTSCRIPT = re.compile(r"\s*(?:P\.\s?P?\.?\s?S\.?|PS\b|З\.\s?Ы\.?|ЗЫ\b|П\.\s?С\.)", re.IGNORECASE)
_QUOTED = re.compile(r"\s{0,3}(?:[A-ZА-ЯЁ]{1,3})?>")


def is_quoted(line: str) -> bool:
    """`> text`, and The Bat!'s `ИП> text`."""
    return bool(_QUOTED.match(line))


def reply_header(lines: Sequence[str], place: int) -> int:
    """How many lines from `place` on say who wrote when (`…, X пишет:`), wrapped or not; else 0."""
    first = lines[place]
    if len(first) > LONGEST_MARK or not first.strip():
        return 0
    dated = bool(_STARTS_WITH_DATE.match(first))
    joined = ""
    for count in (1, 2, 3):
        if place + count > len(lines):
            break
        joined = f"{joined} {lines[place + count - 1].strip().lstrip('> ')}".strip()
        if len(joined) > LONGEST_MARK:
            break
        if joined.endswith(":") and _is_header(joined, lines, place + count, dated=dated):
            return count
        if not dated and "@" not in joined:
            break
    return 0


def _is_header(joined: str, lines: Sequence[str], after: int, *, dated: bool) -> bool:
    if not dated:
        named = "@" in joined and _SAYS.search(joined)
        return bool(named or _OTHER_LANGUAGES.match(joined))
    if _YOU_WROTE.match(joined):
        return True
    if not _TIME.search(joined):
        return False
    return bool(_ENDS_WITH_WRITER.search(joined)) or is_quoted(_next_line(lines, after))


def _next_line(lines: Sequence[str], place: int) -> str:
    return next((line for line in lines[place : place + 3] if line.strip()), "")


def opens_forward(line: str) -> bool:
    """`-------- Пересылаемое сообщение --------` and its like, also Outlook's for replies."""
    return len(line) <= LONGEST_MARK and bool(_SEPARATOR.match(line))


def ends_forward(line: str) -> bool:
    return len(line) <= LONGEST_MARK and bool(_END_OF_FORWARD.match(line))


def is_rule(line: str) -> bool:
    """A line of underscores or dashes, as Outlook puts above an older mail."""
    return len(line) <= LONGEST_MARK and bool(_RULE.match(line))


def field_of(line: str) -> tuple[str, str]:
    """The kind and value of a line such as `От: X <a@b>` in an older mail's block; else empty."""
    found = _FIELD.match(line) if len(line) <= 2000 else None
    if not found or not found.lastgroup:
        return "", ""
    kind = next((kind for kind in _FIELDS if found[kind]), "")
    return kind, found["value"].strip()


def field_block(lines: Sequence[str], place: int) -> tuple[dict[str, str], int]:
    """The fields that follow one another from `place` on, and how many lines they take.

    An older mail's block has its sender and two more of date, recipient and subject; whatever
    has less is no block: nothing, and 0.
    """
    fields: dict[str, str] = {}
    count = 0
    last = ""
    for line in lines[place : place + _FIELD_WINDOW]:
        kind, value = field_of(line)
        if kind and kind in fields and kind != "other":
            break
        if kind:
            fields[kind] = value
            last = kind
        elif not line.strip("> \t") or last not in ("to", "cc", "subject"):
            break  # only recipients and subjects go on in the next line
        count += 1
    known = fields.keys() - {"other"}
    return (fields, count) if "from" in known and len(known) >= 3 else ({}, 0)


def is_sent_from(line: str) -> bool:
    """`Отправлено с iPhone` and the like: a signature of one line that a program wrote."""
    return len(line) <= LONGEST_MARK and bool(_SENT_FROM.match(line))


def is_delimiter(line: str) -> bool:
    """`-- `, above a signature (RFC 3676 4.3)."""
    return bool(_DELIMITER.match(line))


def is_closing(line: str) -> bool:
    """`С уважением,` with or without a name."""
    return len(line) <= LONGEST_MARK and bool(_CLOSING.match(line))


def is_postscript(line: str) -> bool:
    return bool(_POSTSCRIPT.match(line))
