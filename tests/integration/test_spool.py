"""The spool before a real Kafka that goes away and comes back."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest
from contracts.lead_logs import ENVIRONMENT, KEYRING, number_of, record
from servers.kafka import KafkaServer
from support.waiting import WITHIN_S, wait_until

from ingest.log.kafka import KafkaLogWriter
from ingest.log.kafka_reader import KafkaLogReader
from ingest.log.kafka_topic import KafkaTopic
from ingest.log.port import LogUnavailable, Record, RecordTooLarge, RecordType
from ingest.log.spool import SpooledLogWriter, SpoolInUse

DEADLINE_S = 1.0
GATEWAY = Path(__file__).parent / "spool_under_fault.py"


@pytest.fixture
def url(breakable_kafka: KafkaServer) -> str:
    return f"kafka://{breakable_kafka.address}/log{time.time_ns()}?partitions=3"


@pytest.fixture
def spool(tmp_path) -> Path:
    return tmp_path / "spool.db"


async def started(url: str, spool: Path, deadline: float = DEADLINE_S) -> SpooledLogWriter:
    inner = KafkaLogWriter(KafkaTopic.of(url), KEYRING, deadline=deadline)
    await inner.start()
    writer = SpooledLogWriter(inner, spool)
    await writer.start()
    return writer


async def drained(writer: SpooledLogWriter) -> None:
    async with asyncio.timeout(WITHIN_S):
        while writer.behind:  # noqa: ASYNC110 - the writer tells nobody
            await asyncio.sleep(0.05)


def on_kafka(url: str) -> list[int]:
    reader = KafkaLogReader(KafkaTopic.of(url))
    try:
        return [
            number_of(r.value) for p in reader.partitions() for r in reader.read(p, -1, 100_000)
        ]
    finally:
        reader.close()


def firsts(numbers: list[int]) -> list[int]:
    """Each number where it comes first: what the processor makes of repeats."""
    return list(dict.fromkeys(numbers))


async def test_nothing_is_spooled_while_kafka_takes_it(url, spool):
    writer = await started(url, spool, deadline=60.0)
    for number in range(20):
        await writer.append([record(number)])
        assert not writer.behind
    await writer.close()
    assert on_kafka(url) == list(range(20))


async def test_what_kafka_does_not_take_waits_in_the_spool_and_the_order_holds(
    url, spool, breakable_kafka
):
    writer = await started(url, spool)
    await writer.append([record(0)])
    breakable_kafka.pause()
    try:
        began = time.monotonic()
        for number in range(1, 30):
            await writer.append([record(number)])
        assert time.monotonic() - began < 15 * DEADLINE_S, "not only the first waits for Kafka"
        assert writer.behind
    finally:
        breakable_kafka.resume()
    for number in range(30, 60):  # behind those that wait
        await writer.append([record(number)])
    await drained(writer)
    for number in range(60, 80):
        await writer.append([record(number)])
    await writer.close()
    assert firsts(on_kafka(url)) == list(range(80))


async def test_what_waits_outlives_the_gateway(url, spool, breakable_kafka):
    breakable_kafka.pause()
    try:
        writer = await started(url, spool)
        for number in range(10):
            await writer.append([record(number)])
        await writer.close()
    finally:
        breakable_kafka.resume()
    writer = await started(url, spool, deadline=60.0)
    assert writer.behind
    await writer.append([record(10)])
    await drained(writer)
    await writer.close()
    assert firsts(on_kafka(url)) == list(range(11))


@pytest.mark.parametrize("point", ["spool.before_drain", "spool.after_drain", "log.after_commit"])
def test_a_gateway_killed_while_it_spools_or_drains_loses_nothing(
    url, spool, breakable_kafka, point
):
    breakable_kafka.pause()
    gateway = run_gateway(url, spool, fault=f"{point}:{5 if point.startswith('log') else 1}:kill")
    said = feed(gateway, range(20), until=breakable_kafka.resume)
    assert gateway.wait(60) == -9
    second = run_gateway(url, spool)
    second.stdin.close()
    assert second.wait(60) == 0
    found = firsts(on_kafka(url))
    assert set(said) <= set(found)
    assert found == sorted(found)


def run_gateway(url: str, spool: Path, fault: str = "") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(GATEWAY), url, str(spool)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**ENVIRONMENT, "LEADLOG_FAULT": fault},
    )


def feed(gateway: "subprocess.Popen[str]", numbers: range, until) -> list[int]:
    """Give all numbers; once they are said to be safe, call `until`. Gives those said to be."""
    try:
        gateway.stdin.writelines(f"{number}\n" for number in numbers)
        gateway.stdin.flush()
        said = [number for _, number in zip(numbers, safe(gateway), strict=False)]
    finally:
        until()
    return said + list(safe(gateway))


def safe(gateway: "subprocess.Popen[str]"):
    """What the gateway says, as it says it; log lines are passed over."""
    for line in gateway.stdout:
        if line.startswith("safe "):
            yield int(line.removeprefix("safe "))


async def test_two_gateways_cannot_share_a_spool(url, spool):
    writer = await started(url, spool)
    inner = KafkaLogWriter(KafkaTopic.of(url), KEYRING)
    with pytest.raises(SpoolInUse, match="its own `data`"):
        SpooledLogWriter(inner, spool)
    await writer.close()
    await (await started(url, spool)).close()


async def test_what_kafka_will_never_take_does_not_block_the_spool(url, spool):
    writer = await started(url, spool, deadline=60.0)
    with pytest.raises(RecordTooLarge):
        await writer.append([Record(RecordType.LEAD, bytes(64 * 1024 * 1024))])
    assert not writer.behind
    await writer.append([record(1)])
    await writer.close()


async def test_a_spool_that_cannot_be_written_says_so(url, spool, breakable_kafka):
    writer = await started(url, spool)
    breakable_kafka.pause()
    try:
        writer._local._connection.execute("PRAGMA query_only=ON")  # as a full disk does
        with pytest.raises(LogUnavailable):
            await writer.append([record(1)])
        writer._local._connection.execute("PRAGMA query_only=OFF")
        await writer.append([record(2)])
    finally:
        breakable_kafka.resume()
    await drained(writer)
    await writer.close()
    assert 2 in on_kafka(url)


async def test_the_spool_keeps_nothing_of_what_kafka_has(url, spool, breakable_kafka):
    writer = await started(url, spool)
    breakable_kafka.pause()
    try:
        await writer.append([record(n, "+79998887766") for n in range(50)])
        assert b"+79998887766" in every_byte(spool)
    finally:
        breakable_kafka.resume()
    await drained(writer)
    await asyncio.to_thread(wait_until, lambda: b"+79998887766" not in every_byte(spool))
    await writer.close()
    assert len(on_kafka(url)) >= 50


def every_byte(spool: Path) -> bytes:
    return b"".join(path.read_bytes() for path in spool.parent.glob("spool.db*"))
