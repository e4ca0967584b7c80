"""Apache Kafka in KRaft mode, one node: broker and controller in one process."""

import asyncio
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError
from servers.process import ServerFault, ServerProcess, free_port, program

VERSION = "4.1.1"
LIBS = Path(__file__).parents[2] / ".servers" / f"kafka-{VERSION}" / "libs"
_START_WITHIN_S = 60
_SHORT_LIVED = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
log.dirs={folder}/log
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
"""


class KafkaServer:
    """Keeps its port and its data over a stop and a start. `folder` is for it alone."""

    def __init__(self, folder: Path, *, short_lived: bool = False) -> None:
        """`short_lived`: half the work of starting, and slower once it has run for a minute."""
        self._folder = folder
        self._tuning = _SHORT_LIVED if short_lived else ()
        self._properties = folder / "server.properties"
        self._process: ServerProcess | None = None
        self.port = free_port()
        self._format(free_port())

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        self._process = ServerProcess(
            "Kafka",
            [*self._java(), *self._tuning, "-Xmx512m", "kafka.Kafka", str(self._properties)],
            log=self._folder / "server.log",
        )
        self._process.wait_until(self._takes_topics, _START_WITHIN_S)

    def stop(self) -> None:
        self._started.stop()

    def kill(self) -> None:
        self._started.kill()

    def pause(self) -> None:
        self._started.pause()

    def resume(self) -> None:
        self._started.resume()

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

    @property
    def _started(self) -> ServerProcess:
        if self._process is None:
            raise ServerFault("Kafka was not started")
        return self._process

    def _format(self, controller: int) -> None:
        self._properties.write_text(
            _PROPERTIES.format(port=self.port, controller=controller, folder=self._folder)
        )
        command = [*self._java(), "-Xmx128m", "kafka.tools.StorageTool", "format"]
        arguments = ["-t", uuid4().hex[:22], "-c", str(self._properties)]
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
