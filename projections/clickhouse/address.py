"""Where the analytics are, as one address says it."""

import re
from typing import Final, NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

DEFAULT_DATABASE: Final = "leadlog"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CLUSTER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_EMBEDDED: Final = frozenset({"database"})
_SERVER: Final = frozenset({"database", "cluster", "ca"})


class Target(NamedTuple):
    """Where the analytics are, read from a URL by `parse_url`."""

    path: str
    """Directory of the embedded engine; empty for a server."""
    host: str
    port: int
    user: str
    password: str
    secure: bool
    database: str
    cluster: str = ""
    """The replicated cluster, as the server's configuration calls it; empty for a single node."""
    authority: str = ""
    """A file with the certificates that a TLS server's must be signed by; empty: the usual ones."""

    def __repr__(self) -> str:
        where = self.path or f"{self.host}:{self.port}"
        return f"Target({where}, database={self.database!r})"


def parse_url(url: str) -> Target:
    """Read `chdb:///absolute/path` or `clickhouse[s]://[user:password@]host[:port]/database`.

    `clickhouses` is TLS. After a question mark: `database=NAME`; and for a server
    `cluster=NAME`, whose tables are replicated, and `ca=FILE`, whom TLS trusts. ValueError says
    what is wrong, without repeating anything that could be a part of a password.
    """
    parts = urlsplit(url)
    if parts.scheme == "chdb":
        given = _parameters(parts, _EMBEDDED)
        if parts.netloc or not parts.path.startswith("/") or parts.path == "/":
            raise ValueError("an embedded analytics store is written chdb:///absolute/path")
        database = _database(given.get("database", ""))
        return Target(unquote(parts.path), "", 0, "", "", secure=False, database=database)
    if parts.scheme not in {"clickhouse", "clickhouses"} or not parts.hostname:
        raise ValueError("analytics is chdb:///path or clickhouse://host:8123/database")
    given = _parameters(parts, _SERVER)
    secure = parts.scheme == "clickhouses"
    cluster = given.get("cluster", "")
    if cluster and not _CLUSTER.fullmatch(cluster):
        raise ValueError("analytics: a cluster is named by letters, digits and _ . - only")
    return Target(
        path="",
        host=parts.hostname,
        port=_port(parts) or (8443 if secure else 8123),
        user=unquote(parts.username or "default"),
        password=unquote(parts.password or ""),
        secure=secure,
        database=_database(parts.path.strip("/") or given.get("database", "")),
        cluster=cluster,
        authority=given.get("ca", ""),
    )


def _parameters(parts: SplitResult, known: frozenset[str]) -> dict[str, str]:
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    if not given.keys() <= known:
        wanted = ", ".join(sorted(known))
        raise ValueError(f"analytics: after the question mark may stand only: {wanted}")
    return given


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise ValueError(
            "analytics: the port is no number; in a password write / as %2F, @ as %40, : as %3A"
        ) from None


def _database(name: str) -> str:
    if name and not _NAME.fullmatch(name):
        raise ValueError("analytics: a database is named by letters, digits and _ only")
    return name or DEFAULT_DATABASE
