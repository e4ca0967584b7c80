"""Two processes run the pollers' role over PostgreSQL: one polls, the other takes over."""

import asyncio
from contextlib import asynccontextmanager, suppress

import msgspec
from servers.telegram import TOKEN, TelegramFake, message
from support.polled import hasty, until

from channels.telegram.adapter import TelegramAdapter
from ingest.pollers.postgres_cursors import PostgresCursors
from ingest.pollers.role import Pollers
from ingest.pollers.state import Phase


class Log:
    def __init__(self):
        self.texts = []

    async def append(self, records):
        self.texts += [msgspec.json.decode(record.value)["text"] for record in records]


@asynccontextmanager
async def process(fake, database, log):
    """One of them; it dies at the end of the block, and its connection with it."""
    table = {"name": "bot", "token": TOKEN, "api_url": fake.url}
    adapter = TelegramAdapter(TelegramAdapter.Settings.from_table(table))
    cursors = PostgresCursors(database)
    pollers = Pollers({"bot": adapter}, log, cursors, patience=hasty())
    task = asyncio.create_task(pollers.run())
    try:
        yield pollers.states["bot"]
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await cursors.close()


async def test_the_second_stands_by_and_goes_on_where_the_first_died(database):
    log = Log()
    with TelegramFake() as fake:
        async with process(fake, database, log) as first:
            await until(lambda: first.phase is Phase.POLLING)
            async with process(fake, database, log) as second:
                fake.put(*map(message, range(1, 8)))
                await until(lambda: len(log.texts) == 7 and not fake.waiting)
                await until(lambda: second.phase is Phase.STANDBY)
        async with process(fake, database, log) as third:
            fake.put(message(8))
            await until(lambda: len(log.texts) == 8)
            await until(lambda: third.phase is Phase.POLLING)
    assert log.texts == [f"question {n}" for n in range(1, 9)]


async def test_the_standby_takes_over_while_it_waits(database):
    log = Log()
    with TelegramFake() as fake:
        async with process(fake, database, log) as first:
            await until(lambda: first.phase is Phase.POLLING)
            standby = process(fake, database, log)
            second = await standby.__aenter__()
            await until(lambda: second.phase is Phase.STANDBY)
        fake.put(message(1))
        await until(lambda: log.texts == ["question 1"])
        await until(lambda: second.phase is Phase.POLLING)
        await standby.__aexit__(None, None, None)
