"""Cards for people: find one, see everything of it, decide, and take a decision back."""

import time
from typing import Any, Final
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath, URLEncodedBody

from eventstore.said import text_of
from projections.desk.access import personal
from projections.desk.asking import command, one, operate, whole_number
from projections.desk.deal_pages import Moved, move
from projections.desk.frame import AnyRequest, language_of, page, pipeline_of
from projections.desk.rendering import render
from projections.desk.services import Json, WrongArguments
from projections.desk.timeline import card_values
from projections.moments import read_as_of, read_moment, write_moment

_A_PAGE: Final = 25
_DAY_MS: Final = 86_400_000
_TIMELINE: Final = 100
_DECIDED: Final = ("merge", "unmerge", "share", "unshare", "anew", "leave", "undo")


class Given(msgspec.Struct, frozen=True):
    """The form of a button that decides something."""

    command: str
    """The command's id, made with the form: pressed twice, it is one effect."""
    other: str = ""
    decision: str = ""
    identity: str = ""
    reason: str = ""
    owner: str = ""
    """Whose items the page showed; empty for everybody's."""
    of: str = ""
    """By which decision those had come there; empty for any."""
    version: str = ""
    """That of the card as the page showed it."""

    deals: str = ""
    """Those of which it showed what would become of them: `id:version`, apart by blanks."""

    @property
    def seen_deals(self) -> dict[str, int]:
        found = (one.partition(":") for one in self.deals.split())
        return {deal: whole_number(version, "deals", least=0, most=2**63, default=0)
                for deal, _, version in found}  # fmt: skip

    @property
    def card_version(self) -> int | None:
        return whole_number(self.version, "version", least=0, most=2**63, default=0) or None


Form = URLEncodedBody[Given]


@get("/", sync_to_thread=True)
def cards_page(request: AnyRequest) -> Response[str]:
    """The search, and whoever was heard of last."""
    return page(request, "cards.html", **_found(request))


@get("/part", sync_to_thread=True)
def cards_part(request: AnyRequest) -> Response[str]:
    """The part of it that changes while somebody types."""
    values = {**_found(request), "pipeline_of": pipeline_of(request)}
    text = render(language_of(request), "found.html", **values)
    return Response(text, media_type="text/html", headers={"Cache-Control": "no-store"})


def _found(request: AnyRequest) -> Json:
    asked = request.query_params.get("query", "").strip()[:400]
    if not asked:
        return {"query": "", "next": None, "cards": list(operate(request, "card.recent"))}
    cursor = request.query_params.get("cursor") or None
    try:
        found = one(request, "card.search", query=asked, limit=_A_PAGE, cursor=cursor, brief=True)
    except WrongArguments:  # nothing in it that could be looked for
        found = {"items": [], "next": None}
    more = urlencode({"query": asked, "cursor": found["next"]}) if found["next"] else None
    return {"query": asked, "next": more, "cards": found["items"]}


@get("/{card:str}", sync_to_thread=True)
def card_page(request: AnyRequest, card: FromPath[str]) -> Response[Any]:
    """One person: as it is now, or as it was known at a time or at the end of a day."""
    if day := request.query_params.get("day", "").strip():
        return _at_the_end_of(day, card)
    at = request.query_params.get("at", "").strip() or None
    before = request.query_params.get("before") or None
    page_of = {"at": at, "most": _TIMELINE, "before": before}
    shown = {"version": "", **one(request, "card.show", id=card, **page_of)}
    why = {"links": []} if at else one(request, "card.explain", id=card, brief=True)
    values = card_values(shown, why) | {
        "before": before,
        "at": at or "",
        "known": _known(at) if at else None,
        "done": _done(request),
    }
    return page(request, "card.html", **values, new_command=_new_command)


def _at_the_end_of(day: str, card: str) -> Response[Any]:
    """Of today it is not known yet what will be: as it is now."""
    try:
        end = read_moment(day) + _DAY_MS - 1
    except ValueError as error:
        raise WrongArguments(text_of(error)) from error
    then = f"?{urlencode({'at': write_moment(end)})}" if end < time.time() * 1000 else ""
    return Response(
        b"", status_code=303, headers={"Location": f"/cards/{quote(card, safe='')}{then}"}
    )


def _known(at: str) -> Json:
    """As of when: a position or a time, as the API writes it."""
    position, moment = read_as_of(at)
    return {"position": position, "time": None if moment is None else write_moment(moment)}


@get("/{card:str}/merge", sync_to_thread=True)
def merge_page(request: AnyRequest, card: FromPath[str]) -> Response[str]:
    """What would change if two cards were one person; first, which other one is meant."""
    asked = request.query_params.get("other", "").strip()
    ours = one(request, "card.brief", id=card)
    values: Json = {"card": ours, "asked": asked, "candidates": [], "other": None, "told": None}
    if asked:
        found = one(request, "card.search", query=asked, limit=_A_PAGE, brief=True)["items"]
        others = [other for other in found if other["id"] != ours["id"]]
        values["candidates"] = others
        if len(others) == 1:
            (other,) = others
            values["other"] = other
            values["told"] = one(
                request, "card.merge", id=card, other=other["id"], dry_run=True
            )  # fmt: skip
    return page(request, "merge.html", **values, new_command=_new_command)


@get("/{card:str}/unmerge", sync_to_thread=True)
def unmerge_page(request: AnyRequest, card: FromPath[str]) -> Response[str]:
    """What would change if two identities were never one person."""
    a, b = (request.query_params.get(name, "") for name in ("a", "b"))
    told = one(request, "card.unmerge", id=a, other=b, dry_run=True)
    shown = one(request, "card.brief", id=card)
    values: Json = {"card": shown, "a": a, "b": b, "told": told, "new_command": _new_command}
    return page(request, "unmerge.html", **values)


@post("/{card:str}/deals/{deal:str}/{action:str}", sync_to_thread=True)
def move_deal(
    request: AnyRequest,
    card: FromPath[str],
    deal: FromPath[str],
    action: FromPath[str],
    data: URLEncodedBody[Moved],
) -> Response[Any]:
    """A command on a deal of the card, refused if the deal changed since the page was made."""
    move(request, deal, action, data)
    return _to_card(card, {"done": "moved"})


@post("/{card:str}/merge", sync_to_thread=True)
def merge(request: AnyRequest, card: FromPath[str], data: Form) -> Response[Any]:
    given: Json = {"id": card, "other": data.other, "deals": data.seen_deals}
    return _decide(request, card, "merge", data, operation="card.merge", **given)


@post("/{card:str}/unmerge", sync_to_thread=True)
def unmerge(request: AnyRequest, card: FromPath[str], data: Form) -> Response[Any]:
    given = {"id": data.identity, "other": data.other}
    return _decide(request, card, "unmerge", data, operation="card.unmerge", **given)


@post("/{card:str}/share", sync_to_thread=True)
def share(request: AnyRequest, card: FromPath[str], data: Form) -> Response[Any]:
    given = {"id": data.identity, "shared": True}
    return _decide(request, card, "share", data, operation="card.mark", **given)


@post("/{card:str}/unshare", sync_to_thread=True)
def unshare(request: AnyRequest, card: FromPath[str], data: Form) -> Response[Any]:
    given = {"id": data.identity, "shared": False}
    return _decide(request, card, "unshare", data, operation="card.mark", **given)


@post("/{card:str}/anew", sync_to_thread=True)
def anew(request: AnyRequest, card: FromPath[str], data: Form) -> Response[Any]:
    """What came to one of its deals after the end opens a new one."""
    return _decide(request, card, "anew", data, operation="deal.anew", id=data.other)


@post("/{card:str}/leave", sync_to_thread=True)
def leave(request: AnyRequest, card: FromPath[str], data: Form) -> Response[Any]:
    return _decide(request, card, "leave", data, operation="deal.leave", id=data.other)


@post("/{card:str}/undo", sync_to_thread=True)
def undo(request: AnyRequest, card: FromPath[str], data: Form) -> Response[Any]:
    given = {"decision": data.decision}
    return _decide(request, card, "undo", data, operation="card.undo", **given)


def _decide(
    request: AnyRequest, card: str, what: str, data: Given, *, operation: str, **given: Any
) -> Response[Any]:
    """Decide, then show the card again, with the way back beside it."""
    how: Json = {"reason": data.reason, "card_version": data.card_version}
    told = command(request, operation, key=data.command, **how, **given)
    return _to_card(card, {"done": what, "decision": told["decision"]})


def _to_card(card: str, told: Json) -> Response[Any]:
    path = f"/cards/{quote(card, safe=':@+')}?{urlencode(told)}"
    return Response(b"", status_code=303, headers={"Location": path})


def _done(request: AnyRequest) -> Json | None:
    """What was decided a moment ago, as the address tells it; anything odd in it is left out."""
    told = request.query_params
    what = told.get("done")
    if what == "moved":
        return {"what": what, "decision": ""}
    if what not in _DECIDED:
        return None
    try:
        decision = str(UUID(told.get("decision", "")))
    except ValueError:
        return None
    return {"what": what, "decision": decision}


def _new_command() -> str:
    return str(uuid4())


PAGES: Final = Router(
    "/cards",
    route_handlers=[
        cards_page, cards_part, card_page, move_deal, merge_page, unmerge_page, merge, unmerge,
        share,
        unshare, anew, leave, undo,
    ],
    guards=[personal],
    include_in_schema=False,
)  # fmt: skip
