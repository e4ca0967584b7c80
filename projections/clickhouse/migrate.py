"""Brings the schema up to date: numbered SQL files, each applied once and recorded.

The files are templates with two holes, so that one source serves a single node and a cluster:
`${on_cluster}` (empty, or `ON CLUSTER name`) and `${replicated}` (empty, or `Replicated`).
Statements end with a semicolon at the end of a line and are written so that a second run does
nothing: whoever is killed between a statement and its record repeats it.
"""

from importlib import resources
from string import Template
from typing import NamedTuple

from projections.clickhouse.client import ClickHouse

_RECORD = """
CREATE TABLE IF NOT EXISTS migrations ${on_cluster} (
    number UInt16, name String, applied_at DateTime DEFAULT now()
) ENGINE = ${replicated}MergeTree ORDER BY number
"""

_RECORDED = "INSERT INTO migrations (number, name) SELECT {number:UInt16}, {name:String}"


class Migration(NamedTuple):
    number: int
    name: str
    statements: tuple[str, ...]


def migrations(cluster: str = "") -> list[Migration]:
    """All migrations there are, in order, for a single node or for the named cluster."""
    folder = resources.files("projections.clickhouse.migrations")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))
    return [_read(name, (folder / name).read_text("utf-8"), cluster) for name in names]


def migrate(clickhouse: ClickHouse, cluster: str = "") -> list[str]:
    """Apply what is missing; the names of what was applied."""
    clickhouse.command(_fill(_RECORD, cluster))
    known = {number for (number,) in clickhouse.select("SELECT number FROM migrations")}
    missing = [one for one in migrations(cluster) if one.number not in known]
    for migration in missing:
        for statement in migration.statements:
            clickhouse.command(statement)
        clickhouse.command(_RECORDED, number=migration.number, name=migration.name)
    return [migration.name for migration in missing]


def _read(file: str, text: str, cluster: str) -> Migration:
    number, name = file.removesuffix(".sql").split("_", 1)
    statements = (part.strip() for part in _fill(text, cluster).split(";\n"))
    return Migration(int(number), name, tuple(part for part in statements if part))


def _fill(text: str, cluster: str) -> str:
    return Template(text).substitute(
        on_cluster=f"ON CLUSTER {cluster}" if cluster else "",
        replicated="Replicated" if cluster else "",
    )
