"""Stopped while Kafka takes connections and says nothing: a clean end, and nothing lost."""

import time

import pytest
from chaos.checker import settled, stored_leads
from support.cluster import Cluster, store_settings
from support.deliveries import form
from support.raw_http import ask

FORMS = 20
IN_THE_MIDDLE_S = 3.0
"""Then its reads hang, and its publisher waits for an answer."""
STOPPED_WITHIN_S = 10.0
"""What a supervisor gives, before it kills."""


@pytest.mark.parametrize("runner", ["loop", "faust"])
def test_a_stop_while_kafka_hangs_ends_with_0_and_loses_nothing(
    tmp_path, breakable_kafka, database, runner
):
    settings = store_settings(breakable_kafka.address, database, runner=runner)
    with Cluster(tmp_path, settings) as cluster:
        gateway = cluster.start("gateway", "gateway")
        worker = cluster.start("worker", "processor", "outbox")
        accept(gateway, range(FORMS))
        settled(worker)
        breakable_kafka.pause()
        try:
            time.sleep(IN_THE_MIDDLE_S)
            began = time.monotonic()
            assert worker.stop() == 0, worker.said()
            assert time.monotonic() - began < STOPPED_WITHIN_S
            assert "role_cut_off" not in worker.said()
            assert "Traceback" not in worker.said()
        finally:
            breakable_kafka.resume()
        accept(gateway, range(FORMS, 2 * FORMS))
        cluster.start_again("worker")
        settled(worker)
        assert stored_leads(worker).total() == len(stored_leads(worker)) == 2 * FORMS


def accept(gateway, numbers):
    for number in numbers:
        answer = ask(gateway.port, form(f"f{number}", phone=f"8912000{number:04d}").as_bytes)
        assert answer.status == 202
