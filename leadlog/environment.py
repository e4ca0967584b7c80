"""Settings from the environment, laid over those of the file.

`LEADLOG_SERVER_PORT` is `port` of `[server]`; `LEADLOG_OFFICE_SALT` is `salt` of the account
`office`; `LEADLOG_PIPELINES` is the whole list. Text is taken as it stands, everything else is
written as in the file: `true`, `5`, `["a", "b"]`.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from eventstore.domain.matching import Matching
from eventstore.domain.routing import Routing
from leadlog.account_fields import fields_of
from leadlog.toml_lines import Place

PREFIX = "LEADLOG_"
BENCH_CONFIG = "LEADLOG_BENCH_CONFIG"
NOT_SETTINGS = frozenset({"LEADLOG_FAULT", BENCH_CONFIG})
"""Read where they act: eventstore.faults, leadlog.bench.kafka_topics."""
_FOR_TESTS = "LEADLOG_TEST_"
_TEXT_TABLES = {
    "server": ("host", "port", "max_connections"),
    "stores": (
        *("log", "events", "analytics", "inbox", "spool"),
        *("log_file", "events_file", "analytics_file", "inbox_file"),
    ),
    "kafka": (
        *("tls", "ca_file", "cert_file", "key_file"),
        *("user", "password", "password_file", "sasl"),
    ),
    "keys": ("identity", "identity_file"),
    "processor": ("runner",),
    "mail": (*("host", "port", "protocol", "max_bytes", "max_connections", "tls_cert", "tls_key"),),
    "desk": ("token", "token_file"),
    "metrics": ("token", "token_file"),
    "logging": ("format", "level"),
}
"""Tables whose model reads numbers from text itself."""
_RULES = {"matching": Matching.__struct_fields__, "routing": Routing.__struct_fields__}
_WHOLE = ("accounts", "matching", "pipelines", "routing")


def lay_over(
    table: dict[str, Any], environ: Mapping[str, str], places: dict[Place, str]
) -> Iterator[str]:
    """Change `table` in place, and tell in `places` which variable each value came from.

    Gives a line for each variable that is no setting.
    """
    # What replaces a whole list goes first: its accounts then have variables of their own.
    for name in sorted(environ, key=lambda name: (_key(name) not in _WHOLE, name)):
        if not name.startswith(PREFIX) or name.startswith(_FOR_TESTS) or name in NOT_SETTINGS:
            continue
        try:
            place = _lay(table, _key(name), environ[name])
        except ValueError as error:
            yield f"{name}: {error}"
            continue
        if place is None:
            yield f"{name}: no such setting; names are LEADLOG_TABLE_KEY or LEADLOG_ACCOUNT_KEY"
        else:
            places[place] = name


def _key(name: str) -> str:
    return name.removeprefix(PREFIX).lower()


def _lay(table: dict[str, Any], key: str, value: str) -> Place | None:
    if key == "data":
        table["data"] = value
        return ("data",)
    if key in _WHOLE:
        table[key] = _as_in_the_file(value)
        return (key,)
    return _lay_in_table(table, key, value) or _lay_in_account(table, key, value)


def _lay_in_table(table: dict[str, Any], key: str, value: str) -> Place | None:
    section, _, field = key.partition("_")
    if field in _TEXT_TABLES.get(section, ()):
        given: Any = value
    elif field in _RULES.get(section, ()):
        given = _as_in_the_file(value)
    else:
        return None
    if isinstance(there := table.setdefault(section, {}), dict):
        there[field] = given
    return (section, field)


def _lay_in_account(table: dict[str, Any], key: str, value: str) -> Place | None:
    listed = table.get("accounts")
    accounts = listed if isinstance(listed, list) else []
    named = [(n, account) for n, account in enumerate(accounts) if isinstance(account, dict)]
    # Of `office` and `office_2`, LEADLOG_OFFICE_2_KEY speaks of the latter.
    for number, account in sorted(named, key=lambda item: -len(str(item[1].get("name")))):
        prefix = re.sub(r"\W", "_", str(account.get("name", ""))).lower() + "_"
        if key.startswith(prefix):
            field = key.removeprefix(prefix)
            account[field] = _for_account(account, field, value)
            return ("accounts", number, field)
    return None


def _for_account(account: dict[str, Any], field: str, value: str) -> Any:
    known = fields_of(account.get("type")).get(field)
    if known is None or known.is_text:
        return value
    try:
        return _as_in_the_file(value)
    except ValueError:
        return value  # where the adapter takes no text here, it says so


def _as_in_the_file(value: str) -> Any:
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        raise ValueError('write it as in the file, such as 5, true or ["a", "b"]') from None
