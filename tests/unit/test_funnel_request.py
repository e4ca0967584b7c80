"""How a funnel may be asked for, and how it is written."""

import io
import json

import msgspec
import pyarrow.parquet
import pytest
from rich.console import Console
from typer.testing import CliRunner

from eventstore.domain.pipeline import SALES
from leadlog.cli import app
from projections.cells import safe_cell
from projections.funnel import render
from projections.funnel.request import DIMENSIONS, WrongRequest, read_request
from projections.funnel.result import FunnelResult, Group, steps_of

NAMES = [("unsorted", "unsorted"), ("won", "won")]
RESULT = FunnelResult(
    basis="cohort", of="deals", as_of=7, recorded_at="2026-01-01T00:00:00.000Z", pipeline="sales",
    since="2026-01-01T00:00:00.000Z", until=None, window_ms=None, steps=steps_of(NAMES, [3, 1]),
    groups=(
        Group(by={"utm_source": "=HYPERLINK(1)"}, steps=steps_of(NAMES, [2, 0])),
        Group(by={"utm_source": ""}, steps=steps_of(NAMES, [1, 1])),
    ),
)  # fmt: skip


def ask(**given):
    return read_request({name.rstrip("_"): value for name, value in given.items()}, [SALES])


def test_nothing_said_is_all_deals_of_the_first_pipeline_as_known_now():
    request = ask()
    assert (request.pipeline, request.basis, request.of, request.by) == (
        SALES,
        "cohort",
        "deals",
        (),
    )
    assert (request.since, request.until, request.position, request.time) == (None,) * 4


def test_dimensions_may_be_repeated_or_listed():
    assert ask(by=["channel,kind", "account", "kind"]).by == ("channel", "kind", "account")


def test_as_of_is_a_position_or_a_time():
    assert ask(as_of="12").position == 12
    assert ask(as_of="2026-01-31").time == 1_769_817_600_000
    assert ask(as_of="2026-01-31T03:00:00+03:00").time == 1_769_817_600_000


@pytest.mark.parametrize(
    ("given", "field", "says"),
    [
        ({"by": "colour"}, "by", ", ".join(DIMENSIONS)),
        ({"basis": "x"}, "basis", "cohort, event"),
        ({"pipeline": "x"}, "pipeline", "sales"),
        ({"of": "persons"}, "of", "deals"),
        ({"from_": "yesterday"}, "from", "2026-01-31"),
        ({"from_": "2026-01-02", "to": "2026-01-02"}, "to", "later than 'from'"),
        ({"as_of": "soon"}, "as_of", "position"),
        ({"as_of": "2026-01-31T03:00:00"}, "as_of", "no time"),
        ({"window": "long"}, "window", "30d"),
        ({"limit": "1"}, "limit", "no such parameter"),
        ({"basis": ["cohort", "event"]}, "basis", "more than once"),
    ],
)
def test_a_wrong_request_names_the_field_and_what_is_allowed(given, field, says):
    with pytest.raises(WrongRequest) as caught:
        ask(**given)
    assert caught.value.field == field
    assert says in str(caught.value)


def test_json_has_the_fields_of_the_interface():
    shape = json.loads(render.to_json(RESULT))
    assert {"basis", "as_of", "pipeline", "from", "to", "steps", "groups"} <= set(shape)
    assert set(shape["steps"][0]) == {"id", "name", "count", "of_first", "of_previous"}
    assert set(shape["groups"][0]) == {"by", "steps"}


def test_csv_has_a_line_for_each_step_of_each_group_and_no_formula():
    lines = render.to_csv(RESULT).splitlines()
    assert lines[0].endswith("utm_source,step,name,count,of_first,of_previous")
    assert len(lines) == 5
    assert ",'=HYPERLINK(1),unsorted," in lines[1]
    assert lines[4].endswith(",,won,won,1,1.0,1.0")


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "  =1", "＝1", "＠a"])
def test_what_looks_like_a_formula_is_made_text(text):
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("value", [-1, 0.5, None, "a=b", ""])
def test_other_cells_stay_as_they_are(value):
    assert safe_cell(value) == value


def test_a_format_that_there_is_not_is_a_wrong_call():
    done = CliRunner().invoke(app, ["funnel", "--format", "xml"])
    assert done.exit_code == 2
    assert "'parquet'" in done.output


def test_parquet_has_the_same_lines_with_types():
    table = pyarrow.parquet.read_table(io.BytesIO(render.render(RESULT, "parquet")))
    assert table["count"].to_pylist() == [2, 0, 1, 1]
    assert table.schema.metadata[b"as_of"] == b"7"


@pytest.mark.parametrize(
    ("result", "told"),
    [(RESULT, ("utm_source", "0.0%")), (msgspec.structs.replace(RESULT, groups=()), ("33.3%",))],
)
def test_the_table_states_basis_position_and_shares(result, told):
    console = Console(file=io.StringIO(), width=120)
    console.print(render.to_table(result))
    text = console.file.getvalue()
    assert "cohort" in text
    assert "position 7" in text
    assert all(part in text for part in told)
