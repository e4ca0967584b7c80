"""What a starting process prints: where people and providers reach it."""

import json
from collections.abc import Callable, Collection, Iterator
from typing import Any

from channels.email.adapter import EmailAdapter
from channels.registry import make_adapter
from channels.sdk.adapter import PollingAdapter
from leadlog.polling import is_called
from leadlog.role_names import Role
from leadlog.settings import Mail, Settings

Announce = Callable[[str, Settings, Collection[Role]], None]
"""Told once the roles are ready: their URL, and what they run on."""


def announced(
    lines: Callable[[str, Settings, Collection[Role]], Iterator[str]],
    say: Callable[[str], None] = print,
) -> Announce:
    """Says these lines."""

    def tell(url: str, settings: Settings, roles: Collection[Role]) -> None:
        for line in lines(url, settings, roles):
            say(line)

    return tell


def addresses(url: str, settings: Settings, roles: Collection[Role]) -> Iterator[str]:
    """Line by line, once the roles are ready at `url`."""
    yield f"leadlog is ready at {url}/"
    if set(roles) != set(Role):
        yield f"  roles    {', '.join(role for role in Role if role in roles)}"
    if Role.DESK in roles:
        yield f"  numbers  {url}/numbers"
    if {Role.GATEWAY, Role.POLLERS} & {*roles}:
        for table in settings.accounts:
            for way, place in _ways_in(url, table, roles, settings.mail):
                yield f"  {_line(way, place, table['name'])}   ({table['type']})"
        if not settings.accounts:
            yield "  no accounts are configured; see leadlog.example.toml, or try: leadlog demo"


def as_object(url: str, settings: Settings, roles: Collection[Role]) -> Iterator[str]:
    """The same for scripts, as one JSON object on one line."""
    accounts = [
        {"name": table["name"], "type": table["type"]}
        | dict(_ways_in(url, table, roles, settings.mail))
        for table in settings.accounts
        if {Role.GATEWAY, Role.POLLERS} & {*roles}
    ]
    numbers = {"numbers": f"{url}/numbers"} if Role.DESK in roles else {}
    known = [role for role in Role if role in roles]
    yield json.dumps(
        {"url": url, "roles": known, **numbers, "accounts": accounts}, ensure_ascii=False
    )


def _ways_in(
    url: str, table: dict[str, Any], roles: Collection[Role], mail: Mail
) -> Iterator[tuple[str, str]]:
    """Where an account's deliveries go, and where they are fetched: the way, and the place."""
    adapter = make_adapter(dict(table))
    source = adapter.fetched_from() if isinstance(adapter, PollingAdapter) else ""
    if source and Role.POLLERS in roles:
        yield "fetched", source
    if is_called(adapter) and Role.GATEWAY in roles:
        secret = "/<secret_path>" if table.get("secret_path") else ""
        yield "intake", f"{url}/in/{table['name']}{secret}"
    elif mail.port and isinstance(adapter, EmailAdapter) and Role.GATEWAY in roles:
        yield "mail", f"{mail.protocol} at {mail.host}:{mail.port}"
    elif not (source or is_called(adapter) or (mail.port and isinstance(adapter, EmailAdapter))):
        yield "not_fetched", "its settings do not say from where; see the README of its type"


def _line(way: str, place: str, name: str) -> str:
    match way:
        case "fetched":
            return f"fetched  {name} from {place}"
        case "mail":
            return f"mail     {name} by {place}"
        case "not_fetched":
            return f"NOT FETCHED {name}: {place}"
        case _:
            return f"{way:8} {place}"
