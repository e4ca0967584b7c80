"""The few files that pages load, all from this server. A closed set, compressed once."""

import gzip
from functools import cache
from hashlib import sha256
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, NamedTuple

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

_TYPES: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_OURS: Final = ("desk.css", "overview.js", "numbers.js", "cards.js", "icon.svg")
PLOTLY: Final = "plotly.min.js"


class _File(NamedTuple):
    plain: bytes
    small: bytes
    tag: str


@get("/static/{name:str}", sync_to_thread=True, include_in_schema=False)
def static_file(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    if name not in {*_OURS, PLOTLY}:
        raise NotFoundException(f"there is no file {name!r}")
    file = _read(name)
    headers = {
        "ETag": file.tag,
        "Cache-Control": "public, max-age=3600" if name == PLOTLY else "no-cache",
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == file.tag:
        return Response(b"", status_code=304, headers=headers)
    content = file.plain
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        content = file.small
    kind = _TYPES[name.rpartition(".")[2]]
    return Response(content, media_type=f"{kind}; charset=utf-8", headers=headers)


@cache
def _read(name: str) -> _File:
    plain = _plotly() if name == PLOTLY else _ours(name)
    tag = f'"{sha256(plain).hexdigest()[:16]}"'
    return _File(plain, gzip.compress(plain, 6), tag)


def _ours(name: str) -> bytes:
    return (resources.files("projections.desk") / "static" / name).read_bytes()


def _plotly() -> bytes:
    """The script that the installed package brings, found without importing the package."""
    spec = find_spec("plotly")
    if spec is None or not spec.submodule_search_locations:
        raise NotFoundException("plotly is not installed")
    return (Path(spec.submodule_search_locations[0]) / "package_data" / PLOTLY).read_bytes()
