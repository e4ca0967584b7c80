"""Cards for programs: look, explain, decide. The same operations as `leadlog card`."""

from typing import Annotated, Any, Final

from litestar import Response, Router, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from projections.desk.access import personal
from projections.desk.api_described import answers
from projections.desk.asking import IDEMPOTENCY, command, one, operate, page, told, whole_number
from projections.desk.frame import AnyRequest
from projections.desk.services import Json
from projections.desk.shapes import (
    CardPage,
    DecisionTaken,
    Explanation,
    Merge,
    OnCards,
    OneCard,
    OneDecision,
    Rematch,
    ShownCard,
    Suggestions,
    TwoCards,
    Withdrawal,
)

Text = str | None
Key = Annotated[Text, IDEMPOTENCY]
Limit = Annotated[Text, QueryParameter(description="how many at most")]
Cursor = Annotated[Text, QueryParameter(description="`next` of the page before")]
All = Annotated[bool, QueryParameter(name="all", description="joined and withdrawn deals, too")]
_MOST: Final = 200
_TOUCHES: Final = 10_000
_TAKEN: Final = answers(DecisionTaken, "The decision and what it changed", write=True)


@get(
    "/",
    sync_to_thread=True,
    summary="Every card, in the order of their ids",
    responses=answers(CardPage, "A page"),
)
def list_cards(
    request: AnyRequest,
    *,
    limit: Limit = None,
    cursor: Cursor = None,
    with_leads: Annotated[
        bool, QueryParameter(description="leave out those without a lead")
    ] = True,
    everything: All = False,
) -> Response[Any]:
    most = whole_number(limit, "limit", least=1, most=_MOST, default=50)
    found = operate(request, "card.list", after=cursor, with_leads=with_leads, all=everything)
    return told(page(found, most, lambda card: str(card["id"])))


@get(
    "/find",
    sync_to_thread=True,
    summary="Cards by any spelling of a phone or an account, by e-mail, id, kind:value or name",
    responses=answers(CardPage, "The best first; none where nobody fits"),
)
def find_cards(
    request: AnyRequest,
    *,
    asked: Annotated[
        str, QueryParameter(name="query", description="what to look for", max_length=400)
    ],
    limit: Limit = None,
    cursor: Cursor = None,
    everything: All = False,
) -> Response[Any]:
    most = whole_number(limit, "limit", least=1, most=100, default=20)
    found = one(
        request, "card.search", query=asked, limit=most, cursor=cursor or None, all=everything
    )
    return told(found)


@get(
    "/{card:str}",
    sync_to_thread=True,
    summary="One card with its timeline, as it is or as it was known",
    responses=answers(ShownCard, "The card"),
)
def show_card(
    request: AnyRequest,
    card: FromPath[str],
    *,
    at: Annotated[
        Text, QueryParameter(description="as known then: a day, an RFC 3339 time or a position")
    ] = None,
    everything: All = False,
    limit: Annotated[
        Text,
        QueryParameter(
            description="so many of the newest touches only; by default all are read, 60 µs each"
        ),
    ] = None,
    before: Annotated[
        Text, QueryParameter(description="with `limit`: `older.before` of the page before")
    ] = None,
) -> Response[Any]:
    most = whole_number(limit, "limit", least=1, most=_TOUCHES, default=0) or None
    page_of = {"at": at or None, "most": most, "before": before or None}
    return told(one(request, "card.show", id=card, all=everything, **page_of))


@get(
    "/{card:str}/explain",
    sync_to_thread=True,
    summary="Why its leaf cards are one person; or why two are, or are not",
    responses=answers(Explanation, "The links, and what they stand on"),
)
def explain_card(
    request: AnyRequest, card: FromPath[str], other: FromQuery[Text] = None
) -> Response[Any]:
    return told(one(request, "card.explain", id=card, other=other or None))


@post("/merge", sync_to_thread=True, status_code=200, summary="Say that two cards are one person",
      responses=_TAKEN, operation_id="mergeCards")  # fmt: skip
def merge(request: AnyRequest, data: JSONBody[Merge], key: Key = None) -> Response[Any]:
    given: Json = {"id": data.a, "other": data.b, "deals": data.deals}
    return _decided(request, "card.merge", key, data, **given)


@post("/unmerge", sync_to_thread=True, status_code=200, responses=_TAKEN,
      summary="Say that two cards are never one person (a veto)",
      operation_id="unmergeCards")  # fmt: skip
def unmerge(request: AnyRequest, data: JSONBody[TwoCards], key: Key = None) -> Response[Any]:
    return _decided(request, "card.unmerge", key, data, id=data.a, other=data.b)


def _mark(name: str, summary: str, *, shared: bool) -> HTTPRouteHandler:
    @post(f"/{name}", sync_to_thread=True, status_code=200, summary=summary, responses=_TAKEN,
          operation_id=f"{name}Card")  # fmt: skip
    def decide(request: AnyRequest, data: JSONBody[OneCard], key: Key = None) -> Response[Any]:
        return _decided(request, "card.mark", key, data, id=data.id, shared=shared)

    return decide


@post("/undo", sync_to_thread=True, status_code=200,
      summary="Take a decision back, as if it had never been made; an undo, too",
      responses=_TAKEN)  # fmt: skip
def undo(request: AnyRequest, data: JSONBody[OneDecision], key: Key = None) -> Response[Any]:
    return _decided(request, "card.undo", key, data, decision=data.decision)


@post("/withdraw", sync_to_thread=True, status_code=200,
      summary="Withdraw the evidence of links that a query selects", responses=_TAKEN)  # fmt: skip
def withdraw(request: AnyRequest, data: JSONBody[Withdrawal], key: Key = None) -> Response[Any]:
    given = {
        "id": data.a, "other": data.b, "rule": data.rule, "version": data.version,
        "identity": data.identity, "from": data.since, "to": data.until,
    }  # fmt: skip
    return _decided(request, "card.withdraw", key, data, **given)


@post("/rematch", sync_to_thread=True, status_code=200,
      summary="Apply the configured matching rules to the past", responses=_TAKEN)  # fmt: skip
def rematch(
    request: AnyRequest, data: JSONBody[Rematch | None] = None, key: Key = None
) -> Response[Any]:
    how = data or Rematch()
    given: Json = {"reason": how.reason, "actor": how.actor, "dry_run": how.dry_run}
    return told(command(request, "card.rematch", key=key, **given))


@get("/", sync_to_thread=True, summary="The review queue: what came to ended deals, and who may be "
     "one person", responses=answers(Suggestions, "A page, the best score first"))  # fmt: skip
def suggestions(
    request: AnyRequest,
    *,
    limit: Limit = None,
    cursor: Cursor = None,
    owner: Annotated[
        Text, QueryParameter(description="only what came to this owner's ended deals; - for nobody")
    ] = None,
    of: Annotated[
        Text, QueryParameter(description="only what this decision brought to ended deals")
    ] = None,
) -> Response[Any]:
    most = whole_number(limit, "limit", least=1, most=_MOST, default=50)
    which: Json = {"cursor": cursor or None, "owner": owner or None, "of": of or None}
    return told(one(request, "card.suggestions", limit=most, **which))


def _verdict(name: str, summary: str) -> HTTPRouteHandler:
    @post(f"/{{suggestion:str}}/{name}", sync_to_thread=True, status_code=200, summary=summary,
          responses=_TAKEN, operation_id=f"{name}Suggestion")  # fmt: skip
    def decide(
        request: AnyRequest,
        suggestion: FromPath[str],
        data: JSONBody[OnCards | None] = None,
        key: Key = None,
    ) -> Response[Any]:
        given = {"n": suggestion, "decide": name}
        return _decided(request, "card.suggestions", key, data or OnCards(), **given)

    return decide


def _decided(
    request: AnyRequest, operation: str, key: Text, data: OnCards | Withdrawal, **given: Any
) -> Response[Any]:
    how: Json = {"reason": data.reason, "dry_run": data.dry_run}
    seen = data.card_version if isinstance(data, Withdrawal) else data.version
    return told(
        command(request, operation, key=key, actor=data.actor, card_version=seen, **given, **how)
    )


CARDS: Final = Router(
    "/api/v1/cards",
    route_handlers=[
        list_cards, find_cards, show_card, explain_card, merge, unmerge, undo, withdraw, rematch,
        _mark("share", "Say that an identity is used by several persons", shared=True),
        _mark("unshare", "Say that an identity is one person's", shared=False),
    ],
    guards=[personal],
    tags=["cards"],
)  # fmt: skip
SUGGESTIONS: Final = Router(
    "/api/v1/suggestions",
    route_handlers=[
        suggestions,
        _verdict("accept", "They are one person: a merge; of an ended deal: a new one"),
        _verdict("refuse", "They are not: a veto, for everybody; of an ended deal: left with it"),
    ],
    guards=[personal],
    tags=["cards"],
)
