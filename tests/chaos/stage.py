"""A distributed installation to be broken: servers behind proxies, roles, load, and the oracle."""

import itertools
import random
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import httpx
import pytest
from chaos.equalities import check_equal
from chaos.flood import Flood
from chaos.invariants import FOLLOWING, Stores, check, come_to_rest, conversation_in_order
from eventsourcing.persistence import OperationalError
from servers.clickhouse import ClickHouseServer, fresh_name
from servers.kafka import KafkaServer
from servers.postgres import PostgresServer, fresh_database
from servers.proxy import Proxy
from support.cluster import Cluster, store_settings, topic_of
from support.deliveries import Crowd, Post, message
from support.desks import opened
from support.leadlog_up import Leadlog
from support.waiting import wait_until

from eventstore.reading import Recorded
from eventstore.recorders.postgres import PostgresCustomerRecorder
from ingest.processor.watchdog import EXIT_STATUS
from leadlog.role_names import Role

REPEATS = 0.2
PEOPLE = 300
"""So few that many come again, by other channels as well."""
CONNECTIONS = 6
PAUSE_S = 0.02
REACHED_WITHIN_S = 180.0
RESTS_WITHIN_S = 300.0
"""A group of Kafka waits 15 s for a member that was killed; the machine may be busy."""


@dataclass(frozen=True)
class Servers:
    """The three servers, and the proxies by which roles reach them."""

    kafka: KafkaServer
    postgres: PostgresServer
    clickhouse: ClickHouseServer
    to_kafka: Proxy
    to_postgres: Proxy
    to_clickhouse: Proxy

    @property
    def proxies(self) -> dict[str, Proxy]:
        names = ("kafka", "postgres", "clickhouse")
        return dict(zip(names, (self.to_kafka, self.to_postgres, self.to_clickhouse), strict=True))


class Tail:
    """A reader that follows the event store all the time, as a projection does (I5)."""

    def __init__(self, url: str) -> None:
        self.read: list[Recorded] = []
        self._recorder = PostgresCustomerRecorder(url, pool_size=1)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def _follow(self) -> None:
        while not self._stop.wait(0.02):
            after = self.read[-1].position if self.read else 0
            try:
                self.read += self._recorder.read(after, 200)
            except OperationalError:
                continue

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self._recorder.close()


class Stage:
    """Fresh stores on the servers, and roles that work on them. Ends all that it has started."""

    def __init__(
        self, folder: Path, servers: Servers, *, seed: int, runner: str = "faust", more: str = ""
    ) -> None:
        """`more`: further settings of every role."""
        self.servers = servers
        self.folder = folder
        self.rng = random.Random(seed)
        self.given: list[Post] = []
        """Every post that was answered as it must be."""
        self.said: list[Post] = []
        """One sender's messages, each after the one before was accepted."""
        self.revived: list[str] = []
        """Processes that their watchdog has ended."""
        self._crowd = Crowd(seed, began=int(time.time()) - 86_400, people=PEOPLE).posts()
        self._updates = itertools.count(900_000_000 + seed % 1000 * 100_000)
        self._ending = ExitStack()
        database = fresh_database(servers.postgres.url()).rpartition("/")[2]
        analytics = fresh_name()
        far = store_settings(
            f"127.0.0.1:{servers.to_kafka.port}",
            servers.postgres.url(database, port=servers.to_postgres.port),
            runner=runner,
            analytics=f"{servers.clickhouse.url(port=servers.to_clickhouse.port)}/{analytics}",
        )
        near = far.replace(f":{servers.to_kafka.port}/", f":{servers.kafka.port}/")
        near = near.replace(f":{servers.to_postgres.port}/", f":{servers.postgres.port}/")
        near = near.replace(f":{servers.to_clickhouse.port}/", f":{servers.clickhouse.port}/")
        self.cluster = self._ending.enter_context(Cluster(folder, f"{far}\n{more}"))
        (folder / "oracle").mkdir()
        self._near = near
        self.topic = topic_of(near)
        self._database = servers.postgres.url(database)

    def start(self, **roles: str) -> None:
        """Processes by their names, `_` for a hyphen; a gateway named …spool has a spool."""
        for given, role in roles.items():
            name = given.replace("_", "-")
            self.cluster.start(name, role, spool=name.endswith("spool"), ready=False)
        self.cluster.wait_until_ready()
        self.system = self._ending.enter_context(opened(self.folder / "oracle", self._near))
        self.tail = Tail(self._database)
        self._ending.callback(self.tail.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.close()

    def __getitem__(self, name: str) -> Leadlog:
        return self.cluster.processes[name]

    # --- load ---

    @contextmanager
    def load(self, *, least: int = 300) -> Iterator[Flood]:
        """Posts of a crowd, a fifth of them repeats, and one conversation, all the while.

        At the end there were at least so many, and each was answered as it must be.
        """
        ports, seed = self.cluster.ports("gateway"), self.rng.randrange(10**9)
        crowd = Flood(ports, self._posts(), CONNECTIONS, seed, PAUSE_S)
        plain = [self[name].port for name in self.cluster.processes if name == "gateway-1"]
        talk = Flood(plain, self._messages(), 1, seed, 5 * PAUSE_S)
        floods = [crowd.start(), *([talk.start()] if plain else [])]
        yield crowd
        crowd.stop(after=least)
        crowd.wait(RESTS_WITHIN_S)
        talk.stop()
        for flood in floods:
            flood.wait(RESTS_WITHIN_S)
        self.given += [post for post in (*crowd.given, *talk.given) if post.fate != "refused"]
        self.said += talk.given

    def _posts(self) -> Iterator[Post]:
        """Endless; a repeat is of one of the last hundred, which may be on its way."""
        last: list[Post] = []
        for post in self._crowd:
            yield post
            last = [*last[-99:], post]
            while self.rng.random() < REPEATS:
                yield self.rng.choice(last)

    def _messages(self) -> Iterator[Post]:
        for number in self._updates:
            yield message(number, 777, number, f"И ещё {number}", at=int(time.time()) - 3600)

    # --- faults ---

    def kill_at(self, points: dict[str, str], nth: int = 1) -> None:
        """Processes by name, each killed by itself at its point; then they run again.

        A process that does not reach its point makes the run void (I14).
        """
        for name, point in points.items():
            self[name].stop()
            self.start_to_die(name, point, nth)
        for name, point in points.items():
            self.died_at(name, point, nth)
        for name in points:
            self.cluster.start_again(name)

    def kill_alone_at(
        self,
        name: str,
        heir: str,
        point: str,
        nth: int = 1,
        *,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> None:
        """The same for one that others would keep from its work; the heir starts after it died.

        `meanwhile` neither of them runs.
        """
        self[heir].stop()
        self[name].stop()
        meanwhile()
        self.start_to_die(name, point, nth)
        self.died_at(name, point, nth)
        self.cluster.start_again(heir)
        self.cluster.start_again(name)

    def start_to_die(self, name: str, point: str, nth: int = 1) -> None:
        self.cluster.start_again(name, fault=f"{point}:{nth}:kill")

    def died_at(self, name: str, point: str, nth: int = 1) -> None:
        """Wait for it. One that its watchdog has ended before is started once more to die there."""
        if self._ended(name, point) == EXIT_STATUS:
            self.revived.append(name)
            self.start_to_die(name, point, nth)
        ended = self._ended(name, point)
        assert ended == -signal.SIGKILL, f"it ended otherwise:\n{self[name].said()}"

    def _ended(self, name: str, point: str) -> int:
        wait_for(
            lambda: self[name].process.poll() is not None, f"void: {name} did not reach {point}"
        )
        return self[name].process.returncode

    def freeze_at(self, name: str, point: str, nth: int = 1) -> None:
        """Start it anew, so that it stops there (as SIGSTOP does) until it is woken."""
        self[name].stop()
        self.cluster.start_again(name, fault=f"{point}:{nth}:freeze")

    def is_frozen(self, name: str) -> bool:
        stat = Path(f"/proc/{self[name].process.pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] == "T"

    def is_up(self, name: str) -> bool:
        """Whether it answers, ready or not."""
        try:
            return self[name].get("/healthz").status_code == 200
        except httpx.TransportError:
            return False

    def wake(self, name: str) -> None:
        self[name].process.send_signal(signal.SIGCONT)

    def revive(self) -> None:
        """Start what has ended itself to be started anew, as its supervisor would."""
        for name, process in self.cluster.processes.items():
            if process.process.poll() == EXIT_STATUS:
                self.revived.append(name)
                self.cluster.start_again(name)

    # --- the oracle ---

    def check(self, roles: Sequence[Role] = FOLLOWING) -> dict[str, float]:
        """I1 to I6, and I9 before them."""
        wait_for(lambda: not self._in_spools(), "I9: spools still keep what Kafka would take")
        rest = come_to_rest(self.system, RESTS_WITHIN_S, roles, meanwhile=self.revive)
        self.cluster.wait_until_ready()
        last = self.system.base.recorder.last_position()
        wait_for(lambda: last in {0, *[r.position for r in self.tail.read[-1:]]}, "I5: the tail")
        found = check(self.system, self.given, self.tail.read)
        if self.said:
            conversation_in_order(Stores.of(self.system), self.said)
        return {**rest, **found}

    def _in_spools(self) -> int:
        """Posts that were answered, and have not reached the log yet."""
        kept = 0
        for file in self.folder.glob("*/data/spool.db"):
            with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as spool:
                kept += spool.execute("SELECT count(*) FROM lead_log").fetchone()[0]
        return kept

    def check_all(self, roles: Sequence[Role] = FOLLOWING) -> dict[str, float]:
        """The same, and I7 and I8."""
        found = self.check(roles)
        clickhouse = self.servers.clickhouse.url()
        folder = self.folder / "equal"
        check_equal(
            self.system, Stores.of(self.system), folder, lambda: f"{clickhouse}/{fresh_name()}"
        )
        return found

    def tell(self, capsys: pytest.CaptureFixture[str], fault: str, found: dict[str, float]) -> None:
        numbers = ", ".join(f"{value:.0f} {name}" for name, value in found.items())
        with capsys.disabled():
            sys.stdout.write(f"\nchaos: {fault}: {numbers}, revived {self.revived}; 0 breaches\n")


def wait_for(true: Callable[[], object], otherwise: str) -> None:
    try:
        wait_until(true, REACHED_WITHIN_S)
    except AssertionError:
        raise AssertionError(otherwise) from None
