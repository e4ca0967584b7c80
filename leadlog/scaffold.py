"""`leadlog channels new`: an adapter that works, with its recordings, its test and its page."""

import json
import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

import channels
from channels.registry import types
from channels.sdk import signature
from leadlog.control import OperationFailed

_NAME = re.compile(r"[a-z][a-z0-9_]{1,19}")
_SECRET = "example-secret-of-the-recordings"  # noqa: S105 - it signs nothing but recordings
_KINDS = ("message", "typing")
_REGISTERED_BEFORE = '}\n"""Account type → module and class."""'


@dataclass(frozen=True, slots=True)
class Names:
    """What an adapter is called where."""

    name: str

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").title()

    @property
    def class_(self) -> str:
        return self.title.replace(" ", "")

    @property
    def header(self) -> str:
        return f"x-{self.name.replace('_', '-')}-signature"

    @property
    def package(self) -> str:
        return f"leadlog_{self.name}"


def write_adapter(name: str, folder: Path | None) -> list[Path]:
    """Write a new adapter into this checkout, or as a package of its own into `folder`.

    Gives the files. OperationFailed says what is wrong with the name or the place; nothing is
    written then.
    """
    names = Names(_good(name))
    contents = dict(_in_package(names, folder) if folder else _in_tree(names, _checkout()))
    if there := [str(path) for path in contents if path.exists()]:
        raise OperationFailed(f"there already: {', '.join(there)}", status=2)
    for path, text in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if not folder:
        _register(names, _checkout())
    return list(contents)


def _good(name: str) -> str:
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise OperationFailed(
            f"{name!r} cannot be a type: take a-z, digits and _, such as acme_crm", status=2
        )
    if name in types() or name in {"sdk", "registry", "trial"}:
        raise OperationFailed(f"{name!r} is taken; see: leadlog channels list", status=2)
    return name


def _checkout() -> Path:
    root = Path(channels.__file__).parents[1]
    if not (root / "tests" / "channels").is_dir():
        raise OperationFailed(
            "this leadlog is no checkout that an adapter could be added to: give --dir DIR",
            status=2,
        )
    return root


def _in_tree(names: Names, root: Path) -> Iterator[tuple[Path, str]]:
    home = root / "channels" / names.name
    yield from _adapter(names, home)
    imports = sorted([_import(names, f"channels.{names.name}.adapter"), _TESTING])
    test = root / "tests" / "channels" / names.name / f"test_{names.name}.py"
    yield test, _filled("test.py", names, imports="\n".join(imports))


def _in_package(names: Names, folder: Path) -> Iterator[tuple[Path, str]]:
    yield folder / "pyproject.toml", _filled("package/pyproject.toml", names)
    yield from _adapter(names, folder / names.package)
    imports = f"{_TESTING}\n\n{_import(names, f'{names.package}.adapter')}"
    yield folder / "tests" / f"test_{names.name}.py", _filled("test.py", names, imports=imports)


_TESTING = "from channels.sdk.testing import AdapterConformance, read_recordings"


def _import(names: Names, module: str) -> str:
    return f"from {module} import {names.class_}Adapter"


def _adapter(names: Names, home: Path) -> Iterator[tuple[Path, str]]:
    """What lies in the adapter's own folder, wherever that is."""
    yield home / "__init__.py", ""
    for file in ("adapter.py", "manifest.toml", "README.md"):
        yield home / file, _filled(file, names)
    for kind in _KINDS:
        recording = home / "recordings" / f"{names.name}_{kind}.json"
        yield recording, _filled(f"recordings/{kind}.json", names)


def _filled(file: str, names: Names, **more: Any) -> str:
    template: Traversable = files(channels) / "_template" / f"{file}.j2"
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True)  # noqa: S701 - no HTML
    return environment.from_string(template.read_text(encoding="utf-8")).render(
        {
            "name": names.name,
            "title": names.title,
            "class": names.class_,
            "header": names.header,
            "package": names.package,
            "secret": _SECRET,
            "sign": lambda body: signature.hmac_hex(_SECRET, body.encode()),
            "text": lambda body: json.dumps(body, ensure_ascii=False),
            **more,
        }
    )


def _register(names: Names, root: Path) -> None:
    """Add the adapter to the list of those that there are."""
    registry = root / "channels" / "registry.py"
    text = registry.read_text(encoding="utf-8")
    line = f'    "{names.name}": "channels.{names.name}.adapter:{names.class_}Adapter",\n'
    registry.write_text(text.replace(_REGISTERED_BEFORE, line + _REGISTERED_BEFORE), "utf-8")
