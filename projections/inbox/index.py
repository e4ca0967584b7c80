"""Which leaf cards go by which name: the inbox's tables as a projector and a purge see them."""

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Table,
    create_engine,
    delete,
    event,
    exists,
    func,
    make_url,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from eventstore.domain.events import Id
from eventstore.faults import faultpoint
from eventstore.reading import Recorded
from projections.inbox import names
from projections.inbox.names import Change, Key, Said
from projections.inbox.schema import (
    VERSION,
    bearer,
    entry,
    gram,
    metadata,
    name,
    progress,
    said,
    word,
)
from projections.inbox.spelling import grams

_NAMES: Final = "names"
_MOST_AT_ONCE: Final = 1000
_MAKING: Final = 0x1EA1B
"""The advisory lock of whoever makes the tables: processes may start at the same time."""
_PRAGMAS: Final = (
    "journal_mode=WAL",
    "synchronous=NORMAL",  # what a power cut takes is projected again: the position goes with it
    "secure_delete=ON",  # what is purged must not be found in the file
    "busy_timeout=30000",
    "cache_size=-65536",
)


class OvertakenElsewhere(Exception):
    """Another projector wrote the page first: read again from where the tables end."""


def open_engine(url: str) -> Engine:
    """Connections to `sqlite:////path` (made for its owner's eyes only) or `postgresql://…`."""
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        from eventstore.recorders.postgres_connection import connection_settings

        reached = connection_settings(url, "public")  # as the event store is, with its bounds
        return create_engine("postgresql+psycopg://", pool_pre_ping=True, connect_args=reached)
    path = Path(str(address.database))
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    engine = create_engine(address)
    event.listen(engine, "connect", _set_up)
    return engine


def _set_up(connection: Any, record: Any) -> None:
    del record
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


class NameIndex:
    """Follows the event store page by page; each page is one transaction with its position.

    So whoever is killed when, every event counts once, and a second projector is refused.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert = sqlite.insert if engine.dialect.name == "sqlite" else postgresql.insert

    def prepare(self) -> int:
        """Make the tables, anew where they are of another version; the last position in them."""
        with self._engine.begin() as connection:
            if self._engine.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(_MAKING)))
            if self._version(connection) != VERSION:
                metadata.drop_all(connection)
            metadata.create_all(connection)
            start = {"projection": _NAMES, "version": VERSION, "position": 0}
            connection.execute(self._insert(progress).values(start).on_conflict_do_nothing())
            return self._position(connection)

    def last_position(self) -> int:
        """Up to which position of the event store names are here; `prepare` was called before."""
        with self._engine.connect() as connection:
            return self._position(connection)

    def append(self, page: Sequence[Recorded], after: int) -> int:
        """Take in the events that follow position `after`; the last position from now on.

        Raises OvertakenElsewhere where the tables do not end at `after`.
        """
        last = page[-1].position
        with self._engine.begin() as connection:
            self._advance(connection, after, last)
            faultpoint("inbox.in_transaction")
            change = names.read(
                page,
                self._said(connection, names.told_before(page)),
                self._ids(connection, names.names_of(page)),
            )
            self._write_said(connection, change)
            self._write_bearers(connection, change)
        faultpoint("inbox.after_commit")
        return last

    def purge(self, leaves: Collection[Id]) -> None:
        """Take out every name of these leaf cards, and names that nobody else goes by."""
        with self._engine.begin() as connection:
            for some in _chunks(leaves):
                for table in (said, bearer):
                    connection.execute(delete(table).where(table.c.leaf.in_(some)))
            self._drop_unused(connection)
        if self._engine.dialect.name == "sqlite":
            with self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def _drop_unused(self, connection: Connection) -> None:
        """Names that nobody goes by, and words that no name has."""
        unused = select(name.c.id).where(~exists().where(bearer.c.name == name.c.id))
        for some in _chunks(connection.scalars(unused)):
            connection.execute(delete(entry).where(entry.c.name.in_(some)))
            connection.execute(delete(name).where(name.c.id.in_(some)))
        unused = select(word.c.id).where(~exists().where(entry.c.word == word.c.id))
        for some in _chunks(connection.scalars(unused)):
            connection.execute(delete(gram).where(gram.c.word.in_(some)))
            connection.execute(delete(word).where(word.c.id.in_(some)))

    def _version(self, connection: Connection) -> int | None:
        if not self._engine.dialect.has_table(connection, progress.name):
            return None
        return connection.scalar(select(progress.c.version).where(progress.c.projection == _NAMES))

    def _position(self, connection: Connection) -> int:
        asked = select(progress.c.position).where(progress.c.projection == _NAMES)
        return int(connection.scalar(asked) or 0)

    def _advance(self, connection: Connection, after: int, last: int) -> None:
        """The first statement: it locks out every other writer until the end."""
        moved = connection.execute(
            update(progress)
            .where(progress.c.projection == _NAMES, progress.c.position == after)
            .values(position=last)
        )
        if moved.rowcount != 1:
            raise OvertakenElsewhere(f"the inbox does not end at position {after}")

    def _said(self, connection: Connection, leads: Collection[Id]) -> dict[Key, Said]:
        found: dict[Key, Said] = {}
        for some in _chunks(leads):
            for row in connection.execute(select(said).where(said.c.lead.in_(some))):
                found[row.event, row.name] = Said(row.lead, row.leaf, row.at)
        return found

    def _ids(self, connection: Connection, wanted: Collection[str]) -> dict[str, int]:
        """The ids of names; new ones are entered under their words."""
        known, fresh = self._entered(connection, name.c.folded, wanted)
        if fresh:
            texts = {text for whole in fresh for text in whole.split()}
            words, new = self._entered(connection, word.c.text, texts)
            self._enter(connection, gram, list(_pieces(new)))
            self._enter(connection, entry, list(_entries(fresh, words | new)))
        return known | fresh

    def _entered(
        self, connection: Connection, column: Column[str], wanted: Collection[str]
    ) -> tuple[dict[str, int], dict[str, int]]:
        """The ids of texts that were there, and of those that are entered now."""
        known = self._known(connection, column, wanted)
        missing = sorted(set(wanted) - known.keys())
        if missing:
            rows = [{column.name: text} for text in missing]
            connection.execute(self._insert(column.table), rows)
        return known, self._known(connection, column, missing)

    def _known(
        self, connection: Connection, column: Column[str], wanted: Collection[str]
    ) -> dict[str, int]:
        found: dict[str, int] = {}
        for some in _chunks(wanted):
            rows = connection.execute(select(column, column.table.c.id).where(column.in_(some)))
            found |= {row[0]: row[1] for row in rows}
        return found

    def _write_said(self, connection: Connection, change: Change) -> None:
        gone: dict[Id, None] = dict.fromkeys(key[0] for key in change.gone())
        for some in _chunks(gone):
            connection.execute(delete(said).where(said.c.event.in_(some)))
        # A delivery that lost one of its names loses all of them above: the others come back.
        rows = [
            (*key, *row)
            for key, row in change.after.items()
            if key[0] in gone or change.before.get(key) != row
        ]
        self._enter(connection, said, rows)

    def _enter(self, connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
        """Insert whole rows, in the order of the columns, past SQLAlchemy's work on each value."""
        mark = "?" if self._engine.dialect.name == "sqlite" else "%s"
        marks = ",".join([mark] * len(table.columns))
        if rows:
            connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({marks})", rows)  # noqa: S608 - only names of our own tables and marks

    def _write_bearers(self, connection: Connection, change: Change) -> None:
        deltas = change.bearers()
        rows = [
            {"name": key[0], "leaf": key[1], "times": more, "at": at}
            for key, (more, at) in sorted(deltas.items())
        ]
        if not rows:
            return
        entered = self._insert(bearer)
        newest = func.max if self._engine.dialect.name == "sqlite" else func.greatest
        connection.execute(
            entered.on_conflict_do_update(
                index_elements=[bearer.c.name, bearer.c.leaf],
                set_={
                    "times": bearer.c.times + entered.excluded.times,
                    "at": newest(bearer.c.at, entered.excluded.at),
                },
            ),
            rows,
        )
        if any(more < 0 for more, _ in deltas.values()):
            left = sorted({leaf for (_, leaf), (more, _) in deltas.items() if more < 0})
            for some in _chunks(left):
                connection.execute(
                    delete(bearer).where(bearer.c.leaf.in_(some), bearer.c.times <= 0)
                )


def _pieces(words: dict[str, int]) -> Iterator[tuple[str, int, int]]:
    for text, number in words.items():
        found = grams([text])
        for piece in found:
            yield piece, len(found), number


def _entries(names: dict[str, int], words: dict[str, int]) -> Iterator[tuple[int, int, int]]:
    for whole, number in names.items():
        texts = whole.split()
        for text in set(texts):
            yield words[text], len(texts), number


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Sorted, some at a time: a database takes only so many parameters."""
    ordered = sorted(values)
    for start in range(0, len(ordered), _MOST_AT_ONCE):
        yield ordered[start : start + _MOST_AT_ONCE]
