"""PostgreSQL 15: one cluster, one database for each test. Commits go to the disk as in earnest."""

import os
import pwd
import shutil
import signal
import subprocess
from itertools import count
from pathlib import Path

import psycopg
from servers.process import ServerFault, ServerProcess, Startable, free_port, program, wait_for_end

BIN = Path("/usr/lib/postgresql/15/bin")
USER = "leadlog"
_START_WITHIN_S = 60
_SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
max_connections = 100
"""
_numbers = count(1)


class PostgresServer(Startable):
    """`folder` is for it alone; whoever runs the tests may be root, the server never is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._user = _unprivileged()
        self.port = free_port()
        self._create()

    def start(self) -> None:
        data = str(self._folder / "data")
        self._process = ServerProcess(
            "PostgreSQL",
            [str(BIN / "postgres"), "-D", data],
            log=self._folder / "server.log",
            user=self._user,
            stop_with=signal.SIGINT,  # what PostgreSQL calls a fast shutdown
        )
        self._process.wait_until(self._answers, _START_WITHIN_S)

    def kill(self) -> None:
        """The whole server at once, as a power cut would; it recovers at the next start.

        Its children see their parent's end a moment later; until then nobody may start it again.
        """
        children = self._started.children()
        self._started.kill()
        wait_for_end(children)

    def url(self, database: str = "postgres", *, port: int | None = None) -> str:
        """`port`: where a proxy before it listens."""
        return f"postgresql://{USER}@127.0.0.1:{port or self.port}/{database}"

    def speak_tls(self, certificate: Path) -> None:
        """From now on for those who want it; `certificate` has the key with it, as PEM."""
        own = self._folder / "data" / "server.pem"
        shutil.copy(certificate, own)
        own.chmod(0o600)
        if self._user is not None:
            shutil.chown(own, self._user)
        with psycopg.connect(self.url(), autocommit=True) as connection:
            for name, value in (("ssl_cert_file", own), ("ssl_key_file", own), ("ssl", "on")):
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'".encode())
            connection.execute("SELECT pg_reload_conf()")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _create(self) -> None:
        if not (BIN / "initdb").exists():
            raise ServerFault(f"there is no {BIN}/initdb; run scripts/install-test-servers")
        if self._user is not None:
            shutil.chown(self._folder, self._user)
        settings = ["-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        command = [str(BIN / "initdb"), "-D", str(self._folder / "data"), *settings]
        if self._user is not None:
            runuser = program("runuser", "util-linux")
            command = [runuser, "-u", self._user, "--", *command]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=self._folder
        )
        if done.returncode:
            raise ServerFault(f"initdb failed:\n{done.stdout}{done.stderr}")
        with (self._folder / "data" / "postgresql.conf").open("a") as file:
            file.write(_SETTINGS.format(port=self.port, folder=self._folder))


def fresh_database(url: str) -> str:
    """The URL of a new, empty database on the server that `url` names."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type] # a name of ours
    return f"{url.rpartition('/')[0]}/{name}"


def _unprivileged() -> str | None:
    """Who runs the server where we are root, for it refuses to; else None: ourselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in known), "nobody")
