"""The engine behind the stand-in of a ClickHouse server: chdb, with a server's manners.

Each request gets a handle of its own, so that its database and settings end with it; a session
keeps its handle. The folder stands in for a server's disk.
"""

import itertools
import re
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import chdb

_INSERT = re.compile(
    rb"\s*(INSERT\s+INTO\s.+?)\s+FORMAT\s+(\w+)\s*(?:;|\n|$)", re.IGNORECASE | re.DOTALL
)
_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CODE = re.compile(r"Code: (\d+)\. ")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class EngineError(Exception):
    """What ClickHouse answers with; `code` as its ErrorCodes.cpp has it."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Request:
    query: bytes
    data: bytes = b""
    """What an insert inserts, when it came beside the query."""
    database: str = "default"
    settings: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    format: str = "TabSeparated"
    session: str = ""
    session_timeout_s: float = 60.0
    session_must_exist: bool = False


@dataclass(frozen=True)
class Answer:
    body: bytes
    summary: dict[str, str]


@dataclass
class _Session:
    handle: Any
    timeout_s: float
    busy: threading.Lock = field(default_factory=threading.Lock)
    last_used: float = 0.0


class Engine:
    """Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._data = str(folder / "data")
        self._inserts = folder / "inserts"
        self._inserts.mkdir(parents=True, exist_ok=True)
        self._opening = threading.Lock()
        self._keeper = self._open()
        self._sessions: dict[str, _Session] = {}
        row = self._keeper.query("SELECT version(), timezone()", "TabSeparated").bytes().decode()
        self.version, self.timezone = row.rstrip("\n").split("\t")

    def execute(self, request: Request) -> Answer:
        """Raises EngineError."""
        with self._handle(request) as handle:
            try:
                return self._execute(handle, request)
            except RuntimeError as error:  # all of chdb's are
                text = str(error)
                code = _CODE.search(text)
                raise EngineError(int(code[1]) if code else 1001, text) from error

    def _execute(self, handle: Any, request: Request) -> Answer:
        if not _IDENTIFIER.fullmatch(request.database):
            raise EngineError(
                81, f"Code: 81. DB::Exception: Database {request.database} does not exist."
            )
        handle.query(f"USE {request.database}")
        before = _settings(handle, request.settings) if request.session else {}
        # readonly forbids to set anything after it
        for name in sorted(request.settings, key="readonly".__eq__):
            _set(handle, name, request.settings[name])
        with self._statement(request) as statement:
            found = handle.query(statement, request.format, params=dict(request.parameters))
        for name, value in before.items():
            _set(handle, name, value)
        counts = {
            "read_rows": found.rows_read(),
            "read_bytes": found.bytes_read(),
            "written_rows": found.rows_written(),
            "written_bytes": found.bytes_written(),
            "elapsed_ns": int(found.elapsed() * 1e9),
        }
        return Answer(found.bytes(), {name: str(count) for name, count in counts.items()})

    @contextmanager
    def _statement(self, request: Request) -> Iterator[str]:
        """The statement; the data of an insert lie in a file while it runs."""
        insert = _INSERT.match(request.query)
        data = request.data or (request.query[insert.end() :] if insert else b"")
        if insert is None or not data.strip():
            yield request.query.decode()
            return
        with tempfile.NamedTemporaryFile(dir=self._inserts) as file:
            file.write(data)
            file.flush()
            yield f"{insert[1].decode()} FROM INFILE '{file.name}' FORMAT {insert[2].decode()}"

    @contextmanager
    def _handle(self, request: Request) -> Iterator[Any]:
        if request.session:
            with self._session(request) as session:
                yield session.handle
            return
        handle = self._open()
        try:
            yield handle
        finally:
            handle.close()

    @contextmanager
    def _session(self, request: Request) -> Iterator[_Session]:
        """A session that was made readonly stays so, unlike the real server's."""
        name = request.session
        with self._opening:
            self._forget_old_sessions()
            session = self._sessions.get(name)
            if session is None and request.session_must_exist:
                raise EngineError(372, f"Code: 372. DB::Exception: Session {name} not found.")
        if session is None:
            made = _Session(self._open(), request.session_timeout_s)
            session = self._sessions.setdefault(name, made)
        if not session.busy.acquire(blocking=False):
            raise EngineError(
                373, f"Code: 373. DB::Exception: Session {name} is locked by a concurrent client."
            )
        try:
            yield session
        finally:
            session.last_used = time.monotonic()
            session.busy.release()

    def _forget_old_sessions(self) -> None:
        now = time.monotonic()
        for name, session in list(self._sessions.items()):
            if session.last_used and session.last_used + session.timeout_s < now:
                self._sessions.pop(name).handle.close()

    def _open(self) -> Any:
        with self._opening:
            return chdb.connect(self._data)


def _settings(handle: Any, names: Mapping[str, str]) -> dict[str, str]:
    wanted = ", ".join(f"'{name}'" for name in names if _SETTING.fullmatch(name))
    sql = f"SELECT name, value FROM system.settings WHERE name IN ({wanted or 'NULL'})"  # noqa: S608 - names only
    rows = handle.query(sql, "TabSeparatedRaw").bytes().decode().splitlines()
    found = (row.partition("\t") for row in rows)
    return {name: value for name, _, value in found if name != "readonly"}


def _set(handle: Any, name: str, value: str) -> None:
    if not _SETTING.fullmatch(name):
        raise EngineError(115, f"Code: 115. DB::Exception: Unknown setting '{name}'.")
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    handle.query(f"SET {name} = '{escaped}'")


query_ids = (f"stand-in-{number}" for number in itertools.count(1))
