"""What every store of cursors must do: SQLite and PostgreSQL, held to one suite."""

import asyncio

import pytest

from ingest.pollers.cursors import CursorMoved, CursorsUnavailable
from ingest.pollers.sqlite_cursors import SQLiteCursors


@pytest.fixture(params=["sqlite", "postgres"])
def opened(request, tmp_path):
    """Opens the same store, as another process would."""
    if request.param == "sqlite":
        return lambda: SQLiteCursors(tmp_path / "pollers.db")
    from ingest.pollers.postgres_cursors import PostgresCursors

    database = request.getfixturevalue("database")
    return lambda: PostgresCursors(database, schema="leadlog")


async def claimed(opened, *accounts):
    store = opened()
    for account in accounts:
        assert await store.claim(account)
    return store


async def test_an_account_begins_without_a_cursor(opened):
    store = await claimed(opened, "bot")
    assert await store.load("bot") == ""
    await store.close()


async def test_a_cursor_is_there_after_a_restart(opened):
    store = await claimed(opened, "bot")
    await store.save("bot", '{"offset":7}', after="")
    await store.close()
    again = await claimed(opened, "bot")
    assert await again.load("bot") == '{"offset":7}'
    await again.close()


async def test_accounts_have_cursors_of_their_own(opened):
    store = await claimed(opened, "bot", "Магазин")
    await store.save("bot", "1", after="")
    await store.save("Магазин", "2", after="")
    await store.save("bot", "3", after="1")
    assert [await store.load(name) for name in ("bot", "Магазин")] == ["3", "2"]
    await store.close()


@pytest.mark.parametrize("known", ["", "1", "9"])
async def test_a_cursor_that_moved_meanwhile_is_not_overwritten(opened, known):
    store = await claimed(opened, "bot")
    await store.save("bot", "1", after="")
    await store.save("bot", "2", after="1")
    with pytest.raises(CursorMoved):
        await store.save("bot", "3", after=known)
    assert await store.load("bot") == "2"
    await store.close()


async def test_a_long_cursor_is_kept_whole(opened):
    store = await claimed(opened, "bot")
    await store.save("bot", "x" * 64_000, after="")
    assert await store.load("bot") == "x" * 64_000
    await store.close()


async def test_a_claim_can_be_made_again(opened):
    store = await claimed(opened, "bot")
    assert await store.claim("bot")
    await store.close()


async def test_of_two_processes_one_has_the_right_until_it_ends(opened):
    one, other = await claimed(opened, "bot"), opened()
    assert not await other.claim("bot")
    await one.close()
    await until_claimed(other)
    await other.close()


class TestPostgres:
    """What its connection, and its locks by account, are good for."""

    @pytest.fixture
    def opened(self, database):
        from ingest.pollers.postgres_cursors import PostgresCursors

        return lambda: PostgresCursors(database, schema="leadlog")

    async def test_accounts_are_shared_out(self, opened):
        one, other = await claimed(opened, "bot"), await claimed(opened, "shop")
        assert not await other.claim("bot")
        assert not await one.claim("shop")
        await one.close()
        await until_claimed(other)
        await other.close()

    async def test_who_loses_the_connection_loses_the_right_and_can_store_nothing(
        self, opened, database
    ):
        import psycopg

        one, other = await claimed(opened, "bot"), opened()
        await one.save("bot", "1", after="")
        with psycopg.connect(database, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await until_claimed(other)
        with pytest.raises((CursorsUnavailable, CursorMoved)):
            await one.save("bot", "2", after="1")
        assert not await one.claim("bot")
        with pytest.raises(CursorMoved):
            await one.save("bot", "2", after="1")
        assert await other.load("bot") == "1"
        await one.close()
        await other.close()

    async def test_many_may_make_the_table_at_once(self, opened):
        stores = [opened() for _ in range(6)]
        assert sum(await asyncio.gather(*(store.claim("bot") for store in stores))) == 1
        await asyncio.gather(*(store.close() for store in stores))

    async def test_a_store_that_is_away_is_told(self):
        from ingest.pollers.postgres_cursors import PostgresCursors

        store = PostgresCursors("postgresql://nobody@127.0.0.1:1/none", schema="leadlog")
        with pytest.raises(CursorsUnavailable):
            await store.claim("bot")
        await store.close()


async def until_claimed(store):
    taken = False
    async with asyncio.timeout(30):
        while not taken:
            taken = await store.claim("bot")
            await asyncio.sleep(0.02)
