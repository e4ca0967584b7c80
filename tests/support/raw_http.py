"""HTTP over bare sockets: what no honest client library would send."""

import json
import socket
from typing import NamedTuple, Self


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict:
        """The body of an error; it must say in a machine's and a person's words what to do."""
        assert self.headers["content-type"] == "application/problem+json", self
        told = json.loads(self.body)
        assert told["status"] == self.status
        assert told["title"]
        assert told["detail"], "an error that does not say what to do"
        return told


class Raw:
    """One connection."""

    def __init__(self, port: int, *, timeout: float = 30.0) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self._came = b""

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def answer(self) -> Answer:
        """The next answer; ConnectionError when the server closed without one."""
        head = self._until(b"\r\n\r\n").decode("latin-1")
        status, *lines = head.split("\r\n")
        headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines)}
        body = self._exactly(int(headers.get("content-length", "0")))
        return Answer(int(status.split(" ")[1]), headers, body)

    def is_closed(self) -> bool:
        """Whether the server has ended the connection, or does within the timeout."""
        try:
            return self._socket.recv(65536) == b""
        except TimeoutError:
            return False
        except ConnectionError:
            return True

    def close(self) -> None:
        self._socket.close()

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._came:
            self._more()
        head, _, self._came = self._came.partition(mark)
        return head

    def _exactly(self, size: int) -> bytes:
        while len(self._came) < size:
            self._more()
        body, self._came = self._came[:size], self._came[size:]
        return body

    def _more(self) -> None:
        piece = self._socket.recv(65536)
        if not piece:
            raise ConnectionError(f"closed after {self._came!r}")
        self._came += piece

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def ask(port: int, data: bytes, *, timeout: float = 30.0) -> Answer:
    """Send these bytes over a connection of their own; the first answer."""
    with Raw(port, timeout=timeout) as raw:
        raw.send(data)
        return raw.answer()


def head(path: str, *lines: str, method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "host: x", *lines, "", ""]).encode("latin-1")
