"""Roles in processes of their own on the distributed stores, each with its own data directory."""

import time
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from support.leadlog_up import Leadlog

from ingest.log.kafka_topic import KafkaTopic

KEY = "ab" * 32


def store_settings(
    kafka: str, database: str, *, runner: str, spool: str = "", analytics: str = ""
) -> str:
    """The part of a configuration that all processes share; analytics of one process if not."""
    lines = [
        "[stores]",
        f'log = "kafka://{kafka}/leads{time.time_ns()}?partitions=3"',
        f'events = "{database}"',
        f'spool = "{spool}"',
        *([f'analytics = "{analytics}"'] if analytics else []),
        "[keys]",
        f'identity = "{KEY}"',
        "[processor]",
        f'runner = "{runner}"',
    ]
    return "\n".join(lines)


def topic_of(settings: str) -> KafkaTopic:
    """The lead log in such a configuration."""
    return KafkaTopic.of(tomllib.loads(settings)["stores"]["log"])


def with_spool(settings: str) -> str:
    """The same for a gateway that keeps on its disk what Kafka does not take."""
    return settings.replace('spool = ""', 'spool = "sqlite:///spool.db"')


class Cluster:
    """All its processes are killed at the end, those that were stopped before apart."""

    def __init__(self, folder: Path, settings: str) -> None:
        self._folder = folder
        self._settings = settings
        self._roles: dict[str, tuple[str, ...]] = {}
        self.processes: dict[str, Leadlog] = {}

    def start(self, name: str, *roles: str, spool: bool = False, ready: bool = True) -> Leadlog:
        """A new process; it is ready, or `wait_until_ready` is called later."""
        (folder := self._folder / name).mkdir()
        settings = with_spool(self._settings) if spool else self._settings
        process = self.processes[name] = Leadlog(folder, settings=settings)
        self._roles[name] = roles
        process.start(roles=roles, ready=ready)
        return process

    def start_again(self, name: str, *, fault: str = "") -> Leadlog:
        """One that has ended, without waiting until it is ready."""
        self.processes[name].start(roles=self._roles[name], fault=fault, ready=False)
        return self.processes[name]

    def restart(self, name: str) -> None:
        """Kill it and start it anew, without waiting until it is ready."""
        self.processes[name].kill()
        self.start_again(name)

    def leave(self, name: str) -> None:
        """It ends for good, as an operator would end it; on a busy machine it may be cut off."""
        assert self.processes.pop(name).stop() in (0, 1)

    def ports(self, role: str) -> list[int]:
        """Of the processes with this role."""
        return [self.processes[name].port for name in self.processes if role in self._roles[name]]

    def wait_until_ready(self, names: Sequence[str] = ()) -> None:
        for name in names or self.processes:
            self.processes[name].wait_until_ready()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes.values():
            process.__exit__()
