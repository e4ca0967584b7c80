"""One deal for people: see all of it, move it, give it away, write on it; join and split deals."""

from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath, URLEncodedBody

from eventstore.deal_page import MOST_COUNTED
from eventstore.said import said
from projections.desk.access import personal
from projections.desk.asking import command, one, operate, whole_number
from projections.desk.frame import AnyRequest, page
from projections.desk.services import Json, WrongArguments
from projections.desk.timeline import deal_values

_TIMELINE: Final = 200
_OTHERS: Final = 50
"""So many of the person's other open deals, and of those that went into this one."""
MOVES: Final = ("accept", "decline", "stage", "won", "lost", "reopen", "own", "note")
_DECIDED: Final = ("join", "split", "anew", "leave", "undo")


class Moved(msgspec.Struct, frozen=True):
    """The form of a button that moves a deal, gives it to somebody, or writes on it."""

    command: str
    version: int
    stage: str = ""
    reason: str = ""
    amount: str = ""
    owner: str | None = None
    text: str | None = None


class Given(msgspec.Struct, frozen=True):
    """The form of a decision about deals."""

    command: str
    """The command's id, made with the form: pressed twice, it is one effect."""
    version: str = ""
    """That of the deal as the page showed it; for an undo, `anew` and `leave` of its card."""
    other: str = ""
    other_version: str = ""
    lead: str = ""
    decision: str = ""
    reason: str = ""

    @property
    def seen(self) -> int | None:
        return _version(self.version)


Form = URLEncodedBody[Given]


def _version(text: str) -> int | None:
    return whole_number(text, "version", least=0, most=2**63, default=0) or None


def move(request: AnyRequest, deal: str, action: str, data: Moved) -> None:
    """A command on a deal, refused if it changed since the page was made."""
    if action not in MOVES:
        raise WrongArguments(said("a deal can be moved by: %(moves)s", moves=MOVES))
    if action == "own" and data.owner is None:
        raise WrongArguments(said("owner: a name is needed, or an empty one for nobody"))
    command(
        request, "deal.command", key=data.command, id=deal, action=action, version=data.version,
        stage=data.stage or None, reason=data.reason or None, amount=data.amount.strip() or None,
        owner=data.owner.strip() if data.owner is not None else None, text=data.text or "",
    )  # fmt: skip


@get("/{deal:str}", sync_to_thread=True)
def deal_page(request: AnyRequest, deal: FromPath[str]) -> Response[str]:
    """The deal with its touches, its history, what was decided about it and what can be."""
    shown = one(request, "deal.show", id=deal, most=_TIMELINE)
    beside, inside, into = (
        list(operate(request, "deal.brief", ids=ids[:_OTHERS]))
        for ids in (shown["also_open"], shown["joined"], [shown["into"]] if "into" in shown else [])
    )
    beside = [one for one in beside if one not in into]
    values = deal_values(shown) | {"beside": beside, "inside": inside, "into": into}
    values["openers"] |= {one["lead"] for one in inside}
    return page(request, "deal.html", **values, done=_done(request), new_command=_new_command,
                most_counted=MOST_COUNTED)  # fmt: skip


@get("/{deal:str}/join", sync_to_thread=True)
def join_page(request: AnyRequest, deal: FromPath[str]) -> Response[str]:
    """What would change if two deals were one."""
    other = request.query_params.get("other", "")
    told = one(request, "deal.join", id=deal, other=other, dry_run=True)
    (ours, theirs) = operate(request, "deal.brief", ids=[deal, other])
    values: Json = {"deal": ours, "other": theirs, "told": told, "new_command": _new_command}
    return page(request, "join.html", **values)


@get("/{deal:str}/split", sync_to_thread=True)
def split_page(request: AnyRequest, deal: FromPath[str]) -> Response[str]:
    """What would change if a joined deal, or one touch of a deal, stood for itself."""
    lead = request.query_params.get("lead") or None
    told = one(request, "deal.split", id=deal, lead=lead, dry_run=True)
    (ours,) = operate(request, "deal.brief", ids=[deal])
    values: Json = {"deal": ours, "lead": lead, "told": told, "new_command": _new_command}
    return page(request, "split.html", **values)


@post("/{deal:str}/join", sync_to_thread=True)
def join(request: AnyRequest, deal: FromPath[str], data: Form) -> Response[Any]:
    given = {"other": data.other, "other_version": _version(data.other_version)}
    return _decide(request, deal, "join", data, version=data.seen, **given)


@post("/{deal:str}/split", sync_to_thread=True)
def split(request: AnyRequest, deal: FromPath[str], data: Form) -> Response[Any]:
    return _decide(request, deal, "split", data, version=data.seen, lead=data.lead or None)


@post("/{deal:str}/anew", sync_to_thread=True)
def anew(request: AnyRequest, deal: FromPath[str], data: Form) -> Response[Any]:
    """What came to it after the end opens a new one."""
    return _decide(request, deal, "anew", data, card_version=data.seen)


@post("/{deal:str}/leave", sync_to_thread=True)
def leave(request: AnyRequest, deal: FromPath[str], data: Form) -> Response[Any]:
    return _decide(request, deal, "leave", data, card_version=data.seen)


@post("/{deal:str}/undo", sync_to_thread=True)
def undo(request: AnyRequest, deal: FromPath[str], data: Form) -> Response[Any]:
    told = command(
        request, "card.undo", key=data.command, decision=data.decision, card_version=data.seen
    )
    return _to_deal(deal, {"done": "undo", "decision": told["decision"]})


@post("/{deal:str}/{action:str}", sync_to_thread=True)
def moved(
    request: AnyRequest, deal: FromPath[str], action: FromPath[str], data: URLEncodedBody[Moved]
) -> Response[Any]:
    """A command on the deal; whose it was stands beside the answer, for the way back."""
    before = one(request, "deal.show", id=deal, most=1)["owner"] if action == "own" else None
    move(request, deal, action, data)
    told = {"done": action} | ({"was": before or ""} if action == "own" else {})
    return _to_deal(deal, told if action in ("own", "note") else {"done": "moved"})


def _decide(request: AnyRequest, deal: str, what: str, data: Given, **given: Any) -> Response[Any]:
    """Decide, then show the deal, or the one it went into, with the way back beside it."""
    how: Json = {"reason": data.reason, **given}
    told = command(request, f"deal.{what}", key=data.command, id=deal, **how)
    shown = one(request, "deal.show", id=deal, most=1)
    return _to_deal(shown.get("into", deal), {"done": what, "decision": told["decision"]})


def _to_deal(deal: str, told: Json) -> Response[Any]:
    path = f"/deals/{deal}?{urlencode(told)}"
    return Response(b"", status_code=303, headers={"Location": path})


def _done(request: AnyRequest) -> Json | None:
    """What was done a moment ago, as the address tells it; anything odd in it is left out."""
    told = request.query_params
    what, decision = told.get("done"), ""
    if what in _DECIDED:
        try:
            decision = str(UUID(told.get("decision", "")))
        except ValueError:
            return None
    elif what not in ("moved", "own", "note"):
        return None
    was = told["was"][:400] if what == "own" and "was" in told else None
    return {"what": what, "decision": decision, "was": was}


def _new_command() -> str:
    return str(uuid4())


DEAL_PAGES: Final = Router(
    "/deals",
    route_handlers=[
        deal_page, join_page, split_page, join, split, anew, leave, undo, moved,
    ],
    guards=[personal],
    include_in_schema=False,
)  # fmt: skip
