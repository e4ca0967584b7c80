"""Secrets from files: `salt_file = "/run/secrets/salt"` stands for `salt`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from leadlog.account_fields import fields_of
from leadlog.toml_lines import Place

_SECRETS = {
    "stores": ("log", "events", "analytics", "inbox"),
    "kafka": ("password",),
    "keys": ("identity",),
    "desk": ("token",),
    "metrics": ("token",),
}
"""The address of a store may hold a password."""


def is_secret(place: Place) -> bool:
    """Whether what stands there is never to be repeated; those of accounts are not asked for."""
    return any(name in _SECRETS.get(str(place[0]), ()) for name in place[1:])


def read_files(table: dict[str, Any], data: Path) -> Iterator[tuple[Place, str]]:
    """Put what the files hold into `table`; gives a fault for each file that cannot be read.

    A relative path is looked for where the process was started, then below the data.
    """
    for section, names in _SECRETS.items():
        if isinstance(given := table.get(section), dict):
            for name in names:
                yield from _read(given, name, data, (section,), is_list=False)
    accounts = table.get("accounts")
    for number, account in enumerate(accounts if isinstance(accounts, list) else ()):
        if isinstance(account, dict):
            for name, field in fields_of(account.get("type")).items():
                if field.is_secret:
                    here = ("accounts", number)
                    yield from _read(account, name, data, here, is_list=field.is_list)


def _read(
    table: dict[str, Any], name: str, data: Path, here: Place, *, is_list: bool
) -> Iterator[tuple[Place, str]]:
    given = table.pop(f"{name}_file", None)
    if given is None:
        return
    place = (*here, f"{name}_file")
    whose = f"{here[0]}.{table['name']}" if "name" in table else str(here[0])
    if name in table:
        yield place, f"{whose}: both {name} and {name}_file are given; keep one"
        return
    try:
        text = _text(Path(str(given)), data)
    except OSError as error:
        yield place, f"{whose}: cannot read {name}_file {given}: {error.strerror}"
    except UnicodeDecodeError:
        yield place, f"{whose}: {name}_file {given} is no text"
    else:
        if not text:
            yield place, f"{whose}: {name}_file {given} is empty"
        table[name] = text.splitlines() if is_list else text


def _text(file: Path, data: Path) -> str:
    return (file if file.exists() else data / file).read_text(encoding="utf-8").strip()
