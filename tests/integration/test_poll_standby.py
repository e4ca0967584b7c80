"""Two processes run the pollers' role over PostgreSQL: one polls, the other takes over."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress

import msgspec
from chaos.checker import stored_leads
from servers.telegram import TOKEN, TelegramFake, message
from support.cluster import Cluster, store_settings
from support.polled import hasty, until
from support.waiting import wait_until

from channels.sdk.urls import host_of
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


ACCOUNT = """
[[accounts]]
type = "telegram"
name = "polled_bot"
token = "{token}"
api_url = "{url}"
"""


def test_of_two_real_processes_one_polls_and_is_replaced_when_it_is_killed(
    tmp_path, kafka, database
):
    with TelegramFake() as fake:
        account = ACCOUNT.format(token=TOKEN, url=fake.url)
        stores = store_settings(kafka, database, runner="loop")
        with Cluster(tmp_path, f"{stores}\n{account}") as cluster:
            both = [cluster.start(f"pollers-{n}", "pollers", ready=False) for n in (1, 2)]
            cluster.start("processor", "processor", ready=False)
            desk = cluster.start("desk", "desk", ready=False)
            cluster.wait_until_ready()
            fake.put(*map(message, range(1, 11)))
            wait_until(lambda: not fake.waiting)
            (polling,) = [process for process in both if state(process, "polling")]
            (waiting,) = [process for process in both if process is not polling]
            wait_until(lambda: state(waiting, "standby"))
            polling.kill()
            fake.put(*map(message, range(11, 21)))
            wait_until(lambda: not fake.waiting)
            wait_until(lambda: len(stored_leads(desk)) == 20)
            assert set(stored_leads(desk).values()) == {1}
            wait_until(lambda: state(waiting, "polling"))
            told = examined(desk)
            assert told["state"] == "good"
            assert f"fetched from {host_of(fake.url)} by a process of" in told["told"]
            assert waiting.stop() == 0
            told = examined(desk)
            assert told["state"] == "broken"
            assert told["told"].startswith("nobody fetches it")


def examined(process):
    """What `leadlog doctor` says of the account beside a process that does not poll it."""
    found = [json.loads(line) for line in process.run("doctor", "--json").stdout.splitlines()]
    (told,) = [one for one in found if one["subject"] == "account polled_bot"]
    return told


def state(process, name):
    """Whether the account is in this state there."""
    line = f'leadlog_poll_state{{account="polled_bot",state="{name}"}} 1.0'
    return line in process.get("/metrics").text
