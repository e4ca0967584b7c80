"""Events → rows of `facts`: one row each, nothing personal, nothing lost."""

import typing
from decimal import Decimal

import pytest

from channels.sdk.lead import LeadContent
from eventstore.domain import events as ev
from eventstore.reading import Recorded
from projections.clickhouse.migrate import migrations
from projections.facts.columns import COLUMNS, FIELDS, SCHEMA
from projections.facts.rows import block

LEAD, DEAL, LEAF, MAIL, WHY = (bytes([n]) * 16 for n in range(1, 6))
NOBODY = bytes(16)


def recorded(event, position=7, stream=LEAD, version=3):
    return Recorded(position, 1_700_000_000_123, stream, version, event)


def lead(**fields):
    known = {
        "event_id": WHY,
        "channel": "telegram",
        "account": "bot",
        "kind": "message",
        "direction": "in",
        "occurred_at": 1_699_999_999_001,
        "received_at": 1_699_999_999_002,
        "rules": 1,
        "leaf": LEAF,
    }
    return ev.LeadRecorded(**(known | fields))


def row(event, **where):
    [only] = block([recorded(event, **where)]).to_pylist()
    return only


def test_every_kind_of_event_has_its_columns():
    assert set(FIELDS) == set(typing.get_args(ev.AnyEvent))


@pytest.mark.parametrize("kind", FIELDS, ids=lambda kind: kind.__name__)
def test_every_column_and_field_exists(kind):
    assert set(FIELDS[kind]) <= set(COLUMNS)
    heads = {field.split(".")[0] for field in FIELDS[kind].values()} - {"stream"}
    assert heads <= set(kind.__struct_fields__)


def test_no_column_reads_the_personal_part_or_a_typed_text():
    fields = {(kind, field) for kind, columns in FIELDS.items() for field in columns.values()}
    assert not {field for _, field in fields if field.startswith("personal")}
    assert (ev.NoteAdded, "text") not in fields
    from_closed_sets = {ev.DealClosed, ev.ReplyProgressed}
    assert {kind for kind, field in fields if field == "reason"} == from_closed_sets


def test_nothing_of_the_personal_part_is_in_the_row():
    content = LeadContent(
        lead_id="l", event_id="e", channel="telegram", account="bot", kind="message",
        direction="in", occurred_at="2026-01-01T00:00:00.000Z",
        received_at="2026-01-01T00:00:00.000Z", text="my number is 8 912 345-67-89",
    )  # fmt: skip
    assert "345-67" not in str(row(lead(personal=content)))


def test_columns_are_those_of_the_migration_in_its_order():
    [facts] = [one for one in migrations() if one.name == "facts"]
    lines = facts.statements[0].partition("(\n")[2].splitlines()
    assert (
        list(COLUMNS)
        == [line.split()[0] for line in lines if line.startswith("    ")][: len(COLUMNS)]
    )


def test_a_lead_brings_its_labels_leaves_and_times():
    event = lead(
        identities=(
            ev.LeadIdentity(LEAF, "phone", attested=True, rank=1),
            ev.LeadIdentity(MAIL, "email", attested=False, rank=0),
        ),
        campaign=ev.Campaign(source="yandex", campaign="spring", paid=True),
        deal=DEAL,
        opened=True,
        amount="1200.5",
        currency="RUB",
    )
    got = row(event)
    assert got["topic"] == "L"
    assert (got["position"], got["version"], got["stream"]) == (7, 3, LEAD)
    assert (got["lead"], got["deal"], got["leaf"], got["event"]) == (LEAD, DEAL, LEAF, WHY)
    assert got["leaves"] == [LEAF, MAIL]
    assert (got["utm_source"], got["utm_campaign"], got["paid"]) == ("yandex", "spring", True)
    assert got["amount"] == Decimal("1200.5000")
    assert int(got["occurred_at"].timestamp() * 1000) == 1_699_999_999_001


def test_an_absent_id_is_the_zero_one():
    assert row(lead())["deal"] == NOBODY


@pytest.mark.parametrize("text", ["", "many", "NaN", "Infinity", "1e40", "-1e40"])
def test_what_is_no_amount_is_none(text):
    assert row(lead(amount=text))["amount"] is None


def test_a_deal_closed_brings_its_status_and_reason():
    event = ev.DealClosed(command=WHY, actor="ann", at=5, status="lost", reason="price")
    got = row(event, stream=DEAL)
    assert (got["topic"], got["deal"], got["status"], got["reason"]) == ("C", DEAL, "lost", "price")
    assert (got["actor"], got["decision"]) == ("ann", WHY)


def test_an_event_with_one_field_only_is_taken_too():
    got = row(ev.TouchPlaced(because=WHY))
    assert (got["deal"], got["because"]) == (NOBODY, WHY)
    assert row(ev.RepeatChanged(repeat_of=DEAL), stream=LEAD)["other"] == DEAL


def test_a_block_of_many_kinds_has_one_row_for_each_event_in_one_chunk():
    events = [
        recorded(lead(), position=1),
        recorded(ev.PersonFormed(leaves=(LEAF, MAIL)), position=2, stream=LEAF),
        recorded(lead(kind="call"), position=3),
        recorded(ev.NoteAdded(command=WHY, actor="ann", at=5, text="secret"), position=4),
    ]
    table = block(events)
    assert sorted(table["position"].to_pylist()) == [1, 2, 3, 4]
    assert table["position"].num_chunks == 1
    assert table.schema == SCHEMA
    assert "secret" not in str(table.to_pylist())


def test_no_events_are_no_rows():
    assert block([]).num_rows == 0
