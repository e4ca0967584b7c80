"""Apache Kafka in KRaft mode: each node is broker and controller in one process."""

import asyncio
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError
from servers.kafka_security import Security
from servers.process import ServerFault, ServerProcess, Startable, free_port, program

VERSION = "4.1.1"
LIBS = Path(__file__).parents[2] / ".servers" / f"kafka-{VERSION}" / "libs"
_START_WITHIN_S = 120
_SHORT_LIVED = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
_HEAP = "512m"
_PROPERTIES = """\
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}{more_listeners}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}{more_advertised}
log.dirs={folder}/log
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor={replicas}
transaction.state.log.replication.factor={replicas}
transaction.state.log.min.isr={min_insync}
share.coordinator.state.topic.replication.factor={replicas}
share.coordinator.state.topic.min.isr={min_insync}
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
"""


@dataclass(frozen=True)
class Seat:
    """A node's place in its cluster."""

    node: int
    controllers: tuple[int, ...]
    """The ports of all controllers, of node 1 first."""
    cluster: str
    """The id that all nodes are formatted with."""

    @property
    def properties(self) -> dict[str, object]:
        size = len(self.controllers)
        voters = [f"{n}@127.0.0.1:{port}" for n, port in enumerate(self.controllers, 1)]
        return {
            "node": self.node,
            "voters": ",".join(voters),
            "controller": self.controllers[self.node - 1],
            "replicas": size,
            "min_insync": max(1, size - 1),
        }


class Far:
    """A listener that clients reach by a proxy: who comes that way is sent that way again."""

    format_arguments: tuple[str, ...] = ()
    properties = (
        "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,FAR:PLAINTEXT,CONTROLLER:PLAINTEXT\n"
        "inter.broker.listener.name=PLAINTEXT\n"
    )

    def __init__(self) -> None:
        self.proxy = free_port()
        """Where the proxy is to listen."""
        self.behind = free_port()
        """Where it leads."""

    @property
    def listeners(self) -> str:
        return f",FAR://127.0.0.1:{self.behind}"

    @property
    def advertised(self) -> str:
        return f",FAR://127.0.0.1:{self.proxy}"


def new_cluster_id() -> str:
    return uuid4().hex[:22]


class KafkaServer(Startable):
    """One node. Keeps its ports and its data over a stop and a start. `folder` is for it alone."""

    def __init__(
        self,
        folder: Path,
        *,
        seat: Seat | None = None,
        heap: str = _HEAP,
        short_lived: bool = False,
        security: Security | None = None,
        far: Far | None = None,
    ) -> None:
        """Alone in its cluster without a `seat`; with `security` it listens by TLS as well.

        Instead of that, `far` is one listener more.

        `short_lived`: half the work of starting, and slower once it has run for a minute.
        """
        self._folder = folder
        self._heap = heap
        self._tuning = _SHORT_LIVED if short_lived else ()
        self._properties = folder / "server.properties"
        self.security = security
        self.port = free_port()
        self._format(seat or Seat(1, (free_port(),), new_cluster_id()), security or far)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Return once it takes topics."""
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        """Start the process alone: of a cluster, no node is ready before most of them are."""
        self._process = ServerProcess(
            "Kafka",
            [
                *self._java(),
                *self._tuning,
                f"-Xmx{self._heap}",
                "kafka.Kafka",
                str(self._properties),
            ],
            log=self._folder / "server.log",
        )

    def wait_until_ready(self) -> None:
        self._started.wait_until(self._takes_topics, _START_WITHIN_S)

    def mend(self) -> None:
        """It runs again, whatever was done to it."""
        self.resume()
        if not self._started.running:
            self.start()

    def _takes_topics(self) -> bool:
        """Listening is not enough: after a kill the controller keeps the broker out for a while."""
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.port)):
                return False
        with ThreadPoolExecutor(1) as apart:  # whoever calls may have a loop of his own
            return apart.submit(asyncio.run, _try_topic(self.address)).result()

    def _format(self, seat: Seat, more: Security | Far | None) -> None:
        self._properties.write_text(
            _PROPERTIES.format(
                **seat.properties,
                port=self.port,
                folder=self._folder,
                more_listeners=more.listeners if more else "",
                more_advertised=more.advertised if more else "",
            )
            + (more.properties if more else "")
        )
        command = [*self._java(), "-Xmx128m", "kafka.tools.StorageTool", "format"]
        arguments = ["-t", seat.cluster, "-c", str(self._properties)]
        arguments += more.format_arguments if more else []
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServerFault(f"Kafka's storage cannot be formatted:\n{done.stdout}{done.stderr}")

    @staticmethod
    def _java() -> list[str]:
        if not LIBS.is_dir():
            raise ServerFault(f"there is no {LIBS}; run scripts/install-test-servers")
        java = program("java", "openjdk-17-jre-headless")
        return [java, "-cp", f"{LIBS}/*"]


async def _try_topic(address: str) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=address, request_timeout_ms=5000)
    try:
        await admin.start()
        answer = await admin.create_topics([NewTopic("probe", 1, 1)], validate_only=True)
    except (KafkaError, TimeoutError):
        return False
    finally:
        await admin.close()
    ((_, code, _),) = answer.topic_errors
    return bool(code == 0)
