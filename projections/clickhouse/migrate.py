"""Brings the schema up to date: numbered SQL files, each applied once and recorded.

The files are templates with three holes, so that one source serves a single node and a cluster:
`${on_cluster}` (empty, or `ON CLUSTER name`), `${replicated}` (empty, or `Replicated`), and
`${deduplication_window}`: the settings by which a table, or what a view writes into, remembers
the names of blocks. On a cluster the servers' configuration says where replicas meet: they need
`default_replica_path` and the macros in it, as ClickHouse ships them.

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


_SHARDS = "SELECT max(shard_num) FROM system.clusters WHERE cluster = {cluster:String}"
_REMEMBERED = 10_000
"""Blocks: an hour of the smallest ones. A projector looks again before it sends one as late."""
_REMEMBERED_S = 30 * 24 * 3600


class ClusterUnfit(Exception):
    """The cluster would spread what must be in one place; name another in the address."""


class Migration(NamedTuple):
    number: int
    name: str
    statements: tuple[str, ...]


def migrations(cluster: str = "") -> list[Migration]:
    """All migrations there are, in order, for a single node or for the named cluster."""
    folder = resources.files("projections.clickhouse.migrations")
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".sql"))
    return [_read(name, (folder / name).read_text("utf-8"), cluster) for name in names]


def migrate(clickhouse: ClickHouse) -> list[str]:
    """Apply what is missing; the names of what was applied. On a cluster, to all its replicas.

    Raises ClusterUnfit, and what the store raises.
    """
    cluster = clickhouse.target.cluster
    if cluster and clickhouse.select(_SHARDS, cluster=cluster)[0][0] > 1:
        raise ClusterUnfit(
            f"the cluster {cluster!r} has several shards; facts need one, replicated"
        )
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
        on_cluster=f"ON CLUSTER `{cluster}`" if cluster else "",
        replicated="Replicated" if cluster else "",
        deduplication_window=_window("replicated" if cluster else "non_replicated"),
    )


def _window(kind: str) -> str:
    window = f"{kind}_deduplication_window = {_REMEMBERED}"
    if kind == "non_replicated":  # which has no limit in time
        return window
    return f"{window}, {kind}_deduplication_window_seconds = {_REMEMBERED_S}"
