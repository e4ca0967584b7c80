"""Requests → operations: who asks, by which command id, and what is answered."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

import msgspec
from litestar import Response
from litestar.params import HeaderParameter

from eventstore.orders import NotThere
from eventstore.said import said, unsaid
from projections.desk.frame import AnyRequest
from projections.desk.services import Json, Operate, Services, WrongArguments

NOBODY: Final = "desk"
"""Who decided, where nobody gave a name."""
_LONGEST_KEY: Final = 255

IDEMPOTENCY: Final = HeaderParameter(
    name="Idempotency-Key",
    description="the id of the command, any text: the same one twice is one effect, for ever",
    max_length=_LONGEST_KEY,
)


def operate(request: AnyRequest, name: str, **arguments: Any) -> Iterator[Any]:
    """Run an operation; arguments that are None are left out."""
    services: Services = request.app.state.services
    run: Operate | None = services.operate
    if run is None:
        raise NotThere(said("this process has no cards"))
    return run(name, {key: value for key, value in arguments.items() if value is not None})


def one(request: AnyRequest, name: str, **arguments: Any) -> Json:
    """The one object that an operation gives."""
    (found,) = operate(request, name, **arguments)
    result: Json = found
    return result


def command(
    request: AnyRequest, name: str, *, key: str | None, actor: str = "", **arguments: Any
) -> Json:
    """Decide something, in the name of whoever asks."""
    who = actor.strip() or str(request.scope["state"].get("who") or NOBODY)
    return one(request, name, actor=who, command=key, **arguments)


def told(found: Any, *, status: int = 200) -> Response[Any]:
    """An answer of the API; it may hold personal data, so nobody on the way keeps it."""
    return Response(
        msgspec.json.encode(found, enc_hook=unsaid),
        status_code=status,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def page(found: Iterator[Json], limit: int, position: Callable[[Json], str]) -> Json:
    """The next objects, and the cursor of those after them; null where there are none."""
    items = list(islice(found, limit + 1))
    more = len(items) > limit
    return {"items": items[:limit], "next": position(items[limit - 1]) if more else None}


def whole_number(text: str | None, name: str, *, least: int, most: int, default: int) -> int:
    """A number out of a query; raises WrongArguments."""
    if text is None or not text:
        return default
    if text.isascii() and text.isdigit() and least <= int(text) <= most:
        return int(text)
    raise WrongArguments(
        said(
            "%(name)s: a whole number from %(least)s to %(most)s is needed",
            name=name,
            least=str(least),
            most=str(most),
        )
    )
