"""Configuration: `leadlog.toml` and the environment, checked whole before anything starts.

The only reader of the environment. Every fault is named with its line and what to do, all at once.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from channels.registry import UnknownType, adapter_class, types
from eventstore.domain.matching import Matching
from eventstore.domain.pipeline import SALES, Pipeline
from leadlog.toml_lines import lines_of

PREFIX = "LEADLOG_"
DEFAULT_FILE = Path("leadlog.toml")


class ConfigurationError(Exception):
    """The configuration cannot be used; one line a fault, each with its remedy."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Server(_Table):
    """Where to listen."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    max_connections: int = Field(default=2000, ge=1)


class Stores(_Table):
    """The three ports, chosen by URL; relative paths are relative to `data`."""

    log: str = "sqlite:///leadlog.db"
    events: str = "sqlite:///events.db"
    analytics: str = "chdb:///analytics"


class Logging(_Table):
    """`console` for people, `json` for machines."""

    format: str = Field(default="console", pattern="^(console|json)$")
    level: str = Field(default="info", pattern="^(debug|info|warning|error)$")


class Settings(_Table):
    """Everything that can be set."""

    data: Path = Path("data")
    server: Server = Server()
    stores: Stores = Stores()
    logging: Logging = Logging()
    accounts: tuple[dict[str, Any], ...] = ()
    matching: dict[str, Any] = {}
    pipelines: tuple[dict[str, Any], ...] = ()

    @property
    def matching_rules(self) -> Matching:
        return msgspec.convert(self.matching, Matching)

    @property
    def sales_pipelines(self) -> tuple[Pipeline, ...]:
        return tuple(msgspec.convert(table, Pipeline) for table in self.pipelines) or (SALES,)

    def path(self, url: str) -> Path:
        """The file or folder of an embedded store's URL."""
        return (self.data / url.partition(":///")[2]).absolute()


def load(
    file: Path | None = None, *, data: Path | None = None, environ: Mapping[str, str] = os.environ
) -> Settings:
    """Read the file (default `leadlog.toml`, which may be missing), then the environment over it.

    ConfigurationError names every fault at once.
    """
    table, lines = _read(file)
    faults = list(_from_environment(table, environ))
    if data is not None:
        table["data"] = str(data)
    try:
        settings = Settings.model_validate(table)
    except ValidationError as error:
        raise ConfigurationError([*faults, *_explained(error, lines)]) from None
    faults += _check_accounts(settings, lines)
    faults += _check_domain(settings, lines)
    if faults:
        raise ConfigurationError(faults)
    return settings


def _read(file: Path | None) -> tuple[dict[str, Any], dict[tuple[str | int, ...], int]]:
    path = file or DEFAULT_FILE
    if file is None and not path.exists():
        return {}, {}
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text), lines_of(text)
    except FileNotFoundError:
        raise ConfigurationError([f"{path}: there is no such file"]) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError([f"{path}: {error}"]) from None


def _from_environment(table: dict[str, Any], environ: Mapping[str, str]) -> Iterator[str]:
    """Lay `LEADLOG_SERVER_PORT` over `[server] port`, `LEADLOG_OFFICE_SALT` over an account's."""
    for name, value in sorted(environ.items()):
        if name.startswith(PREFIX) and name not in _NOT_SETTINGS:
            key = name.removeprefix(PREFIX).lower()
            if not _lay_over(table, key, value):
                yield f"{name}: no such setting; names are LEADLOG_TABLE_KEY or LEADLOG_ACCOUNT_KEY"


_NOT_SETTINGS = frozenset({"LEADLOG_FAULT", "LEADLOG_CONFIG"})


def _lay_over(table: dict[str, Any], key: str, value: str) -> bool:
    if key == "data":
        table["data"] = value
        return True
    for section in ("server", "stores", "logging"):
        model = Settings.model_fields[section].annotation
        field = key.removeprefix(f"{section}_")
        if field != key and model is not None and field in model.model_fields:
            table.setdefault(section, {})[field] = value
            return True
    if key.startswith("test_"):
        return True  # addresses for the project's own tests
    for account in table.get("accounts", ()):
        field = key.removeprefix(f"{str(account.get('name', '')).lower()}_")
        if field != key:
            account[field] = value
            return True
    return False


def _explained(error: ValidationError, lines: dict[tuple[str | int, ...], int]) -> Iterator[str]:
    for fault in error.errors():
        where = tuple(fault["loc"])
        name = ".".join(str(part) for part in where)
        known = ""
        if fault["type"] == "extra_forbidden":
            known = f"; known here: {', '.join(_known(where[:-1]))}"
        given = fault.get("input")
        shown = f" (given: {given!r})" if isinstance(given, str | int | float | bool) else ""
        yield f"{_line(lines, where)}{name}: {fault['msg']}{shown}{known}"


def _known(where: tuple[str | int, ...]) -> Iterator[str]:
    model: Any = Settings
    for part in where:
        model = model.model_fields[part].annotation
    yield from model.model_fields


def _line(lines: dict[tuple[str | int, ...], int], where: tuple[str | int, ...]) -> str:
    for end in range(len(where), 0, -1):
        if where[:end] in lines:
            return f"line {lines[where[:end]]}: "
    return ""


def _check_accounts(settings: Settings, lines: dict[tuple[str | int, ...], int]) -> Iterator[str]:
    names: set[str] = set()
    for number, table in enumerate(settings.accounts):
        at = _line(lines, ("accounts", number))
        name = table.get("name")
        if not isinstance(name, str) or not name:
            yield f"{at}accounts: every account needs a name; it becomes its address /in/<name>"
        elif name in names:
            yield f"{at}accounts: the name {name!r} is given twice; give one another name"
        names.add(str(name))
        try:
            _secrets_from_files(table, settings.data)
            adapter_class(str(table.get("type", ""))).Settings.from_table(dict(table))
        except UnknownType:
            known = ", ".join(types())
            yield f"{at}accounts.{name}: type {table.get('type')!r} is unknown; known: {known}"
        except (ValueError, OSError, ImportError) as error:
            yield f"{at}accounts.{name}: {error}"


def _secrets_from_files(table: dict[str, Any], data: Path) -> None:
    """Replace `salt_file = "…"` by the `salt` that the file holds."""
    settings = adapter_class(str(table.get("type", ""))).Settings
    for name in settings.secret_names():
        file = table.pop(f"{name}_file", None)
        if file is None:
            continue
        if name in table:
            raise ValueError(f"both {name} and {name}_file are given; keep one")
        try:
            table[name] = (
                (data / file if not Path(file).exists() else Path(file)).read_text().strip()
            )
        except OSError as error:
            raise ValueError(f"{name}_file: cannot read {file}: {error.strerror}") from error


def _check_domain(settings: Settings, lines: dict[tuple[str | int, ...], int]) -> Iterator[str]:
    try:
        settings.matching_rules  # noqa: B018 - reading it checks it
    except (msgspec.ValidationError, ValueError) as error:
        yield f"{_line(lines, ('matching',))}matching: {error}"
    try:
        ids = [pipeline.id for pipeline in settings.sales_pipelines]
    except (msgspec.ValidationError, ValueError) as error:
        yield f"{_line(lines, ('pipelines', 0))}pipelines: {error}"
    else:
        if len(set(ids)) != len(ids):
            yield f"{_line(lines, ('pipelines', 0))}pipelines: two have the same id"
