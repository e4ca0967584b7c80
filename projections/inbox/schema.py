"""The tables of the inbox, for SQLite and PostgreSQL.

They hold names, so they are personal data: `NameIndex.purge` takes out what belongs to leaf cards.
Nothing is in them that the event store does not give; a change of `VERSION` builds them anew.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)

VERSION: Final = 3
"""Of these tables and of the way names are spelled in them."""

_Number = BigInteger().with_variant(Integer, "sqlite")
"""SQLite gives ids by itself only to what it calls INTEGER."""
_Text = String(collation="C").with_variant(String(), "sqlite")
_Id = LargeBinary(16)

metadata: Final = MetaData()

progress: Final = Table(
    "inbox_progress",
    metadata,
    Column("projection", String, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("position", _Number, nullable=False),
    comment="up to which position of the event store a projection has come",
)

name: Final = Table(
    "inbox_name",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("folded", _Text, nullable=False),
    UniqueConstraint("folded"),
    comment="each name once, as it is compared (see projections.inbox.spelling)",
)

word: Final = Table(
    "inbox_word",
    metadata,
    Column("id", _Number, primary_key=True, autoincrement=True),
    Column("text", _Text, nullable=False),
    UniqueConstraint("text"),
    comment="each word of the names once: far fewer than there are names",
)

gram: Final = Table(
    "inbox_gram",
    metadata,
    Column("gram", _Text, primary_key=True),
    Column("size", Integer, primary_key=True),
    Column("word", _Number, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
    comment="the three-letter pieces of each word; size is how many pieces that word has",
)

entry: Final = Table(
    "inbox_entry",
    metadata,
    Column("word", _Number, primary_key=True, autoincrement=False),
    Column("size", Integer, primary_key=True),
    Column("name", _Number, primary_key=True, autoincrement=False),
    Index("inbox_entry_name", "name", "word"),
    sqlite_with_rowid=False,
    comment="the names that have a word; size is how many words the name has",
)

said: Final = Table(
    "inbox_said",
    metadata,
    Column("event", _Id, primary_key=True),
    Column("name", _Number, primary_key=True, autoincrement=False),
    Column("lead", _Id, nullable=False),
    Column("leaf", _Id, nullable=False),
    Column("at", _Number, nullable=False),
    Index("inbox_said_lead", "lead"),
    Index("inbox_said_leaf", "leaf", text("at DESC")),
    sqlite_with_rowid=False,
    comment="what each delivery called its sender, and on which leaf card its lead stands",
)

bearer: Final = Table(
    "inbox_bearer",
    metadata,
    Column("name", _Number, primary_key=True, autoincrement=False),
    Column("leaf", _Id, primary_key=True),
    Column("at", _Number, nullable=False),
    Column("times", Integer, nullable=False),
    Index("inbox_bearer_newest", "name", text("at DESC"), "leaf"),
    Index("inbox_bearer_leaf", "leaf"),
    sqlite_with_rowid=False,
    comment="the leaf cards that go by a name, when last, and by how many deliveries",
)
