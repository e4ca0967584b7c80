"""The team's review queue for people: what came to ended deals, and who may be one person."""

from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

from litestar import Response, Router, get, post
from litestar.params import FromPath

from projections.desk.access import personal
from projections.desk.asking import command, one
from projections.desk.card_pages import Form, Given
from projections.desk.frame import AnyRequest, page
from projections.desk.services import Json

_A_PAGE: Final = 50
_KINDS: Final = ("limit", "returned", "redecided")
"""Of items that are not about two persons."""
_DONE: Final = frozenset(
    f"{kind} {verdict}".strip() for kind in ("", *_KINDS) for verdict in ("accept", "refuse")
) | {"undo"}


@get("/", sync_to_thread=True)
def review_page(request: AnyRequest) -> Response[str]:
    cursor = request.query_params.get("cursor") or None
    asked = {name: request.query_params.get(name) for name in ("owner", "of")}
    which = {name: text for name, text in asked.items() if text}
    found = one(request, "card.suggestions", limit=_A_PAGE, cursor=cursor, **which)
    items = found["items"]
    values: Json = {
        "items": items,
        "which": which,
        "owners": _owners(items, which),
        "next": found["next"],
        "total": items[-1]["n"] if items else 0,
        "version": items[0]["version"] if items else "",
        "done": _done(request),
        "new_command": lambda: str(uuid4()),
    }
    return page(request, "review.html", **values)


def _owners(items: list[Json], which: Json) -> list[str]:
    """Of the deals on the page, and whom it shows the deals of."""
    found = {str(item["deal"]["owner"] or "") for item in items if item["kind"] == "returned"}
    return sorted((found | {which.get("owner", "")}) - {"", "-"})


@post("/undo", sync_to_thread=True)
def undo(request: AnyRequest, data: Form) -> Response[Any]:
    given: Json = {"decision": data.decision, "card_version": data.card_version}
    told = command(request, "card.undo", key=data.command, **given)
    return _back("undo", told)


@post("/{suggestion:str}/accept", sync_to_thread=True)
def accept(request: AnyRequest, suggestion: FromPath[str], data: Form) -> Response[Any]:
    return _decide(request, suggestion, data, "accept")


@post("/{suggestion:str}/refuse", sync_to_thread=True)
def refuse(request: AnyRequest, suggestion: FromPath[str], data: Form) -> Response[Any]:
    return _decide(request, suggestion, data, "refuse")


def _decide(request: AnyRequest, suggestion: str, data: Given, verdict: str) -> Response[Any]:
    given: Json = {"n": suggestion, "decide": verdict, "reason": data.reason}
    given["card_version"] = data.card_version
    told = command(request, "card.suggestions", key=data.command, **given)
    kind = f"{data.identity} " if data.identity in _KINDS else ""
    return _back(f"{kind}{verdict}", told, owner=data.owner, of=data.of)


def _back(what: str, told: Json, **shown: str) -> Response[Any]:
    """To what the page showed before."""
    which = {name: text for name, text in shown.items() if text}
    query = urlencode({"done": what, "decision": told["decision"], **which})
    return Response(b"", status_code=303, headers={"Location": f"/review?{query}"})


def _done(request: AnyRequest) -> Json | None:
    what = request.query_params.get("done")
    try:
        decision = str(UUID(request.query_params.get("decision", "")))
    except ValueError:
        return None
    return {"what": what, "decision": decision} if what in _DONE else None


REVIEW: Final = Router(
    "/review",
    route_handlers=[review_page, undo, accept, refuse],
    guards=[personal],
    include_in_schema=False,
)
