"""The benchmarks that need servers, on a Kafka and a PostgreSQL of their own.

    PYTHONPATH=.:tests .venv/bin/python tests/bench/distributed_stores.py [leadlog bench's options]

Both are on this machine, which the measured process shares with them; commits go to the disk.
"""

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from servers.kafka import KafkaServer
from servers.postgres import PostgresServer, fresh_database

NAMES = (
    "kafka-accept",
    "kafka-faust",
    "kafka-loop",
    "kafka-2-processors",
    "kafka-4-processors",
    "postgres-append",
)


def main(arguments: list[str]) -> int:
    with ExitStack() as stack:
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(2)]
        folders[1].chmod(0o755)
        kafka, postgres = KafkaServer(folders[0]), PostgresServer(folders[1])
        for server in (kafka, postgres):
            server.start()
            stack.callback(server.stop)
        servers = ["--kafka", kafka.address, "--postgres", fresh_database(postgres.url())]
        leadlog = str(Path(sys.executable).with_name("leadlog"))
        return subprocess.call([leadlog, "bench", *NAMES, *servers, *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
