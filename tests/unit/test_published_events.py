"""What a published event holds, and what it never does."""

from typing import get_args
from uuid import UUID

import msgspec
import pytest

from channels.sdk.lead import LeadContent
from eventstore.domain import events as ev
from eventstore.reading import Recorded
from ingest.outbox.published import fields_of, position_of, to_message

KINDS = get_args(ev.AnyEvent)
NEVER = {"personal", "text", "content"}
ID = bytes(range(16))


def test_sealed_parts_and_free_text_are_withheld():
    assert {name for kind in KINDS for name in fields_of(kind)} & NEVER == set()


@pytest.mark.parametrize("kind", [k for k in KINDS if issubclass(k, ev.Decision)])
def test_what_a_person_gave_as_reason_for_a_decision_is_withheld(kind):
    assert "reason" not in fields_of(kind)


def test_a_reason_of_the_pipelines_list_is_published():
    assert "reason" in fields_of(ev.DealClosed)


def test_a_field_that_nobody_has_thought_about_is_withheld():
    class Imagined(ev.Event, frozen=True, kw_only=True, tag="imagined"):
        deal: bytes
        nickname: str

    assert fields_of(Imagined) == ("deal",)


def test_every_event_is_published_whatever_it_withholds():
    message = to_message(Recorded(7, 0, ID, 2, ev.NoteAdded(command=ID, actor="a", at=0, text="x")))
    assert msgspec.json.decode(message.value) == {
        "position": 7,
        "recorded_at": "1970-01-01T00:00:00.000Z",
        "type": "NoteAdded",
        "stream": str(UUID(bytes=ID)),
        "version": 2,
        "data": {
            "command": str(UUID(bytes=ID)),
            "actor": "a",
            "at": "1970-01-01T00:00:00.000Z",
        },
    }


def test_the_position_is_the_id():
    message = to_message(Recorded(7, 0, ID, 2, ev.DealWithdrawn(at=0)))
    assert position_of(tuple(message.headers)) == 7


def test_what_others_put_on_the_topic_has_no_position():
    assert position_of(()) is None
    assert position_of((("ce_id", b"x"),)) is None


def test_even_with_its_personal_part_a_lead_shows_none_of_it():
    content = LeadContent(
        lead_id="l", event_id="e", channel="webform", account="site", kind="form", direction="in",
        occurred_at="2026-01-01T00:00:00.000Z", received_at="2026-01-01T00:00:00.000Z",
        text="Аглая",
    )  # fmt: skip
    lead = ev.LeadRecorded(
        event_id=ID, channel="webform", account="site", kind="form", direction="in",
        occurred_at=0, received_at=0, rules=1, leaf=ID, personal=content,
        identities=(ev.LeadIdentity(ID, "phone", attested=False, rank=0),),
    )  # fmt: skip
    value = to_message(Recorded(1, 0, ID, 1, lead)).value
    assert "Аглая".encode() not in value
    assert msgspec.json.decode(value)["data"]["identities"] == [
        {"leaf": str(UUID(bytes=ID)), "kind": "phone", "attested": False, "rank": 0}
    ]
