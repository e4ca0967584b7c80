"""How records leave for Kafka: in their order, a batch for each partition, a request a broker."""

import asyncio
import os
from collections import deque
from types import SimpleNamespace

import pytest
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.producer.message_accumulator import BatchBuilder

from ingest.log.kafka_batches import Append, Batches
from ingest.log.kafka_partitioner import partitions_of
from ingest.log.kafka_records import Message

TOPIC = "leads"
PARTITIONS = (0, 1, 2, 3)


class Producer:
    """Confirms nothing by itself. Broker 1 leads partitions 0 and 1, broker 2 the others."""

    def __init__(self):
        self.sent = []
        self.failure = None
        self.leaders = dict.fromkeys((0, 1), 1) | dict.fromkeys((2, 3), 2)
        self.client = SimpleNamespace(cluster=self)

    async def partitions_for(self, topic):
        return set(PARTITIONS)

    def leader_for_partition(self, place):
        return self.leaders[place.partition]

    def available_partitions_for_topic(self, topic):
        return {p for p, leader in self.leaders.items() if leader >= 0}

    def create_batch(self):
        return BatchBuilder(4096, 0)

    async def send_batch(self, batch, topic, *, partition):
        if self.failure is not None:
            raise self.failure
        answer = asyncio.get_running_loop().create_future()
        self.sent.append((partition, batch.record_count(), answer))
        return answer

    async def answer(self, number, error=None):
        answer = self.sent[number][2]
        if error is None:
            answer.set_result(None)
        else:
            answer.set_exception(error)
        await asyncio.sleep(0)

    @property
    def requests(self):
        return [(partition, count) for partition, count, _ in self.sent]


@pytest.fixture
def producer():
    return Producer()


@pytest.fixture
def finished():
    return []


@pytest.fixture
def batches(producer, finished):
    return Batches(producer, TOPIC, finished=finished.append, answered=lambda: None)


def key_in(partition):
    return next(
        k
        for k in iter(lambda: os.urandom(16), None)
        if partitions_of([k], PARTITIONS) == [partition]
    )


def append_in(*partitions, size=10):
    messages = [Message(key_in(p), bytes(size), []) for p in partitions]
    answer = asyncio.get_running_loop().create_future()
    return Append(messages, size, 0.0, answer, left=len(messages))


@pytest.mark.parametrize("lengths", [(), (16,), (16,) * 200, (0, 5, 16, 32) * 50])
def test_keys_go_where_kafkas_own_clients_put_them(lengths):
    keys = [os.urandom(length) for length in lengths]
    theirs = [DefaultPartitioner()(key, list(range(12)), []) for key in keys]
    assert partitions_of(keys, range(12)) == theirs


async def test_what_comes_before_a_broker_has_answered_goes_together(batches, producer, finished):
    await batches.send(deque([append_in(0)]))
    await batches.send(deque([append_in(0), append_in(1), append_in(0)]))
    assert producer.requests == [(0, 1)]
    await producer.answer(0)
    await batches.send(deque())
    assert producer.requests[1:] == [(0, 2), (1, 1)]
    assert len(finished) == 1


async def test_a_broker_that_is_slow_holds_up_no_other(batches, producer, finished):
    await batches.send(deque([append_in(0), append_in(2)]))
    await producer.answer(1)
    await batches.send(deque([append_in(3)]))
    assert producer.requests == [(0, 1), (2, 1), (3, 1)]


async def test_a_partition_has_one_batch_on_its_way_whoever_leads_it(batches, producer):
    await batches.send(deque([append_in(0)]))
    producer.leaders[0] = 2
    await batches.send(deque([append_in(0)]))
    assert producer.requests == [(0, 1)]


async def test_an_append_is_over_once_all_its_records_are_confirmed(batches, producer, finished):
    append = append_in(0, 2)
    await batches.send(deque([append]))
    await producer.answer(0)
    assert finished == []
    await producer.answer(1)
    assert finished == [append]
    assert append.error is None


async def test_one_refused_record_is_enough_to_refuse_the_append(batches, producer, finished):
    append = append_in(0, 2)
    await batches.send(deque([append]))
    await producer.answer(0, KafkaError("no"))
    await producer.answer(1)
    assert isinstance(append.error, KafkaError)
    assert "refused for good" in batches.broken


async def test_a_producer_that_takes_nothing_is_of_no_use(batches, producer, finished):
    producer.failure = KafkaError("its sender has died")
    append = append_in(0)
    await batches.send(deque([append]))
    assert finished == [append]
    assert append.error is producer.failure
    assert "takes nothing" in batches.broken


async def test_what_nobody_waits_for_any_longer_is_not_sent(batches, producer, finished):
    await batches.send(deque([append_in(0)]))
    dropped, other = append_in(0), append_in(0)
    await batches.send(deque([dropped, other]))
    dropped.dropped = True
    await producer.answer(0)
    await batches.send(deque())
    assert producer.requests == [(0, 1), (0, 1)]
    assert dropped in finished
    assert other.sent
    assert not dropped.sent


async def test_a_batch_that_is_full_leaves_the_rest_for_the_next(batches, producer, finished):
    appends = [append_in(0, size=1500) for _ in range(5)]
    await batches.send(deque(appends))
    for number in range(3):
        await producer.answer(number)
        await batches.send(deque())
    assert producer.requests == [(0, 2), (0, 2), (0, 1)]
    assert finished == appends


async def test_records_without_a_key_go_where_somebody_leads(batches, producer):
    producer.leaders |= {0: -1, 1: -1, 3: -1}
    append = append_in(*[0] * 20)
    append.messages = [message._replace(key=None) for message in append.messages]
    await batches.send(deque([append]))
    assert producer.requests == [(2, 20)]
