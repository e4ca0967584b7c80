"""What a starting process prints: where people and providers reach it."""

from collections.abc import Collection, Iterator
from typing import Any

from channels.email.adapter import EmailAdapter
from channels.registry import make_adapter
from channels.sdk.adapter import PollingAdapter
from leadlog.polling import is_called
from leadlog.role_names import Role
from leadlog.settings import Mail, Settings


def addresses(url: str, settings: Settings, roles: Collection[Role]) -> Iterator[str]:
    """Line by line, once the roles are ready at `url`."""
    yield f"leadlog is ready at {url}/"
    if set(roles) != set(Role):
        yield f"  roles    {', '.join(role for role in Role if role in roles)}"
    if Role.DESK in roles:
        yield f"  numbers  {url}/numbers"
    if {Role.GATEWAY, Role.POLLERS} & {*roles}:
        for table in settings.accounts:
            for way in _ways_in(url, table, roles, settings.mail):
                yield f"  {way}   ({table['type']})"
        if not settings.accounts:
            yield "  no accounts are configured; see leadlog.example.toml, or try: leadlog demo"


def _ways_in(url: str, table: dict[str, Any], roles: Collection[Role], mail: Mail) -> Iterator[str]:
    """Where an account's deliveries go, and where they are fetched."""
    name, adapter = table["name"], make_adapter(dict(table))
    source = adapter.fetched_from() if isinstance(adapter, PollingAdapter) else ""
    if source and Role.POLLERS in roles:
        yield f"fetched  {name} from {source}"
    if is_called(adapter) and Role.GATEWAY in roles:
        secret = "/<secret_path>" if table.get("secret_path") else ""
        yield f"intake   {url}/in/{name}{secret}"
    elif mail.port and isinstance(adapter, EmailAdapter) and Role.GATEWAY in roles:
        yield f"mail     {name} by {mail.protocol} at {mail.host}:{mail.port}"
    elif not (source or is_called(adapter) or (mail.port and isinstance(adapter, EmailAdapter))):
        yield f"NOT FETCHED {name}: its settings do not say from where; see the README of its type"
