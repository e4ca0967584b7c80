"""The limit that the processor is held against: resolving leads with nothing but SQLite.

What any event-sourced system of this kind cannot do without, written plainly: decode, normalise,
recognise a lead that came before, look up who it is, write some 2.3 events a lead onto streams
that begin once, and three tables, in one durable transaction for each 256 leads. No rules, no
proofs, no shared identities, no deals to be joined, nothing that could be undone.
"""

import re
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from channels.sdk.lead import LeadContent

BATCH = 256
_SCHEMA = """
CREATE TABLE event (
    position INTEGER PRIMARY KEY, stream BLOB NOT NULL, version INTEGER NOT NULL,
    kind TEXT NOT NULL, body BLOB NOT NULL, UNIQUE (stream, version));
CREATE TABLE lead (id BLOB PRIMARY KEY, card BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE identity (value TEXT PRIMARY KEY, card BLOB NOT NULL) WITHOUT ROWID;
"""
_decode = msgspec.json.Decoder(LeadContent).decode
_encode = msgspec.json.Encoder().encode
_NO_DIGIT = re.compile(r"[^0-9]")


class RawResolver:
    """A card is named after its first lead; the first identity that is known says which it is."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, cached_statements=128)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-262144"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        self._connection.close()

    def resolve(self, values: Sequence[bytes]) -> None:
        """Process one batch of lead events."""
        leads = [_decode(value) for value in values]
        ids = [bytes.fromhex(lead.lead_id.replace("-", "")) for lead in leads]
        keys = [[_normalised(i.kind, i.value) for i in lead.identities] for lead in leads]
        seen = self._known("lead", "id", ids)
        cards = self._known("identity", "value", (key for found in keys for key in found))
        events: list[tuple[bytes, int, str, bytes]] = []
        rows: list[tuple[bytes, bytes]] = []
        identities: list[tuple[str, bytes]] = []
        for lead, lead_id, found in zip(leads, ids, keys, strict=True):
            if lead_id in seen:
                continue
            known = next((cards[key] for key in found if key in cards), None)
            card = known or lead_id
            seen[lead_id] = card
            rows.append((lead_id, card))
            told = {"card": card.hex(), "channel": lead.channel, "at": lead.occurred_at}
            events.append((lead_id, 1, "lead recorded", _encode(lead)))
            events.append((lead_id, 2, "deal touched" if known else "deal opened", _encode(told)))
            fresh = [key for key in found if key not in cards]
            identities += [(key, card) for key in fresh]
            cards.update(dict.fromkeys(fresh, card))
            if len(fresh) > (known is None):
                events.append((lead_id, 3, "identities linked", _encode(found)))
        self._save(events, rows, identities)

    def _known(self, table: str, column: str, values: Iterable[str | bytes]) -> dict[object, bytes]:
        wanted = list(dict.fromkeys(values))
        marks = ",".join("?" * len(wanted))
        sql = f"SELECT {column}, card FROM {table} WHERE {column} IN ({marks})"  # noqa: S608 - our own names
        return dict(self._connection.execute(sql, wanted).fetchall())

    def _save(
        self,
        events: list[tuple[bytes, int, str, bytes]],
        leads: list[tuple[bytes, bytes]],
        identities: list[tuple[str, bytes]],
    ) -> None:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO event (stream, version, kind, body) VALUES (?,?,?,?)", events
        )
        connection.executemany("INSERT INTO lead VALUES (?,?)", leads)
        connection.executemany("INSERT INTO identity VALUES (?,?)", identities)
        connection.execute("COMMIT")


def _normalised(kind: str, value: str) -> str:
    if kind == "phone":
        digits = _NO_DIGIT.sub("", value)
        national = len(digits) == 11 and digits[0] == "8"
        return f"phone:7{digits[1:]}" if national else f"phone:{digits}"
    return f"{kind}:{value.strip().lower()}"
