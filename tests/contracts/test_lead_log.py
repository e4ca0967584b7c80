"""What every lead log must do (ingest/log/port.py), held against each of them."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import pytest
from contracts.lead_logs import ENVIRONMENT, KINDS, LeadLog, fresh, number_of, record
from servers.kafka import KafkaServer
from support.waiting import WITHIN_S

from ingest.log.port import LeadLogReader, Logged, LogUnavailable, Record, RecordType

APPENDER = Path(__file__).parent / "append_until_killed.py"


@pytest.fixture(params=KINDS)
def log(request: pytest.FixtureRequest, tmp_path: Path, breakable_kafka: KafkaServer) -> LeadLog:
    return fresh(request.param, tmp_path, breakable_kafka)


@pytest.fixture
async def writer(log):
    writer = await log.writer()
    yield writer
    await writer.close()


@pytest.fixture
def reader(log, writer) -> Iterator[LeadLogReader]:
    reader = log.reader()
    yield reader
    reader.close()


def everything(reader: LeadLogReader, page: int = 1000) -> list[Logged]:
    """All records, partition by partition."""
    found: list[Logged] = []
    for partition in reader.partitions():
        after = -1
        while records := reader.read(partition, after, page):
            assert len(records) <= page
            found += records
            after = records[-1].offset
        assert after == reader.end(partition)
    return found


def numbers(records: Sequence[Logged]) -> list[int]:
    return [number_of(r.value) for r in records]


async def until_readable(reader: LeadLogReader, wanted: set[int]) -> list[int]:
    """For what may come a moment later than it was said to be safe, or was not said to be."""
    found: list[int] = []

    async def look() -> None:
        nonlocal found
        found = numbers(await asyncio.to_thread(everything, reader))
        if not wanted <= set(found):
            raise LogUnavailable(f"{wanted} of {found}")

    await soon(look)
    return found


async def soon(attempt: Callable[[], Awaitable[object]]) -> None:
    """Until the log takes or has it: a server that was away may be so for a moment more."""
    end = time.monotonic() + WITHIN_S
    while True:
        try:
            await attempt()
        except LogUnavailable:
            assert time.monotonic() < end
            await asyncio.sleep(0.05)
        else:
            return


async def test_what_was_appended_can_be_read_at_once(writer, reader):
    for number in range(20):
        await writer.append([record(number)])
        assert number in numbers(everything(reader))


async def test_type_and_bytes_come_back_as_they_were_given(writer, reader):
    given = [
        record(1),
        Record(RecordType.IGNORED, b'{"account":"a","reason":"echo"}'),
        Record(RecordType.QUARANTINED, bytes(range(256))),
    ]
    await writer.append(given)
    found = everything(reader)
    assert {(r.type, r.value) for r in found} == {(r.type, r.value) for r in given}
    assert len(found) == 3


async def test_a_large_record_is_taken(writer, reader):
    large = record(1, size=20_000_000)
    await writer.append([large])
    assert [r.value for r in everything(reader)] == [large.value]


async def test_the_order_of_one_identity_holds(writer, reader):
    for start in range(0, 60, 3):
        await writer.append([record(start + n, f"+7912{n}") for n in range(3)])
    found = numbers(everything(reader))
    for who in range(3):
        assert [n for n in found if n % 3 == who] == list(range(who, 60, 3))


async def test_the_order_within_one_append_holds(writer, reader):
    await writer.append([record(number) for number in range(500)])
    assert numbers(everything(reader)) == list(range(500))


async def test_appends_called_one_after_the_other_keep_their_order(writer, reader):
    """None waits for the one before it: the order is that of the calls."""
    await asyncio.gather(*(writer.append([record(number)]) for number in range(300)))
    assert numbers(everything(reader)) == list(range(300))


async def test_many_at_once_are_all_there_once(writer, reader):
    async def one(sender: int) -> None:
        for number in range(10):
            await writer.append([record(sender * 10 + number, f"+7912{sender}")])

    await asyncio.gather(*(one(sender) for sender in range(50)))
    assert sorted(numbers(everything(reader))) == list(range(500))


async def test_an_append_of_nothing_returns(writer, reader):
    await writer.append([])
    assert everything(reader) == []


async def test_offsets_rise_strictly_within_their_partition(writer, reader):
    await writer.append([record(number, f"+7912{number}") for number in range(200)])
    last: dict[str, int] = {}
    for logged in everything(reader, page=7):
        assert logged.offset > last.get(logged.partition, -1)
        last[logged.partition] = logged.offset
    assert last == {p: reader.end(p) for p in last}


async def test_an_empty_partition_ends_at_minus_one(reader):
    assert {reader.end(p) for p in reader.partitions()} == {-1}


async def test_what_is_kept_has_not_expired(writer, reader):
    await writer.append([record(number) for number in range(3)])
    assert [reader.expired(partition) for partition in reader.partitions()] == [0] * len(
        reader.partitions()
    )


async def test_a_read_gives_what_stands_after_the_offset(writer, reader):
    await writer.append([record(number) for number in range(50)])
    found = everything(reader)
    partition = found[0].partition
    for place in (0, 48, 20, 5):
        after = found[place].offset
        assert reader.read(partition, after, 10) == found[place + 1 : place + 11]
    assert reader.read(partition, found[-1].offset, 10) == type(reader.read(partition, -1, 1))()


async def test_readers_read_from_any_thread_at_their_own_place(writer, reader):
    await writer.append([record(number) for number in range(300)])
    found: list[list[int]] = []
    faults: list[BaseException] = []

    def read(page: int) -> None:
        try:
            found.append(numbers(everything(reader, page)))
        except BaseException as fault:  # noqa: BLE001 - told to the test
            faults.append(fault)

    threads = [threading.Thread(target=read, args=(page,)) for page in (7, 50, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    assert not faults
    assert found == [list(range(300))] * 3


async def test_a_cancelled_caller_takes_nothing_back(writer, reader):
    call = asyncio.create_task(writer.append([record(1)]))
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await writer.append([record(2)])
    assert sorted(await until_readable(reader, {1, 2})) == [1, 2]


async def test_a_log_that_does_not_take_it_says_so_in_time_and_recovers(log, writer, reader):
    await writer.append([record(1)])
    with log.broken(), pytest.raises(LogUnavailable):
        await asyncio.wait_for(writer.append([record(2)]), WITHIN_S)
    await soon(lambda: writer.append([record(3)]))
    await until_readable(reader, {1, 3})


async def test_close_waits_for_what_was_given(log):
    writer = await log.writer()
    calls = [asyncio.create_task(writer.append([record(number)])) for number in range(50)]
    await asyncio.sleep(0)
    await writer.close()
    await asyncio.gather(*calls)
    reader = log.reader()
    assert sorted(numbers(everything(reader))) == list(range(50))
    reader.close()


def test_what_was_said_to_be_appended_outlives_the_process(log):
    """Killed the hard way in the middle of appending, again and again."""
    for life in range(1, 4):
        said = appended_until_killed(log)
        assert len(said) >= 40
        reader = log.reader()
        found = numbers(everything(reader))
        reader.close()
        assert all(found.count(number) >= life for number in said[:40])
        assert set(said) <= set(found)


def appended_until_killed(log: LeadLog) -> list[int]:
    with subprocess.Popen(
        [sys.executable, str(APPENDER), *log.arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    ) as appender:
        said = [int(appender.stdout.readline()) for _ in range(40)]
        appender.kill()
        return said + [int(line) for line in appender.stdout if line.endswith("\n")]
