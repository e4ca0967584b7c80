"""The numbers for programs: /api/v1. Parameters are called as the flags of the command line."""

from typing import Annotated, Any, Final

from litestar import Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, QueryParameter
from msgspec.structs import asdict

from eventstore.said import said
from projections.desk.live import Live, Snapshot
from projections.desk.services import Services
from projections.funnel import render
from projections.funnel.request import DIMENSIONS, FIELDS, WrongRequest, read_request
from projections.funnel.result import FunnelNow

_FORMATS: Final = ("json", "csv", "parquet")
_PENDING: Final = "Leadlog-Pending"
_OTHER_FIELDS: Final = ("format", "lang")
_WHEN = "a day (2026-01-31, UTC) or an RFC 3339 time"

Text = str | None


@get(
    "/api/v1/funnel",
    sync_to_thread=True,
    summary="How many deals reached each step",
    tags=["numbers"],
    responses={
        200: ResponseSpec(
            FunnelNow,
            description="The funnel as known at `as_of`; where decisions are still being carried"
            " out, `pending` says so, and in every format the header Leadlog-Pending",
        )
    },
)
def funnel(
    request: Request[Any, Any, Any],
    *,
    pipeline: Annotated[Text, QueryParameter(description="the first one by default")] = None,
    since: Annotated[
        Text, QueryParameter(name="from", description=f"from here on: {_WHEN}")
    ] = None,
    until: Annotated[Text, QueryParameter(name="to", description=f"before this: {_WHEN}")] = None,
    by: Annotated[
        list[str] | None,
        QueryParameter(description=f"group by, several allowed: {', '.join(DIMENSIONS)}"),
    ] = None,
    as_of: Annotated[
        Text, QueryParameter(description=f"as known then: {_WHEN}, or a position; by default now")
    ] = None,
    basis: Annotated[Text, QueryParameter(description="cohort (default) or event")] = None,
    of: Annotated[Text, QueryParameter(description="deals")] = None,
    window: Annotated[
        Text, QueryParameter(description="a step counts within 30d, 12h, 90m of the first one")
    ] = None,
    shape: Annotated[
        Text, QueryParameter(name="format", description="json (default), csv or parquet")
    ] = None,
) -> Response[Any]:
    known = (*FIELDS, *_OTHER_FIELDS)
    if unknown := [name for name in request.query_params if name not in known]:
        raise WrongRequest(unknown[0], said("there is no such parameter"), known)
    one = {"pipeline": pipeline, "from": since, "to": until, "as_of": as_of, "basis": basis,
           "of": of, "window": window}  # fmt: skip
    given = {"by": by or [], **{name: value for name, value in one.items() if value}}
    services: Services = request.app.state.services
    return _shaped(shape or "json", services, given)


def _shaped(shape: str, services: Services, given: dict[str, Any]) -> Response[Any]:
    if shape not in _FORMATS:
        raise WrongRequest("format", said("there is no '%(name)s'", name=shape), _FORMATS)
    result = services.funnel(read_request(given, services.pipelines))
    pending = 0 if "as_of" in given else services.pending()  # what was known then is not of now
    headers = {"Content-Disposition": f'attachment; filename="funnel-{result.as_of}.{shape}"'}
    if pending:
        headers[_PENDING] = str(pending)
    match shape:
        case "csv":
            return Response(render.to_csv(result), media_type="text/csv", headers=headers)
        case "parquet":
            kind = "application/vnd.apache.parquet"
            return Response(render.to_parquet(result), media_type=kind, headers=headers)
        case _:
            now = FunnelNow(**asdict(result), pending=pending) if pending else result
            told = {name: value for name, value in headers.items() if name == _PENDING}
            return Response(render.to_json(now), media_type="application/json", headers=told)


@get(
    "/api/v1/overview",
    sync_to_thread=True,
    summary="What there is now: leads, cards, deals by channel",
    tags=["numbers"],
)
def overview(request: Request[Any, Any, Any], pipeline: FromQuery[Text] = None) -> Snapshot:
    live: Live = request.app.state.live
    asked = read_request({"pipeline": pipeline or ""}, request.app.state.services.pipelines)
    return live.snapshot(asked.pipeline)
