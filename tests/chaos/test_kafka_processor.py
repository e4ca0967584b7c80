"""Processors on Kafka, killed by chance and again, and how soon they see a lead.

Each step at which one may be killed is in tests/integration/test_kafka_processor.py.
"""

import asyncio
import time
from functools import partial

import pytest
from contracts.lead_logs import KEYRING
from integration.kafka_processor import base_in
from servers.fixtures import running
from servers.kafka import Far, KafkaServer
from servers.proxy import Proxy
from support.kafka_place import (
    RUNNERS,
    Place,
    check_once,
    outlives_its_broker,
    record_of,
    with_repeats,
)

from ingest.log.kafka import KafkaLogWriter
from ingest.log.kafka_topic import prepare

GOES_ON_WITHIN_S = 60.0


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_processor_killed_again_and_again_counts_each_lead_once(place, start, runner):
    """5,000 leads, a fifth of them repeats; killed the hard way five times on the way."""
    records = with_repeats(5000, share=0.2, seed=1)
    place.append(records)
    for kill_at in (300, 1200, 2200, 3000, 4200):
        processor = start(runner)
        place.reached(kill_at)
        processor.kill()
        processor.wait()
    start(runner)
    place.reached(5000)
    time.sleep(0.5)  # for what might be counted twice
    check_once(place, records)


def test_two_workers_over_postgres_share_the_work_and_may_be_killed(on_postgres, processors):
    """The distributed stores together: 5,000 leads, a fifth of them repeats, three kills."""
    records = with_repeats(5000, share=0.2, seed=9)
    on_postgres.append(records[:3000])
    processors += [on_postgres.start("faust"), on_postgres.start("faust")]
    for kill_at, more in ((500, []), (1500, records[3000:]), (3000, [])):
        on_postgres.reached(kill_at)
        first = processors.pop(0)
        first.kill()
        first.wait()
        on_postgres.append(more)
        processors.append(on_postgres.start("faust"))
    on_postgres.reached(5000)
    time.sleep(0.5)
    check_once(on_postgres, records)


@pytest.mark.parametrize("runner", RUNNERS)
def test_leads_that_come_while_it_runs_are_processed_within_a_second(place, start, runner):
    place.append([record_of(0)])
    start(runner)
    place.reached(1)

    async def one_by_one() -> list[float]:
        writer = KafkaLogWriter(place.topic, KEYRING)
        await writer.start()
        took = []
        for number in range(1, 6):
            await writer.append([record_of(number)])
            began = time.monotonic()
            await asyncio.to_thread(place.reached, number + 1)
            took.append(time.monotonic() - began)
        await writer.close()
        return took

    assert sorted(asyncio.run(one_by_one()))[2] < 1.0


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_processor_waits_for_a_broker_that_is_away(place, start, runner, breakable_kafka):
    outlives_its_broker(place, start, runner, breakable_kafka)


def test_a_processor_on_connections_that_only_it_has_goes_on_by_itself(tmp_path, processors):
    """As after a firewall has forgotten them; its watchdog, which would end it, is asleep."""
    far = Far()
    with (
        running("kafka", partial(KafkaServer, far=far), KafkaServer.kill) as kafka,
        Proxy(far.behind, at=far.proxy) as proxy,
    ):
        log = f"leads{time.time_ns()}?partitions=3"
        near = Place(f"kafka://{kafka.address}/{log}", tmp_path, base_in(tmp_path))
        asyncio.run(prepare(near.topic))
        near.append([record_of(n) for n in range(100)])
        behind = near._replace(url=f"kafka://127.0.0.1:{far.proxy}/{log}")
        processors.append(behind.start("faust", stuck_after=600))
        near.reached(100)
        assert proxy.half_open() >= 2  # of the group, and of the fetches
        near.append([record_of(n) for n in range(100, 200)])
        near.reached(200, GOES_ON_WITHIN_S)
        check_once(near, [record_of(n) for n in range(200)])
        near.base.recorder.close()
