"""How queries are put to SQLite."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from eventstore.domain.events import Id

MOST_PARAMETERS = 8192
_MOST_COMPOUND = 200
_ID_BYTES = 16
CUT = (
    "WITH RECURSIVE place(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM place WHERE n + 1 < ?)"
    " SELECT substr(?, 16 * n + 1, 16) AS id FROM place"
)
"""Ids that came as one text, with their number before it."""


class SQLiteQueries(ABC):
    """Whatever they run on: the last commit, or one moment."""

    @abstractmethod
    def _rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Run a query."""

    def _together(self, queries: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """The rows of all these queries, many of them by one statement."""
        rows = []
        for some in chunks(list(queries), _MOST_COMPOUND):
            sql = " UNION ALL ".join(f"SELECT * FROM ({query})" for query, _ in some)  # noqa: S608 - our own
            rows += self._rows(sql, [part for _, given in some for part in given])
        return rows

    def _in(self, sql: str, values: Collection[Id], then: str = "") -> list[Any]:
        """Run `… IN` over any number of ids by one statement: they go as one text, cut there."""
        return self._rows(f"{sql} ({CUT}) {then}", text_of(values)) if values else []


def text_of(values: Collection[Id]) -> tuple[int, bytes]:
    """What `CUT` takes; what is no id is nowhere found."""
    ids = [value for value in values if len(value) == _ID_BYTES]
    return len(ids), b"".join(ids)


def chunks(values: list[Any], size: int) -> Iterable[list[Any]]:
    """Cut into lists of at most `size`."""
    return (values[start : start + size] for start in range(0, len(values), size))
