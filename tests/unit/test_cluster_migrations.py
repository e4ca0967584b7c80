"""One source of the schema for a single node and for a replicated cluster."""

import difflib
from pathlib import Path

import pytest

from projections.clickhouse.address import parse_url
from projections.clickhouse.migrate import ClusterUnfit, migrate, migrations
from projections.testing import fresh_store

GOLDEN = Path(__file__).with_name("schema_on_a_cluster.sql")


@pytest.fixture(scope="module")
def store():
    with fresh_store() as store:
        yield store


def statements(cluster=""):
    return [statement for one in migrations(cluster) for statement in one.statements]


def test_the_schema_of_a_cluster_is_the_written_one():
    """Written anew by: python -m pytest … && copy what the failure prints."""
    assert ";\n\n".join(statements("leadlog")) + ";\n" == GOLDEN.read_text("utf-8")


def test_a_cluster_differs_from_a_single_node_only_where_meant():
    single, cluster = "\n".join(statements()), "\n".join(statements("leadlog"))
    differing = [
        line[1:].strip()
        for line in difflib.ndiff(single.splitlines(), cluster.splitlines())
        if line.startswith("+ ")
    ]
    meant = ("ON CLUSTER `leadlog`", "ENGINE = Replicated", "replicated_deduplication_window")
    assert differing
    assert not [line for line in differing if not any(one in line for one in meant)]


def test_every_table_there_remembers_the_names_of_blocks():
    for statement in statements("leadlog"):
        if "MergeTree" in statement:
            assert "ReplicatedMergeTree" in statement
            assert "ON CLUSTER `leadlog`" in statement
            assert "\n    replicated_deduplication_window = " in statement
            assert "non_replicated" not in statement


@pytest.mark.parametrize("cluster", ["", "leadlog", "two-rooms.a"])
def test_the_engine_understands_the_statements(store, cluster):
    for statement in statements(cluster):
        [(text,)] = store.select("SELECT formatQuery({given:String})", given=statement)
        assert ("Replicated" in text) == bool(cluster)
        assert f"ON CLUSTER {f'`{cluster}`' if '-' in cluster else cluster}" in text or not cluster


def test_the_engine_knows_every_setting_of_the_tables_of_a_cluster(store):
    for statement in statements("leadlog"):
        here = statement.replace("ON CLUSTER `leadlog`", "").replace("Replicated", "")
        store.command(here.replace("TABLE IF NOT EXISTS ", "TABLE IF NOT EXISTS as_on_a_cluster_"))
    [(made,)] = store.select(
        "SELECT count() FROM system.tables"
        " WHERE database = currentDatabase() AND startsWith(name, 'as_on_a_cluster_')"
    )
    assert made == len(statements("leadlog"))


class Noted:
    """Keeps what a migration commands, and has applied nothing yet."""

    def __init__(self, url):
        self.target, self.commands = parse_url(url), []

    def select(self, sql, **_):
        return [(1,)] if "system.clusters" in sql else []

    def command(self, sql, **_):
        self.commands.append(sql)


def test_the_record_of_migrations_is_on_every_replica_too():
    noted = Noted("clickhouse://host/leadlog?cluster=leadlog")
    migrate(noted)
    made = [sql for sql in noted.commands if "CREATE TABLE" in sql]
    assert "migrations ON CLUSTER `leadlog`" in made[0]
    assert all("ENGINE = ReplicatedMergeTree" in sql for sql in made)
    alone = Noted("clickhouse://host/leadlog")
    migrate(alone)
    assert not [sql for sql in alone.commands if "CLUSTER" in sql or "Replicated" in sql]


def test_every_statement_of_a_migration_does_nothing_the_second_time():
    for statement in statements():
        assert "IF NOT EXISTS" in statement or "IF EXISTS" in statement, statement


def test_migrations_are_numbered_from_one_without_gaps():
    numbers = [one.number for one in migrations()]
    assert numbers == list(range(1, len(numbers) + 1))


class ClusterOf:
    """Tells how many shards its cluster has, and must be left alone."""

    target = parse_url("clickhouse://host/leadlog?cluster=wide")

    def __init__(self, shards):
        self.shards = shards

    def select(self, sql, **parameters):
        assert parameters == {"cluster": "wide"}
        return [(self.shards,)]


def test_a_cluster_of_several_shards_is_refused():
    with pytest.raises(ClusterUnfit, match="'wide' has several shards"):
        migrate(ClusterOf(2))
