"""Deals for programs. The same operations as `leadlog deal`."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

from litestar import Response, Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from projections.desk.access import personal
from projections.desk.api_described import answers
from projections.desk.asking import IDEMPOTENCY, command, one, operate, told, whole_number
from projections.desk.frame import AnyRequest
from projections.desk.services import Json
from projections.desk.shapes import (
    Closed,
    CommandDone,
    DealPage,
    DecisionTaken,
    Joined,
    Moving,
    Noted,
    OnCards,
    Owned,
    ShownDeal,
    Split,
    Staged,
    Won,
)

Text = str | None
Key = Annotated[Text, IDEMPOTENCY]
_TAKEN: Final = answers(DecisionTaken, "The decision and what it changed", write=True)
_TOUCHES: Final = 10_000
_DONE: Final = answers(CommandDone, "The deal's new version", write=True)


@get("/", sync_to_thread=True, summary="Every deal, in the order of the cards' ids",
     responses=answers(DealPage, "A page; it may have some more than were asked for"))  # fmt: skip
def list_deals(
    request: AnyRequest,
    *,
    status: Annotated[Text, QueryParameter(description="open, won, lost or declined")] = None,
    pipeline: Annotated[Text, QueryParameter(description="the id of a pipeline")] = None,
    limit: FromQuery[Text] = None,
    cursor: FromQuery[Text] = None,
    everything: Annotated[bool, QueryParameter(name="all")] = False,
) -> Response[Any]:
    most = whole_number(limit, "limit", least=1, most=200, default=50)
    which: Json = {"status": status or None, "pipeline": pipeline or None, "all": everything}
    found = operate(request, "deal.list", after=cursor or None, **which)
    return told(_whole_cards(found, most))


def _whole_cards(found: Iterator[Json], most: int) -> Json:
    """At least `most` deals, never parting those of one card: the card's id is the cursor."""
    items: list[Json] = []
    for deal in found:
        if len(items) >= most and deal["person"] != items[-1]["person"]:
            return {"items": items, "next": items[-1]["person"]}
        items.append(deal)
    return {"items": items, "next": None}


@get("/{deal:str}", sync_to_thread=True, summary="One deal with its touches and its version",
     responses=answers(ShownDeal, "The deal"))  # fmt: skip
def show_deal(
    request: AnyRequest,
    deal: FromPath[str],
    *,
    limit: Annotated[
        Text, QueryParameter(description="so many of the newest touches only; by default all")
    ] = None,
) -> Response[Any]:
    most = whole_number(limit, "limit", least=1, most=_TOUCHES, default=0) or None
    return told(one(request, "deal.show", id=deal, most=most))


@post("/{deal:str}/accept", sync_to_thread=True, status_code=200, summary="Take an unsorted deal",
      responses=_DONE)  # fmt: skip
def accept(
    request: AnyRequest, deal: FromPath[str], data: JSONBody[Moving | None] = None, key: Key = None
) -> Response[Any]:
    return _done(request, "accept", deal, key, data or Moving())


@post("/{deal:str}/decline", sync_to_thread=True, status_code=200,
      summary="Decline an unsorted deal", responses=_DONE)  # fmt: skip
def decline(
    request: AnyRequest, deal: FromPath[str], data: JSONBody[Closed], key: Key = None
) -> Response[Any]:
    return _done(request, "decline", deal, key, data, reason=data.reason)


@post("/{deal:str}/stage", sync_to_thread=True, status_code=200, summary="Move it to a stage",
      responses=_DONE)  # fmt: skip
def stage(
    request: AnyRequest, deal: FromPath[str], data: JSONBody[Staged], key: Key = None
) -> Response[Any]:
    return _done(request, "stage", deal, key, data, stage=data.stage, amount=data.amount)


@post("/{deal:str}/won", sync_to_thread=True, status_code=200, summary="The customer bought",
      responses=_DONE)  # fmt: skip
def won(
    request: AnyRequest, deal: FromPath[str], data: JSONBody[Won | None] = None, key: Key = None
) -> Response[Any]:
    given = data or Won()
    return _done(request, "won", deal, key, given, amount=given.amount)


@post("/{deal:str}/lost", sync_to_thread=True, status_code=200,
      summary="The customer did not buy", responses=_DONE)  # fmt: skip
def lost(
    request: AnyRequest, deal: FromPath[str], data: JSONBody[Closed], key: Key = None
) -> Response[Any]:
    return _done(request, "lost", deal, key, data, reason=data.reason)


@post("/{deal:str}/reopen", sync_to_thread=True, status_code=200,
      summary="Go on with a closed deal", responses=_DONE)  # fmt: skip
def reopen(
    request: AnyRequest, deal: FromPath[str], data: JSONBody[Moving | None] = None, key: Key = None
) -> Response[Any]:
    return _done(request, "reopen", deal, key, data or Moving())


@post("/{deal:str}/own", sync_to_thread=True, status_code=200, summary="Give it an owner",
      responses=_DONE)  # fmt: skip
def own(
    request: AnyRequest, deal: FromPath[str], data: JSONBody[Owned], key: Key = None
) -> Response[Any]:
    return _done(request, "own", deal, key, data, owner=data.owner)


@post("/{deal:str}/note", sync_to_thread=True, status_code=200,
      summary="Write a note on it; it is kept sealed", responses=_DONE)  # fmt: skip
def note(
    request: AnyRequest, deal: FromPath[str], data: JSONBody[Noted], key: Key = None
) -> Response[Any]:
    return _done(request, "note", deal, key, data, text=data.text)


@post(
    "/{deal:str}/join",
    sync_to_thread=True,
    status_code=200,
    summary="Join it with another deal of the person",
    responses=_TAKEN,
)
def join(
    request: AnyRequest, deal: FromPath[str], data: JSONBody[Joined], key: Key = None
) -> Response[Any]:
    given: Json = {"other": data.other, "other_version": data.other_version}
    return _decided(request, "deal.join", key, data, id=deal, **given)


@post(
    "/{deal:str}/split",
    sync_to_thread=True,
    status_code=200,
    summary="Part it from the one it was joined into, or a touch from it",
    responses=_TAKEN,
)
def split(
    request: AnyRequest, deal: FromPath[str], data: JSONBody[Split | None] = None, key: Key = None
) -> Response[Any]:
    given = data or Split()
    return _decided(request, "deal.split", key, given, id=deal, lead=given.lead)


@post(
    "/{deal:str}/anew",
    sync_to_thread=True,
    status_code=200,
    summary="Open a new deal with what came after this one was won or lost",
    responses=_TAKEN,
)
def anew(
    request: AnyRequest, deal: FromPath[str], data: JSONBody[OnCards | None] = None, key: Key = None
) -> Response[Any]:
    return _on_returns(request, "deal.anew", deal, key, data or OnCards())


@post(
    "/{deal:str}/leave",
    sync_to_thread=True,
    status_code=200,
    summary="Leave with this deal what came after it was won or lost",
    responses=_TAKEN,
)
def leave(
    request: AnyRequest, deal: FromPath[str], data: JSONBody[OnCards | None] = None, key: Key = None
) -> Response[Any]:
    return _on_returns(request, "deal.leave", deal, key, data or OnCards())


def _on_returns(
    request: AnyRequest, operation: str, deal: str, key: Text, data: OnCards
) -> Response[Any]:
    how: Json = {"reason": data.reason, "dry_run": data.dry_run, "card_version": data.version}
    return told(command(request, operation, key=key, actor=data.actor, id=deal, **how))


def _decided(
    request: AnyRequest, operation: str, key: Text, data: Joined | Split, **given: Any
) -> Response[Any]:
    how: Json = {"reason": data.reason, "dry_run": data.dry_run, "version": data.version}
    return told(command(request, operation, key=key, actor=data.actor, **given, **how))


def _done(
    request: AnyRequest, action: str, deal: str, key: Text, data: Moving, **given: Any
) -> Response[Any]:
    how: Json = {"id": deal, "action": action, "version": data.version, **given}
    return told(command(request, "deal.command", key=key, actor=data.actor, **how))


DEALS: Final = Router(
    "/api/v1/deals",
    route_handlers=[
        list_deals, show_deal, accept, decline, stage, won, lost, reopen, own,
        note, join, split, anew, leave,
    ],
    guards=[personal],
    tags=["deals"],
)  # fmt: skip
