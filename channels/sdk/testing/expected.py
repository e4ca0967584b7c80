"""What a recording expects, compared with what came: as much of it as it names."""

from collections.abc import Iterator
from typing import Any

import msgspec

from channels.sdk.testing.doors import Answer


def differences(expect: dict[str, Any], answer: Answer) -> Iterator[str]:
    """Where the answer is not what is expected, each in a line."""
    yield from _differences("", expect, told(answer))


def told(answer: Answer) -> dict[str, Any]:
    """The answer in the words of `leadlog channels try`."""
    return {
        "response": {
            "status": answer.reply.status,
            "content_type": answer.reply.content_type,
            "body": answer.reply.body.decode("utf-8", "replace"),
        },
        "outcome": answer.outcome,
        "reason": answer.reason or None,
        "leads": [msgspec.to_builtins(lead) for lead in answer.leads],
    }


def _differences(where: str, expected: Any, found: Any) -> Iterator[str]:
    if isinstance(expected, dict) and isinstance(found, dict):
        for name, value in expected.items():
            yield from _differences(f"{where}.{name}", value, found.get(name))
    elif isinstance(expected, list) and isinstance(found, list | tuple):
        if len(expected) != len(found):
            yield f"{_named(where)} should be {len(expected)}, are {len(found)}"
        for index, (one, other) in enumerate(zip(expected, found, strict=False)):
            yield from _differences(f"{where}[{index}]", one, other)
    elif expected != found:
        yield f"{_named(where)} should be {expected!r}, is {found!r}"


def _named(where: str) -> str:
    return where.removeprefix(".")
