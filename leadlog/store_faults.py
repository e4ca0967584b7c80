"""What is wrong with the stores of a configuration, found without opening any of them.

Addresses are not repeated: they may hold a password.
"""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from typing import Any, Final

from ingest.log.kafka_access import KafkaAccess
from leadlog.toml_lines import Place

_SCHEMES: Final = {
    "log": ("sqlite", "kafka"),
    "events": ("sqlite", "postgresql"),
    "analytics": ("chdb", "clickhouse", "clickhouses"),
    "inbox": ("sqlite", "postgresql"),
    "spool": ("sqlite",),
}
_LIBRARIES: Final = {"kafka": ("aiokafka", "kafka"), "postgresql": ("psycopg", "postgres")}
"""Scheme → what must be installed for it, and the extra of ours that brings it."""
_KEY_BYTES: Final = 32
_KEY_IS_SHARED: Final = (
    "processes that share an event store need the same key of identities; make one with"
    " `openssl rand -hex 32` and give it as keys.identity_file"
)


def of_stores(table: Any, keys: Any) -> Iterator[tuple[Place, str]]:
    """Faults, each with its place and its remedy."""
    stores: dict[str, Any] = table if isinstance(table, dict) else {}
    for name in _SCHEMES:
        url = stores.get(name)
        if isinstance(url, str) and (told := _of_store(name, url)):
            yield ("stores", name), f"stores.{name}: {told}"
    if stores.get("spool") and not str(stores.get("log")).startswith("kafka:"):
        yield ("stores", "spool"), "stores.spool: only a lead log on Kafka has one; take it out"
    identity = keys.get("identity") if isinstance(keys, dict) else None
    if str(stores.get("events")).startswith("postgresql:") and not identity:
        yield ("stores", "events"), f"keys.identity: {_KEY_IS_SHARED}"
    if isinstance(identity, str) and identity and not _is_key(identity):
        told = f"keys.identity: {2 * _KEY_BYTES} hexadecimal digits are needed, or more"
        yield ("keys", "identity"), told


def of_kafka(access: KafkaAccess) -> Iterator[tuple[Place, str]]:
    """What is wrong with [kafka]: its files are read as they will be. No password is repeated."""
    if access.user and not access.password:
        yield ("kafka", "user"), "kafka.user: a user has a password; give it as kafka.password_file"
    if access.password and not access.user:
        yield ("kafka", "password"), "kafka.password: whose is it? set kafka.user"
    for name in ("ca_file", "cert_file", "key_file"):
        if getattr(access, name) and not access.tls:
            yield ("kafka", name), f"kafka.{name}: only TLS has certificates; set kafka.tls = true"
    if access.key_file and not access.cert_file:
        yield ("kafka", "key_file"), "kafka.key_file: there is no cert_file that it belongs to"
    if not access.tls:
        return
    for name, alone in (
        ("ca_file", replace(access, cert_file="")),
        ("cert_file", replace(access, ca_file="")),
    ):
        file = getattr(access, name)
        try:
            alone.tls_context()
        except (OSError, ssl.SSLError) as error:
            told = error.strerror or str(error)
            yield ("kafka", name), f"kafka.{name}: cannot be used: {file}: {told}; it must be PEM"


def _of_store(name: str, url: str) -> str:
    scheme = url.partition("://")[0]
    if name == "spool" and not url:
        return ""
    if scheme not in _SCHEMES[name]:
        known = " or ".join(f"{known}://" for known in _SCHEMES[name])
        return f"an address that begins with {known} is needed"
    library, extra = _LIBRARIES.get(scheme, ("", ""))
    try:
        if library:
            import_module(library)
        if scheme == "kafka":
            import_module("ingest.log.kafka_topic").KafkaTopic.of(url)
        if name == "analytics":
            import_module("projections.clickhouse.address").parse_url(url)
    except ImportError:
        return f"{scheme} needs more to be installed: pip install 'leadlog[{extra}]'"
    except ValueError as error:
        return str(error)
    return ""


def _is_key(text: str) -> bool:
    try:
        return len(bytes.fromhex(text)) >= _KEY_BYTES
    except ValueError:
        return False
