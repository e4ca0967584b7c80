"""How people write down an account: `@inna`, `t.me/inna`, `vk.com/id7`, `wa.me/79210001122`, an id.

An account is (kind, value) as adapters make it: by the number that never changes, or, where a form
asked for it, by the user name in small letters. One with a user name may be known by its number
only; then the name stands in its profile.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from channels.sdk.phones import parse_phone

_HOSTS: Final = {
    "t.me": "telegram",
    "telegram.me": "telegram",
    "vk.com": "vk",
    "vk.ru": "vk",
    "vkontakte.ru": "vk",
    "instagram.com": "instagram",
    "instagr.am": "instagram",
}
_ANY_HOST: Final = "|".join(map(re.escape, _HOSTS))
HANDLE: Final = re.compile(
    rf"(?P<marked>@|(?i:(?:https?://)?(?:www\.|m\.)?(?P<host>{_ANY_HOST})/))?"
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._]{1,63})/?(?:\?.*)?",
    re.DOTALL,
)
"""A user name, bare, with its @, or as the address of a page."""
WA_LINK: Final = re.compile(
    r"(?i:(?:https?://)?wa\.me)/\+?(?P<digits>\d{10,15})(?:\D.*)?", re.DOTALL
)
_TG_LINK: Final = re.compile(
    r"(?i:tg)://(?:user\?id=(?P<id>[0-9]{1,20})|resolve\?domain=(?P<name>\w{2,64}))(?:&.*)?",
    re.ASCII,
)
_VK_ID: Final = re.compile(r"id[0-9]{1,20}")
_BY_NAME: Final = ("telegram", "instagram", "vk")
_BY_NUMBER: Final = ("telegram", "vk", "whatsapp", "instagram", "max", "avito")


class Accounts(NamedTuple):
    """What a text names."""

    found: tuple[tuple[str, str], ...]
    """(kind, value) of each account that it may be."""
    name: str = ""
    """The user name, which a profile may have; empty where the text is a number."""
    is_sure: bool = False
    """The text says of which network."""


def value_of(kind: str, name: str) -> str:
    """What an account of this network is called by: `Inna` as `inna`, VK's `id7` as `7`."""
    small = name.lower()
    return small[2:] if kind == "vk" and _VK_ID.fullmatch(small) else small


def accounts_in(text: str, countries: Sequence[str] = ("RU",)) -> Accounts | None:
    """The accounts that somebody may mean who looks for this; None where it is something else.

    `countries` are those whose numbers may be written without a code (ISO 3166).
    """
    kind, _, rest = text.partition(":")
    rest = rest.strip()
    if link := WA_LINK.fullmatch(rest if kind == "whatsapp" else text):
        return _of_whatsapp(f"+{link['digits']}", countries)
    if kind == "whatsapp":
        return _of_whatsapp(rest, countries)
    if link := _TG_LINK.fullmatch(text):
        return _sure("telegram", link["id"] or link["name"])
    if kind in _BY_NAME and (found := HANDLE.fullmatch(rest)):
        return _sure(kind, found["name"])
    found = HANDLE.fullmatch(text)
    if found and found["host"]:
        return _sure(_HOSTS[found["host"].lower()], found["name"])
    return _of_some(found["name"], is_name=bool(found["marked"])) if found else None


def _sure(kind: str, name: str) -> Accounts:
    value = value_of(kind, name)
    return Accounts(((kind, value),), "" if value.isdigit() else name, is_sure=True)


def _of_whatsapp(text: str, countries: Sequence[str]) -> Accounts | None:
    numbers = (parse_phone(text, country) for country in countries)
    values = dict.fromkeys(number.value.removeprefix("+") for number in numbers if number)
    found = tuple(("whatsapp", value) for value in values)
    return Accounts(found, is_sure=True) if found else None


def _of_some(name: str, *, is_name: bool) -> Accounts:
    """Of a bare word: it may be of any network."""
    if name.isdigit() and not is_name:
        return Accounts(tuple((kind, name) for kind in _BY_NUMBER), name)
    values = {kind: value_of(kind, name) for kind in _BY_NAME}
    return Accounts(tuple(values.items()), name)
