"""The pages with numbers: the first one, which is alive, and the reports."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get

from projections.desk.figures import funnel_figure
from projections.desk.frame import AnyRequest, language_of, page
from projections.desk.live import Live, Snapshot
from projections.desk.names import Names
from projections.desk.rendering import bars, render
from projections.desk.services import Services
from projections.funnel.request import (
    DIMENSIONS,
    FIELDS,
    FunnelRequest,
    WrongRequest,
    read_request,
)
from projections.funnel.result import FunnelResult


@get("/", sync_to_thread=True, include_in_schema=False)
def first_page(request: AnyRequest) -> Response[str]:
    """Everything at a glance; the script beside asks for `live_part` again and again."""
    return page(request, "overview.html", **_live_values(request))


@get("/live", sync_to_thread=True, include_in_schema=False)
def live_part(request: AnyRequest) -> Response[str]:
    """The part of the first page that changes; 304 while it has not."""
    text = render(language_of(request), "live.html", **_live_values(request))
    tag = f'"{sha256(text.encode()).hexdigest()[:16]}"'
    if request.headers.get("if-none-match") == tag:
        return Response("", status_code=304, headers={"ETag": tag})
    return Response(text, media_type="text/html", headers={"ETag": tag})


def _live_values(request: AnyRequest) -> dict[str, Any]:
    services: Services = request.app.state.services
    live: Live = request.app.state.live
    named = {"pipeline": request.query_params.get("pipeline", "")}
    pipeline = read_request(named, services.pipelines).pipeline
    snapshot = live.snapshot(pipeline)
    return {
        "overview": snapshot.overview,
        "funnel": snapshot.funnel,
        "pending": snapshot.pending,
        "channels": _channels(snapshot),
        "minutes": bars(snapshot.overview.minutes, height=48),
        "pipelines": services.pipelines,
    }


def _channels(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Leads and cards of each channel, and the deals that its touches opened."""
    steps = {group.by["channel"]: group.steps for group in snapshot.funnel.groups}
    rows = []
    for counts in snapshot.overview.channels:
        opened = steps.get(counts.channel)
        rows.append(
            {
                "channel": counts.channel,
                "leads": counts.leads,
                "cards": counts.cards,
                "deals": opened[0].count if opened else 0,
                "won": opened[-1].count if opened else 0,
                "share": counts.leads / (snapshot.overview.leads or 1),
            }
        )
    return rows


@get("/numbers", sync_to_thread=True, include_in_schema=False)
def numbers_page(request: AnyRequest) -> Response[str]:
    """The funnel by period, basis, groups and what was known when."""
    services: Services = request.app.state.services
    asked = {
        field: request.query_params.getall(field)
        for field in FIELDS
        if any(request.query_params.getall(field, []))
    }
    try:
        question = read_request(asked, services.pipelines)
        result = services.funnel(question)
    except WrongRequest as error:
        values = _form(services, asked, None) | {"wrong": error, "result": None}
        return page(request, "numbers.html", status=400, **values)
    pending = 0 if "as_of" in asked else services.pending()  # what was known then is not of now
    values = _form(services, asked, question) | _answer(request, asked, result)
    values |= {"pending": pending}
    return page(request, "numbers.html", wrong=None, **values)


def _form(
    services: Services, asked: Mapping[str, list[str]], question: FunnelRequest | None
) -> dict[str, Any]:
    given = {field: (asked.get(field) or [""])[0] for field in FIELDS}
    chosen = question.by if question else ()
    return {
        "asked": given,
        "chosen": chosen,
        "dimensions": DIMENSIONS,
        "pipelines": services.pipelines,
    }


def _answer(
    request: AnyRequest, asked: Mapping[str, list[str]], result: FunnelResult
) -> dict[str, Any]:
    figure = funnel_figure(result, Names(language_of(request)))
    frozen = {**asked, "as_of": [str(result.as_of)]}
    return {
        "result": result,
        "figure": msgspec.json.encode(figure).decode().replace("<", "\\u003c"),
        "same": urlencode(frozen, doseq=True),
    }
