"""uvicorn as this system runs it: bounded connections, files enough, an end without a signal."""

import contextlib
import resource
import socket
import threading
from collections.abc import Iterator
from typing import Any, Final

import structlog
import uvicorn

from leadlog.connections import Connection, Connections

_KEEP_ALIVE_S: Final = 30
_STOP_WITHIN_S: Final = 4
_OTHER_FILES: Final = 500
"""Open files of the stores and the libraries, generously."""
_log = structlog.get_logger()


class _Server(uvicorn.Server):
    """Ends on a signal without raising it anew, so that what follows the server is still closed."""

    def __init__(self, config: uvicorn.Config, most: int, stopping: threading.Event) -> None:
        super().__init__(config)
        self.server_state = Connections(most)
        self._stopping = stopping

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            yield
            self._captured_signals.clear()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping.set()
        await super().shutdown(sockets)


def new_server(app: Any, *, most: int, stopping: threading.Event) -> uvicorn.Server:
    """A server of `app` with at most `most` connections; sets `stopping` when it begins to end."""
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        lifespan="off",
        log_level="error",  # below that it tells of each broken request, which anybody may send
        access_log=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_STOP_WITHIN_S,
        server_header=False,
    )
    return _Server(config, _with_files_for(most), stopping)


def _with_files_for(most: int) -> int:
    """Let this process open a file for each connection; how many connections it may have then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < most + _OTHER_FILES:
        wanted = most + _OTHER_FILES
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft >= most + _OTHER_FILES:
        return most
    fewer = max(1, soft - _OTHER_FILES)
    _log.warning("server.fewer_connections", most=fewer, wanted=most, remedy="raise `ulimit -n`")
    return fewer
