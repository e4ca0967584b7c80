"""What these tests share with others: processors on Kafka; polled accounts."""

import pytest
from support.kafka_place import on_postgres, place, processors, start
from support.polled import Polled

__all__ = ["on_postgres", "place", "polls", "processors", "start"]


@pytest.fixture
def polls(tmp_path):
    """Makes one that polls by an adapter; what was made is closed in the end."""
    made = []

    def polled(adapter):
        made.append(Polled(tmp_path, adapter))
        return made[-1]

    yield polled
    for one in made:
        one.close()
