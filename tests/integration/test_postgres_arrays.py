"""Columns as PostgreSQL takes them: what a real server gives back is what went in."""

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventstore.recorders.postgres_arrays import columns

_BACK = "SELECT * FROM unnest(%b::bytea[], %b::int8[], %b::text[], %b::bool[])"


@pytest.fixture(scope="module")
def connection(postgres):
    with psycopg.connect(postgres) as connection:
        yield connection


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.lists(
            st.tuples(
                st.binary(min_size=size, max_size=size or 40),
                st.integers(-(2**63), 2**63 - 1),
                st.text(st.characters(exclude_characters="\0", codec="utf-8")),
                st.booleans(),
            ),
            min_size=1,
        )
        for size in (0, 16)
    )
)
def test_a_server_reads_the_rows_that_were_written(connection, rows):
    assert connection.execute(_BACK, columns(rows), binary=True).fetchall() == rows


@pytest.mark.parametrize("value", [None, 1.5])
def test_what_no_table_holds_is_refused(value):
    with pytest.raises(TypeError):
        columns([(value,)])


def test_a_null_among_ids_is_refused(connection):
    with pytest.raises(TypeError):
        connection.execute("SELECT %b::bytea[]", columns([(b"a",), (None,)]))
