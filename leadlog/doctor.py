"""`leadlog doctor`: settings, stores, channels, clock, lag; each good, odd or broken.

Odd is what somebody should look at when there is time; broken means that leads are lost, refused
or not decided about until somebody acts.
"""

import os
import sqlite3
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from channels.registry import AnyAdapter, make_adapter
from channels.sdk.adapter import PollingAdapter
from eventstore.recorders.sqlite import SQLiteCustomerRecorder
from ingest.log.remedy import remedy_of
from ingest.log.sqlite import connect
from leadlog import kafka_check, lag_check, machine, matching_check, outbox_check, routing_check
from leadlog.lead_log import KafkaLog
from leadlog.machine import Finding
from leadlog.poll_check import Holders, unpolled, who_polls
from leadlog.polling import finding, is_called
from leadlog.settings import ConfigurationError, Settings
from leadlog.system import System
from projections.desk.nearness import is_loopback

_HOUR_MS = 3_600_000
Ledger = dict[tuple[str, int, str], int]
"""How many deliveries an account had in an hour since 1970, by outcome."""
_QUIET_H = 7 * 24
_OPEN_TYPES = frozenset({"webform"})
"""Types that anybody may post to: forms on a site."""


def of_settings(settings: Settings, file: Path) -> Iterator[Finding]:
    """The configuration, which could be read."""
    if not file.exists():
        yield Finding("settings", "good", f"no {file}: every setting has its default")
    else:
        yield Finding("settings", "good", f"{file} is sound")
        if settings.accounts and file.stat().st_mode & stat.S_IROTH:
            remedy = f"chmod 600 {file}, or keep the secrets in files of their own (…_file)"
            yield Finding("settings", "odd", f"everybody on this machine may read {file}", remedy)
    yield from routing_check.examine(settings)


def of_faults(error: ConfigurationError) -> Iterator[Finding]:
    """The configuration, which could not be read."""
    for fault in error.faults:
        yield Finding("settings", "broken", fault, "mend it; nothing starts before")


def examine(system: System) -> Iterator[Finding]:
    """Everything else, in this process, which owns the data directory."""
    broken_key = _identity_key(system.settings)
    yield broken_key
    if broken_key.state == "broken":
        return  # opening the event store would make a new key
    broken = set()
    for subject, check in (("log", _log), ("events", _events), ("analytics", _analytics)):
        finding = _guarded(f"stores.{subject}", check, system)
        if finding.state == "broken":
            broken.add(subject)
        yield finding
    events_answer = "events" not in broken
    recorded_ms = _newest_recorded_ms(system) if events_answer else 0
    yield from machine.examine(system.settings.data, recorded_ms)
    yield desk(system.settings)
    yield from _channels(system, system.base.recorder.ledger() if events_answer else None)
    if events_answer:
        yield _quarantine(system)
        yield matching_check.examine(system.base.policy)
        yield _guarded("messages", outbox_check.examine, system)
    if not broken:
        yield from lag_check.examine(system)


def desk(settings: Settings) -> Finding:
    """Who may see cards (docs/adr/0011)."""
    host = settings.server.host
    if settings.desk.token:
        return Finding("desk", "good", "cards are for whoever shows the token")
    if is_loopback(host):
        return Finding("desk", "good", "cards are for this machine only, since there is no token")
    told = f"cards are closed: {host} can be reached from other machines, and there is no token"
    remedy = "set token or token_file in [desk]; to make one: openssl rand -hex 32"
    return Finding("desk", "odd", told, remedy)


def _guarded(subject: str, check: Callable[[System], Finding], system: System) -> Finding:
    try:
        return check(system)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        return _unusable(subject, error)


def _unusable(subject: str, error: BaseException) -> Finding:
    if remedy := remedy_of(error):
        return Finding(subject, "broken", str(error), remedy)
    told = f"cannot be used: {type(error).__name__}: {error}"
    remedy = "see the message; `df`, rights and the address in [stores] are the usual causes"
    return Finding(subject, "broken", told, remedy)


def _identity_key(settings: Settings) -> Finding:
    if settings.keys.identity:
        return Finding("identity key", "good", "given as keys.identity; is it in your vault?")
    key = settings.data / "identity.key"
    events = settings.path(settings.stores.events)
    if not key.exists():
        if settings.stores.events.startswith("sqlite:") and events.exists():
            told = f"{key} is gone, and {events} was written with it"
            remedy = "restore it from the backup: without it every returning customer looks new"
            return Finding("identity key", "broken", told, remedy)
        return Finding("identity key", "good", "will be made at the first start")
    if key.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        told = f"others may read {key}"
        return Finding("identity key", "odd", told, f"chmod 600 {key}")
    return Finding("identity key", "good", f"{key}; is it in your backup?")


def _log(system: System) -> Finding:
    if isinstance(system.lead_log, KafkaLog):
        return kafka_check.examine(system.lead_log.topic, system.log)
    path = system.settings.path(system.settings.stores.log)
    connection = connect(path)
    try:
        return _durable("stores.log", connection, path)
    finally:
        connection.close()


def _events(system: System) -> Finding:
    path = system.settings.path(system.settings.stores.events)
    recorder = system.base.recorder
    if not isinstance(recorder, SQLiteCustomerRecorder):  # the others look at their start
        return Finding(
            "stores.events", "good", f"answers, at position {recorder.last_position():,}"
        )
    with recorder.datastore.transaction(commit=False) as cursor:
        return _durable("stores.events", cursor.sqlite_cursor.connection, path)


def _durable(subject: str, connection: sqlite3.Connection, path: Path) -> Finding:
    """Whether it takes a write, and keeps it when the power fails."""
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()
    if mode != "wal" or synchronous < 2:
        told = f"{path} is not written durably (journal {mode}, synchronous {synchronous})"
        return Finding(subject, "broken", told, "move the file aside for a look; it was changed")
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        told = f"{path} may not be written by this user"
        return Finding(subject, "broken", told, f"give {path.parent} to the user of the service")
    files = (path, path.with_name(f"{path.name}-wal"))
    size = sum(file.stat().st_size for file in files if file.exists()) / 1024 / 1024
    return Finding(subject, "good", f"{path}, {size:,.1f} MiB, durable")


def _analytics(system: System) -> Finding:
    position = system.projected_position() or _prepared(system)
    return Finding("stores.analytics", "good", f"answers, at position {position:,}")


def _prepared(system: System) -> int:
    from projections.facts.table import FactTable

    return FactTable(system.analytics).prepare()


def _newest_recorded_ms(system: System) -> int:
    recorder = system.base.recorder
    newest = recorder.read(max(recorder.last_position() - 1, 0), 1)
    return newest[0].recorded_at if newest else 0


def _channels(system: System, ledger: Ledger | None) -> Iterator[Finding]:
    """Without a ledger nobody knows what came; what is wrong with the settings is told still."""
    hour = int(time.time() * 1000) // _HOUR_MS
    if not system.settings.accounts:
        remedy = "add an [[accounts]] table (leadlog.example.toml), or try: leadlog demo"
        yield Finding("accounts", "odd", "there are none: nothing can come in", remedy)
    holders = who_polls(system.settings) if ledger is not None else None
    for table in system.settings.accounts:
        found = _fetched(dict(table), system, holders)
        found = found or _channel(dict(table), ledger, hour, holders or {})
        if found is not None:
            yield found


def _fetched(table: dict[str, Any], system: System, holders: Holders | None) -> Finding | None:
    """What is wrong with an account that is fetched; None where nothing is."""
    name = str(table["name"])
    if state := system.polled.get(name):
        return finding(f"account {name}", state, time.time())
    return unpolled(table, holders)


def _channel(
    table: dict[str, Any], ledger: Ledger | None, hour: int, holders: Holders
) -> Finding | None:
    name = str(table["name"])
    subject = f"account {name}"
    adapter = make_adapter(table)
    source = adapter.fetched_from() if isinstance(adapter, PollingAdapter) else ""
    if name in holders:
        source += f" by a process of {holders[name]}"
    open_door = is_called(adapter) and not adapter.settings.secrets()
    if open_door and table["type"] not in _OPEN_TYPES:
        told = f"anybody who knows the address /in/{name} may send leads to it"
        return Finding(subject, "odd", told, "set its secret, or a secret_path")
    if ledger is None:
        return None
    hours = [then for account, then, _ in ledger if account == name]
    if not hours:
        return _never(subject, adapter, source)
    outcomes: Counter[str] = Counter()
    for (account, then, outcome), count in ledger.items():
        if account == name and then >= hour - _QUIET_H:
            outcomes[outcome] += count
    told = f"fetched from {source}; " if source else ""
    told += "in a week: " + (", ".join(f"{n:,} {o}" for o, n in sorted(outcomes.items())) or "0")
    if not outcomes:
        return Finding(subject, "odd", told, "is the provider still sending? look there")
    if outcomes["quarantined"] * 5 > sum(outcomes.values()):
        return Finding(subject, "odd", told, "leadlog quarantine list: does it send a new format?")
    return Finding(subject, "good", told)


def _never(subject: str, adapter: AnyAdapter, source: str) -> Finding:
    """An account that nothing ever came from."""
    told = "nothing has ever come"
    if source:
        told = f"{told} from {source}"
        return Finding(subject, "odd", told, "leadlog up fetches it; is it the right account?")
    name = adapter.settings.name
    remedy = f"is https://your.host/in/{name} set at the provider? README of its channel"
    if not is_called(adapter):
        remedy = "no setting says where it is fetched from, or who hands it over: README"
    return Finding(subject, "odd", told, remedy)


def _quarantine(system: System) -> Finding:
    waiting = len(system.base.recorder.quarantined())
    if not waiting:
        return Finding("quarantine", "good", "empty")
    remedy = "leadlog quarantine list, then show, retry"
    return Finding("quarantine", "odd", f"{waiting:,} deliveries wait for a look", remedy)
