"""What is wrong with a configuration: each fault with its place and its remedy."""

import difflib
import re
from collections.abc import Collection, Container, Iterator
from typing import Any

import msgspec
from pydantic import BaseModel, ValidationError

from channels.registry import UnknownType, adapter_class, types
from channels.sdk.identities import normalise
from eventstore.domain.matching import Matching
from eventstore.domain.pipeline import Pipeline
from leadlog.fold_faults import of_folds
from leadlog.secret_files import is_secret
from leadlog.toml_lines import Place

SHORTEST_TOKEN = 16

Places = dict[Place, str]
"""Where each value was given: `line 12`, or the name of an environment variable."""

_MSGSPEC_PATH = re.compile(r" - at `\$([^`]*)`")
_MSGSPEC_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_MSGSPEC_FIELD = re.compile(r"unknown field `(\w+)`")
_PATTERN = re.compile(r"[*?[]")
_NOT_IN_AN_ADDRESS = re.compile(r"[\s/?#%]")


def of_model(error: ValidationError, model: type[BaseModel], places: Places) -> Iterator[str]:
    """The faults that pydantic found. No secret is repeated, nor what an unknown key has."""
    for fault in error.errors():
        place = tuple(fault["loc"])
        name = ".".join(str(part) for part in place)
        if fault["type"] == "extra_forbidden":
            told = unknown(str(place[-1]), _fields(model, place[:-1]))
        else:
            given = None if is_secret(place) else fault.get("input")
            shown = f" (given: {given!r})" if isinstance(given, str | int | float) else ""
            told = f"{fault['msg']}{shown}"
        yield f"{at(places, place)}{name}: {told}"


def _fields(model: Any, place: Place) -> list[str]:
    for part in place:
        model = model.model_fields[part].annotation
    return list(model.model_fields)


def unknown(name: str, known: Collection[str], what: str = "setting") -> str:
    """That there is none of this name, and which there are."""
    close = difflib.get_close_matches(name, known, 1)
    meant = f"did you mean {close[0]!r}? " if close else ""
    return f"unknown {what} {name!r}; {meant}known here: {', '.join(known) or 'none'}"


def of_token(section: str, table: Any) -> Iterator[tuple[Place, str]]:
    """A token that could be guessed. It is not repeated."""
    token = table.get("token") if isinstance(table, dict) else None
    if isinstance(token, str) and 0 < len(token) < SHORTEST_TOKEN:
        told = f"{len(token)} characters can be guessed; make one: openssl rand -hex 32"
        yield (section, "token"), f"{section}.token: {told}"


def of_accounts(accounts: Any, *, unread: Container[Place] = ()) -> Iterator[tuple[Place, str]]:
    """Accounts that no adapter can be made of; those `unread` lack a secret and were told of."""
    seen: set[str] = set()
    for number, table in enumerate(accounts if isinstance(accounts, list) else ()):
        if not isinstance(table, dict):
            continue  # told by the model
        name = table.get("name")
        here: Place = ("accounts", number)
        if not isinstance(name, str) or not name:
            yield here, "accounts: every account needs a name; it becomes its address /in/<name>"
        elif _NOT_IN_AN_ADDRESS.search(name):
            told = f"accounts: {name!r} becomes an address: no spaces and none of / ? # %"
            yield (*here, "name"), told
        elif name in seen:
            told = f"accounts: the name {name!r} is given twice; give one another name"
            yield (*here, "name"), told
        seen.add(str(name))
        if here not in unread:
            yield from _of_account(table, here)


def _of_account(table: dict[str, Any], here: Place) -> Iterator[tuple[Place, str]]:
    name, account_type = table.get("name"), table.get("type")
    try:
        settings = adapter_class(str(account_type)).Settings
        settings.from_table(dict(table))
    except UnknownType:
        close = difflib.get_close_matches(str(account_type), list(types()), 1)
        meant = f"did you mean {close[0]!r}? " if close else ""
        told = f"type {account_type!r} is unknown; {meant}known: {', '.join(types())}"
        yield (*here, "type"), f"accounts.{name}: {told}"
    except ImportError as error:
        yield (*here, "type"), f"accounts.{name}: its adapter cannot be loaded: {error}"
    except ValueError as error:
        yield (*here, *_inner(str(error))), f"accounts.{name}: {error}"


def of_domain(matching: Any, pipelines: Any) -> Iterator[tuple[Place, str]]:
    """Rules and pipelines that the domain does not take."""
    if isinstance(matching, dict):
        yield from converted(matching, Matching, ("matching",))
        yield from _of_matching(matching)
        yield from of_folds(matching.get("folds"))
    ids: set[str] = set()
    for number, table in enumerate(pipelines if isinstance(pipelines, list) else ()):
        if not isinstance(table, dict):
            continue
        here: Place = ("pipelines", number)
        yield from converted(table, Pipeline, here)
        if table.get("id") in ids:
            yield (*here, "id"), f"pipelines: the id {table['id']!r} is given twice"
        ids.add(str(table.get("id")))


def _of_matching(table: dict[str, Any]) -> Iterator[tuple[Place, str]]:
    """What could be meant, and would have no effect or one that nobody wants."""
    version, limits, shared = (table.get(name) for name in ("version", "limits", "shared"))
    if isinstance(version, int) and version < 1:
        yield ("matching", "version"), "matching.version: versions are numbered from 1"
    for kind, limit in limits.items() if isinstance(limits, dict) else ():
        if isinstance(limit, int) and limit < 0:
            yield ("matching", "limits"), f"matching.limits: {kind} = {limit}; 0 is the least"
    for text in shared if isinstance(shared, list) else ():
        if isinstance(text, str) and (told := _wrong_identity(text)):
            yield ("matching", "shared"), f"matching.shared: {text!r} {told}"


def _wrong_identity(text: str) -> str:
    """Why no identity is ever written so; empty for one that is right, or a pattern."""
    kind, colon, value = text.partition(":")
    if not colon or not value:
        return "is no identity; write kind:value, such as phone:+74951234567 or email:info@shop.ru"
    if _PATTERN.search(text):
        return ""
    normal = normalise(kind, value)
    if normal is None:
        return f"is no {kind}; write kind:value, such as phone:+74951234567 or email:info@shop.ru"
    return "" if normal == value else f"fits nobody so; write {kind}:{normal}"


def converted(table: Any, kind: type[Any], here: Place) -> Iterator[tuple[Place, str]]:
    """What the domain says against a table."""
    try:
        msgspec.convert(table, kind)
    except ValueError as error:  # msgspec's own is one, too
        yield (*here, *_inner(str(error))), f"{here[0]}: {error}"


def _inner(message: str) -> Place:
    """The place that an error of msgspec names, within what was converted."""
    path = _MSGSPEC_PATH.search(message)
    steps = _MSGSPEC_STEP.findall(path[1]) if path else []
    place: Place = tuple(int(number) if number else name for name, number in steps)
    unknown = _MSGSPEC_FIELD.search(message)
    return (*place, unknown[1]) if unknown else place


def at(places: Places, place: Place) -> str:
    """The nearest known place, as the beginning of a line; nothing where none is known."""
    for end in range(len(place), 0, -1):
        if place[:end] in places:
            return f"{places[place[:end]]}: "
    return ""
