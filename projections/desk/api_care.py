"""What keeps the system honest, for programs: the quarantine and the audit."""

from typing import Annotated, Any, Final

from litestar import Response, Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from projections.desk.access import personal
from projections.desk.api_described import answers
from projections.desk.asking import one, operate, told
from projections.desk.frame import AnyRequest
from projections.desk.shapes import QuarantinePage, Retried


@get("/quarantine", sync_to_thread=True, summary="Deliveries that are kept aside, oldest first",
     responses=answers(QuarantinePage, "Each with its reason, without its body"))  # fmt: skip
def quarantine(request: AnyRequest) -> Response[Any]:
    return told({"items": list(operate(request, "quarantine"))})


@get("/quarantine/{delivery:str}", sync_to_thread=True, summary="One of them, with its raw body",
     responses=answers(dict[str, Any], "The delivery"))  # fmt: skip
def quarantined(request: AnyRequest, delivery: FromPath[str]) -> Response[Any]:
    return told(one(request, "quarantine", id=delivery))


@post("/quarantine/retry", sync_to_thread=True, status_code=200,
      summary="Read some of them once more", responses=answers(QuarantinePage, "What became of "
      "each", write=True))  # fmt: skip
def retry(request: AnyRequest, data: JSONBody[Retried]) -> Response[Any]:
    return told({"items": list(operate(request, "quarantine.retry", ids=data.ids))})


@get("/audit", sync_to_thread=True, summary="Whether everything that came in is accounted for",
     responses=answers(dict[str, Any], "`ok`, and the first place where it breaks"))  # fmt: skip
def audit(
    request: AnyRequest,
    full: Annotated[bool, QueryParameter(description="also every position")] = False,
) -> Response[Any]:
    return told(one(request, "audit", full=full))


CARE: Final = Router(
    "/api/v1",
    route_handlers=[quarantine, quarantined, retry, audit],
    guards=[personal],
    tags=["care"],
)
