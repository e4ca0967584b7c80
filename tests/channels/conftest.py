"""What the tests of all adapters share: recorded deliveries, and samples that were spoilt."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import strategies as st

import channels
from channels.registry import make_adapter
from channels.sdk.delivery import Delivery, PollItem
from channels.sdk.intake import Examined, examine, examine_item
from channels.sdk.outcome import Accepted, Outcome, Quarantined, QuarantineReason
from channels.trial import try_delivery

RECEIVED = "2025-01-01T10:00:00.000Z"

JUNK = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(min_value=2**53, max_value=2**80),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=20),
        st.sampled_from(["", "0", "-1", "\x00", "9" * 25, "8 999 123-45-67", "a@b.ru", "1e400"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: list[tuple[Any, ...]] = []
    pairs = enumerate(value) if isinstance(value, list) else []
    for key, item in value.items() if isinstance(value, dict) else pairs:
        inner += [(*path, key), *_places(item, (*path, key))]
    return inner


@st.composite
def _spoilt(draw: st.DrawFn, sample: Any) -> Any:
    value = deepcopy(sample)
    for _ in range(draw(st.integers(min_value=1, max_value=3))):
        places = _places(value)
        if not places:
            return draw(JUNK)
        *way, last = draw(st.sampled_from(places))
        holder = value
        for step in way:
            holder = holder[step]
        if draw(st.booleans()) and isinstance(holder, dict):
            del holder[last]
        else:
            holder[last] = draw(JUNK)
    return value


def as_printed(account: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    result = try_delivery(account["type"], account, request)
    printed: dict[str, Any] = json.loads(msgspec.json.encode(result))
    return printed


@pytest.fixture(scope="session")
def trial() -> Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]:
    """What `leadlog channels try` prints about an account and a request."""
    return as_printed


@pytest.fixture(scope="session")
def spoilt() -> Callable[[Any], st.SearchStrategy[Any]]:
    """A strategy: the JSON sample with one to three of its values lost or of another type."""
    return _spoilt


@pytest.fixture(scope="session")
def recordings() -> Callable[[str], Path]:
    """The folder in which the adapters of a family ship their recorded deliveries."""
    return lambda family: Path(channels.__file__).parent / family / "recordings"


@pytest.fixture
def recorded(request, recordings) -> Callable[[str], dict[str, Any]]:
    """The account and request of a recording of the family that the test is about."""
    folder = recordings(request.path.parent.name)
    return lambda name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture
def tried(recorded) -> Callable[..., dict[str, Any]]:
    """What `leadlog channels try` says of a recorded delivery, some of its parts changed."""

    def run(name: str, *, account: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        case = recorded(name)
        settings = {**case["account"], **(account or {})}
        return as_printed(settings, {**case["request"], **changes})

    return run


@pytest.fixture(scope="session")
def survives() -> Callable[..., tuple[Outcome, ...]]:
    """Asserts that a body (or a polled item) meets no fault of the parser; gives its outcomes."""

    def run(account: dict[str, Any], body: bytes = b"", **parts: Any) -> tuple[Outcome, ...]:
        adapter = make_adapter(account)
        if "item" in parts:
            examined = examine_item(adapter, PollItem(received_at=RECEIVED, body=body, **parts))
        else:
            delivery = Delivery(body=body, received_at=RECEIVED, **parts)
            examined = examine(adapter, delivery)
        outcomes = examined.outcomes if isinstance(examined, Examined) else ()
        assert not isinstance(examined, Examined) or outcomes
        for outcome in outcomes:
            if isinstance(outcome, Quarantined):
                assert outcome.reason is not QuarantineReason.PARSER_FAULT, outcome.detail
            if isinstance(outcome, Accepted):
                assert msgspec.json.encode(outcome.lead)
        return outcomes

    return run
