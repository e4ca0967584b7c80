"""What the distributed stores do here: appends to Kafka, and leads through each processor.

    PYTHONPATH=.:tests .venv/bin/python tests/bench/distributed_stores.py [LEADS]

Starts a Kafka and a PostgreSQL of its own, on this machine, with commits that go to the disk.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from contracts.lead_logs import ENVIRONMENT, KEYRING
from integration.kafka_processor import base_in
from integration.test_kafka_processor import PROCESSOR, record_of
from servers.kafka import KafkaServer
from servers.postgres import PostgresServer, fresh_database

from ingest.log.kafka import KafkaLogWriter, append_now
from ingest.log.kafka_topic import KafkaTopic

IN_FLIGHT = 64


@contextmanager
def servers() -> Iterator[tuple[KafkaServer, PostgresServer]]:
    with ExitStack() as stack:
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(2)]
        folders[1].chmod(0o755)
        kafka, postgres = KafkaServer(folders[0]), PostgresServer(folders[1])
        for server in (kafka, postgres):
            server.start()
            stack.callback(server.stop)
        yield kafka, postgres


def appends(url: str, count: int) -> float:
    """Appends of one record each per second, so many at once."""

    async def run() -> float:
        writer = KafkaLogWriter(KafkaTopic.of(url), KEYRING)
        await writer.start()
        await writer.append([record_of(0)])

        async def one(sender: int) -> None:
            for number in range(count // IN_FLIGHT):
                await writer.append([record_of(sender * count + number)])

        began = time.perf_counter()
        await asyncio.gather(*(one(sender) for sender in range(IN_FLIGHT)))
        took = time.perf_counter() - began
        await writer.close()
        return count // IN_FLIGHT * IN_FLIGHT / took

    return asyncio.run(run())


def processed(runner: str, url: str, database: str, count: int) -> float:
    """Leads per second of one processor, from its first lead to its last."""
    append_now(
        KafkaTopic.of(url), KEYRING, [record_of(number, count // 2) for number in range(count)]
    )
    with tempfile.TemporaryDirectory() as folder:
        base = base_in(Path(folder), database)
        arguments = [runner, url, folder, "60", database]
        process = subprocess.Popen([sys.executable, str(PROCESSOR), *arguments], env=ENVIRONMENT)
        first, at_first, done = 0.0, 0, 0
        while done < count:
            time.sleep(0.05)
            totals: Counter[str] = Counter()
            for (_, _, outcome), number in base.recorder.ledger().items():
                totals[outcome] += number
            done = totals.total()
            if done and not first:
                first, at_first = time.perf_counter(), done
        took = time.perf_counter() - first
        process.kill()
        process.wait()
        base.recorder.close()
        return (count - at_first) / took


def main(count: int) -> None:
    with servers() as (kafka, postgres):
        for partitions in (1, 3):
            url = f"kafka://{kafka.address}/a{partitions}?partitions={partitions}"
            rate = appends(url, count)
            say(f"appends, {IN_FLIGHT} at once, {partitions} partitions: {rate:,.0f}/s")
        for runner in ("faust", "loop"):
            for store in ("sqlite", "postgres"):
                url = f"kafka://{kafka.address}/{runner}-{store}?partitions=3"
                database = fresh_database(postgres.url()) if store == "postgres" else ""
                rate = processed(runner, url, database, count)
                say(f"{runner} into {store}: {rate:,.0f} leads/s")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
