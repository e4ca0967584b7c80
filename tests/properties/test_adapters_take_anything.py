"""Whatever a delivery holds, an adapter keeps it, answers, and takes no longer than it may.

The same deliveries are tried each time; with LEADLOG_FUZZ_TRIES (`make fuzz`) as many others.
"""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.fuzzing import cases, faults, spoilt, unlocked

from channels.registry import BUILT_IN
from channels.sdk.delivery import Delivery
from channels.sdk.testing.on_parse import with_body

_TRIES = int(os.environ.get("LEADLOG_FUZZ_TRIES", "0"))
_settings = settings(
    max_examples=_TRIES or 40,
    derandomize=not _TRIES,
    database=None,
    deadline=None,
    suppress_health_check=[*HealthCheck],
    print_blob=True,
)
_names = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
_headers = st.dictionaries(
    st.sampled_from(("content-type", "cookie", "origin", "accept", "host", "authorization"))
    | _names,
    st.text(st.characters(max_codepoint=255), max_size=60),
    max_size=3,
)


@pytest.mark.parametrize("account_type", BUILT_IN)
@_settings
@given(data=st.data())
def test_a_delivery_of_another_structure(account_type: str, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(cases(account_type)) - 1))
    case, open_case = cases(account_type)[number], unlocked(account_type)[number]
    content = case.content
    if content is None:
        return
    source = content.close(data.draw(spoilt(content.tree, case.adapter.settings.secrets())))
    note(f"{case.name}: {source}")
    assert [*faults(case, open_case, source)] == []


@pytest.mark.parametrize("account_type", BUILT_IN)
@_settings
@given(data=st.data())
def test_a_delivery_of_other_bytes(account_type: str, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(cases(account_type)) - 1))
    case, open_case = cases(account_type)[number], unlocked(account_type)[number]
    body = case.source.body
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(body))] * 2)))
    piece = data.draw(st.binary(max_size=40) | st.just(body[start:end] * 9))
    source: Any = with_body(case.source, body[:start] + piece + body[end:])
    if isinstance(source, Delivery):
        headers = {**source.headers, **data.draw(_headers)}
        query = data.draw(st.just("") | st.text(st.characters(max_codepoint=126), max_size=40))
        source = replace(source, headers=headers, url=f"{source.url}{query}")
    note(f"{case.name}: {source}")
    assert [*faults(case, open_case, source)] == []
