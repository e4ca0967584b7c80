"""docs/servers.md names what the brokers must let us use as the code names it."""

from pathlib import Path

import pytest

from ingest.log.kafka_topic import KafkaTopic
from ingest.outbox.events_topic import beside
from ingest.processor.group import group_of

PAGE = (Path(__file__).parents[2] / "docs" / "servers.md").read_text("utf-8")


@pytest.mark.parametrize("log", ["leads", "NAME"])
def test_rights_are_told_for_the_names_that_are_used(log):
    topic = KafkaTopic.of(f"kafka://host:9092/{log}")
    rights = PAGE[PAGE.index("the user needs:") :].split("\n\n")[1]
    for name in (group_of(topic), events := beside(topic).name, f"{events}-publisher"):
        assert f"`{name}`" in rights
