"""What the description of the API says of every operation on cards and deals."""

from typing import Any, Final

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Components, SecurityScheme

from projections.desk.shapes import Problem

_WRONG: Final = "What was asked makes no sense; `detail` says what is expected"
_PROBLEMS: Final = {
    400: _WRONG,
    401: "The token is missing or wrong",
    403: "Nobody may do this here; `detail` says what to do",
    404: "There is no such card, deal or decision",
    503: "A read model has not come as far yet; ask again",
}
_CONFLICT: Final = "Refused: `detail` says why, `changes` what happened since that version"

SECURITY: Final = Components(
    security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}
)


def answers(shape: Any, description: str, *, write: bool = False) -> dict[int, ResponseSpec]:
    """The answers of an operation: the good one, and every problem that it may be."""
    problems = _PROBLEMS | ({409: _CONFLICT} if write else {})
    return {200: ResponseSpec(shape, description=description, generate_examples=False)} | {
        status: ResponseSpec(
            Problem,
            description=told,
            media_type="application/problem+json",
            generate_examples=False,
        )
        for status, told in problems.items()
    }
