"""NOT ClickHouse: a small stand-in that speaks its HTTP protocol in front of chdb, for tests only.

    python -m servers.clickhouse_http --folder F --port P --user U --password-file S

It does what clickhouse-connect asks of a server: statements with parameters, settings and formats
in the address, inserts in any format, compression, sessions, user and password, ClickHouse's
errors with their codes, /ping. Answers go out as a whole, so an error is never in the middle of
one. What it does not do (replication, quotas, roles, interserver traffic) only a real server can
be tested with: see LEADLOG_TEST_CLICKHOUSE in fixtures.py.
"""

import argparse
import asyncio
import base64
import gzip
import io
import json
import secrets
import zlib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import lz4.frame
import multipart
import uvicorn
from servers.clickhouse_engine import Engine, EngineError, Request, query_ids

_NOT_SETTINGS = frozenset({
    "query", "database", "default_format", "user", "password", "role", "stacktrace",
    "session_id", "session_timeout", "session_check", "close_session",
    "query_id", "quota_key", "wait_end_of_query", "buffer_size", "client_protocol_version",
    "compress", "decompress", "enable_http_compression",
    "send_progress_in_http_headers", "http_headers_progress_interval_ms",
})  # fmt: skip
_STATUS = {
    47: 404, 60: 404, 81: 404, 115: 404, 46: 404, 50: 404, 56: 404, 372: 404,
    62: 400, 27: 400, 6: 400, 38: 400, 41: 400, 72: 400, 43: 400, 53: 400, 457: 400,
    48: 501, 159: 408, 516: 403, 497: 403, 194: 401,
}  # fmt: skip
"""As in HTTPHandler's exceptionCodeToHTTPStatus; all others are 500."""
_LARGEST_FIELD = 128 * 1024
_UNPACK: Mapping[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
    "lz4": lz4.frame.decompress,
}
_PACK: Mapping[str, Callable[[bytes], bytes]] = {
    "lz4": lz4.frame.compress,
    "gzip": gzip.compress,
}
_TYPES = {
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
    "JSON": "application/json; charset=UTF-8",
}
_REFUSED = (
    "Code: 516. DB::Exception: {user}: Authentication failed: password is incorrect, or there is"
    " no user with such name. (AUTHENTICATION_FAILED)"
)


class StandIn:
    """The ASGI application."""

    def __init__(self, engine: Engine, user: str, password: str) -> None:
        self._engine = engine
        self._user = user
        self._password = password

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        if scope["type"] != "http":
            raise ValueError("HTTP only")
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        params = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
        body = await _body(receive)
        if body is None:
            return  # cut off in the middle of a request: nothing was asked
        if scope["path"] in {"/ping", "/replicas_status"} or (not body and "query" not in params):
            await _reply(send, 200, b"Ok.\n", {"content-type": "text/html; charset=UTF-8"})
            return
        query_id = params.get("query_id") or next(query_ids)
        known = {"x-clickhouse-query-id": query_id, "x-clickhouse-timezone": self._engine.timezone}
        try:
            self._authenticate(headers, params)
            if headers.get("content-type", "").startswith("multipart/form-data"):
                params, body = params | _fields(headers["content-type"], body), b""
            request = _request(scope["method"], headers, params, body)
            answer = await asyncio.to_thread(self._engine.execute, request)
        except EngineError as error:
            text = f"{error} (version {self._engine.version} (official build))\n"
            known["x-clickhouse-exception-code"] = str(error.code)
            await _reply(send, _STATUS.get(error.code, 500), text.encode(), known)
            return
        known["x-clickhouse-format"] = request.format
        known["x-clickhouse-summary"] = json.dumps(answer.summary)
        known["content-type"] = _TYPES.get(request.format, "application/octet-stream")
        content, encoding = _packed(answer.body, headers, params)
        await _reply(send, 200, content, known | encoding)

    def _authenticate(self, headers: Mapping[str, str], params: Mapping[str, str]) -> None:
        user = params.get("user") or headers.get("x-clickhouse-user", "default")
        password = params.get("password") or headers.get("x-clickhouse-key", "")
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind.lower() == "basic":
            user, _, password = base64.b64decode(given).decode().partition(":")
        right = secrets.compare_digest(password.encode(), self._password.encode())
        if user != self._user or not right:
            raise EngineError(516, _REFUSED.format(user=user))


async def _body(receive: Callable[[], Awaitable[dict[str, Any]]]) -> bytes | None:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _request(
    method: str, headers: Mapping[str, str], params: Mapping[str, str], body: bytes
) -> Request:
    if "1" in (params.get("compress"), params.get("decompress")):
        raise EngineError(48, "Code: 48. DB::Exception: not in the stand-in. (NOT_IMPLEMENTED)")
    try:
        content = _UNPACK[headers.get("content-encoding", "")](body)
    except KeyError:
        raise EngineError(
            48, "Code: 48. DB::Exception: Unknown compression method. (NOT_IMPLEMENTED)"
        ) from None
    query = params.get("query", "").encode()
    settings = {
        name: value
        for name, value in params.items()
        if name not in _NOT_SETTINGS and not name.startswith("param_")
    }
    if method == "GET":
        settings.setdefault("readonly", "2")  # a GET changes nothing
    return Request(
        query=query or content,
        data=content if query else b"",
        database=params.get("database") or headers.get("x-clickhouse-database", "default"),
        settings=settings,
        parameters={
            name.removeprefix("param_"): value
            for name, value in params.items()
            if name.startswith("param_")
        },
        format=params.get("default_format") or headers.get("x-clickhouse-format", "TabSeparated"),
        session=params.get("session_id", ""),
        session_timeout_s=float(params.get("session_timeout", 60)),
        session_must_exist=params.get("session_check") == "1",
    )


def _fields(content_type: str, body: bytes) -> dict[str, str]:
    """A query and its parameters when they are too long for an address."""
    _, options = multipart.parse_options_header(content_type)
    parts = multipart.MultipartParser(io.BytesIO(body), options["boundary"]).parts()
    found = {part.name: part.value for part in parts}
    if max(map(len, found.values()), default=0) > _LARGEST_FIELD:
        raise EngineError(
            1000, "Code: 1000. DB::Exception: HTML Form Exception: Field value too long"
        )
    return found


def _packed(
    body: bytes, headers: Mapping[str, str], params: Mapping[str, str]
) -> tuple[bytes, dict[str, str]]:
    asked = [one.strip() for one in headers.get("accept-encoding", "").split(",")]
    chosen = next((one for one in asked if one in _PACK), "")
    if not chosen or params.get("enable_http_compression") != "1":
        return body, {}
    return _PACK[chosen](body), {"content-encoding": chosen}


async def _reply(
    send: Callable[[dict[str, Any]], Awaitable[None]],
    status: int,
    body: bytes,
    headers: Mapping[str, str],
) -> None:
    sent = {**headers, "content-length": str(len(body))}
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--user", default="default")
    parser.add_argument("--password-file", type=Path, required=True)
    parser.add_argument("--certificate", default=None, help="with it, HTTPS")
    parser.add_argument("--key", default=None)
    given = parser.parse_args()
    password = given.password_file.read_text(encoding="utf-8").strip()
    app = StandIn(Engine(given.folder), given.user, password)
    uvicorn.run(
        app,  # type: ignore[arg-type] # ASGI by its shape
        host="127.0.0.1",
        port=given.port,
        log_level="warning",
        server_header=False,
        ssl_certfile=given.certificate,
        ssl_keyfile=given.key,
    )


if __name__ == "__main__":
    main()
