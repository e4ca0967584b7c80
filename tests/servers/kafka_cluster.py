"""Three nodes of Apache Kafka: what one broker less does, and what two less do."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from servers.kafka import KafkaServer, Seat, new_cluster_id
from servers.process import free_port

NODES = 3
_HEAP = "256m"


class Led(NamedTuple):
    """How a partition stands, by node ids."""

    leader: int
    replicas: list[int]
    in_sync: list[int]


class KafkaCluster:
    """`folder` is for it alone. Topics of 3 replicas live on all nodes."""

    def __init__(self, folder: Path) -> None:
        controllers = tuple(free_port() for _ in range(NODES))
        cluster = new_cluster_id()
        self.nodes: dict[int, KafkaServer] = {}
        for node in range(1, NODES + 1):
            (own := folder / str(node)).mkdir()
            seat = Seat(node, controllers, cluster)
            self.nodes[node] = KafkaServer(own, seat=seat, heap=_HEAP, short_lived=True)

    @property
    def address(self) -> str:
        """All of them, as clients are told."""
        return ",".join(node.address for node in self.nodes.values())

    def start(self) -> None:
        """Start whoever does not run; return once each takes topics."""
        for node in self.nodes.values():
            if not node.running:
                node.launch()
        for node in self.nodes.values():
            node.wait_until_ready()

    def kill(self, *which: int) -> None:
        """These nodes, or all of them, as a power cut would."""
        for node in which or self.nodes:
            self.nodes[node].kill()

    def partitions(self, topic: str) -> list[Led]:
        """As those who run see them; none while nobody can say."""
        running = [node.address for node in self.nodes.values() if node.running]
        with ThreadPoolExecutor(1) as apart:  # whoever calls may have a loop of his own
            return apart.submit(asyncio.run, _partitions(running, topic)).result()


async def _partitions(servers: Iterable[str], topic: str) -> list[Led]:
    admin = AIOKafkaAdminClient(bootstrap_servers=list(servers), request_timeout_ms=5000)
    try:
        await admin.start()
        (told,) = await admin.describe_topics([topic])
    except (KafkaError, TimeoutError):
        return []
    finally:
        await admin.close()
    return [Led(p["leader"], p["replicas"], p["isr"]) for p in told["partitions"]]
