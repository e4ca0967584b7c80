"""What must hold on distributed stores after every fault: I1 to I9 of the reliability reference.

I1 no loss, I2 no invention, I3 one effect, I4 conservation, I5 versions without gaps and readers
that miss nothing, I6 order, I7 the same persons in any order, I8 projections equal to what is made
anew, I9 everything comes to rest. The stores are read themselves; the audit must agree.
"""

import base64
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID

from support.deliveries import Post
from support.waiting import wait_until

from eventstore.domain.events import LeadRecorded
from eventstore.reading import Recorded
from ingest.log.port import Logged, RecordType
from leadlog.audit import audit
from leadlog.lag import progress_of
from leadlog.role_names import Role
from leadlog.system import System

_PAGE = 5000
FOLLOWING = (Role.PROCESSOR, Role.PROJECTOR)


def come_to_rest(
    system: System,
    within_s: float,
    roles: Sequence[Role] = FOLLOWING,
    *,
    meanwhile: Callable[[], None] = lambda: None,
) -> dict[str, float]:
    """I9: with no fault left, everything is processed and projected within a bound."""
    began = time.monotonic()

    def behind() -> dict[str, int]:
        meanwhile()
        return {role: p.lag for role, p in progress_of(system, roles).items() if p.lag}

    try:
        wait_until(lambda: not behind(), within_s)
    except AssertionError:
        raise AssertionError(f"I9: {behind()} are left after {within_s:.0f} s") from None
    return {"rest_s": time.monotonic() - began}


@dataclass(frozen=True)
class Stores:
    """All that is on the log and in the event store at one moment of rest."""

    log: list[Logged]
    """Each partition in its order."""
    events: list[Recorded]
    ledger: Counter[str]
    """Outcome → deliveries."""
    quarantined: set[bytes]
    """Bodies."""

    @classmethod
    def of(cls, system: System) -> "Stores":
        recorder = system.base.recorder
        ledger: Counter[str] = Counter()
        for (_, _, outcome), times in recorder.ledger().items():
            ledger[outcome] += times
        kept = [json.loads(item.content) for item in recorder.quarantined()]
        return cls(
            [r for p in system.log.partitions() for r in _paged(_log_of(system, p), _offset)],
            list(_paged(recorder.read, _position)),
            ledger,
            {base64.b64decode(item["body"]) for item in kept},
        )

    @property
    def recorded(self) -> list[tuple[int, LeadRecorded]]:
        """Every lead event that had its effect, by position."""
        return [(r.position, r.event) for r in self.events if isinstance(r.event, LeadRecorded)]

    @property
    def leads(self) -> set[str]:
        return {str(UUID(bytes=r.stream)) for r in self.events if isinstance(r.event, LeadRecorded)}

    def of_type(self, type_: RecordType) -> list[Logged]:
        return [record for record in self.log if record.type is type_]

    @property
    def delivered(self) -> list[tuple[str, str]]:
        """Partition and event id of every lead event on the log, repeats as well."""
        return [(r.partition, _event_id(r)) for r in self.of_type(RecordType.LEAD)]


def check(system: System, sent: Iterable[Post], tail: Sequence[Recorded] = ()) -> dict[str, int]:
    """I1 to I6 at rest, after all of `sent` was answered as it must be; what was found.

    `tail` is what a reader saw that followed the event store all the time.
    """
    stores, posts = Stores.of(system), list(sent)
    no_loss_no_invention(stores, posts)
    one_effect(stores)
    conservation(system, stores, posts)
    no_gaps(stores, tail)
    in_order(stores)
    told = audit(system, full=True)
    assert told["ok"], told
    found = {"posts": len(posts), "records": len(stores.log), "events": len(stores.events)}
    return {**found, "leads": len(stores.leads), **stores.ledger}


def no_loss_no_invention(stores: Stores, posts: Sequence[Post]) -> None:
    """I1 and I2: stored is what was sent, and nothing else."""
    leads = [post for post in posts if post.fate == "lead"]
    assert leads, "nothing was sent: the run shows nothing"
    events = {str(UUID(bytes=event.event_id)) for _, event in stores.recorded}
    broken = {post.body for post in posts if post.fate == "quarantined"}
    for what, sent, stored in (
        ("leads", {post.lead for post in leads}, stores.leads),
        ("events", {post.event for post in leads}, events),
        ("quarantined", broken, stores.quarantined),
    ):
        assert not sent - stored, f"I1: lost {what}: {sorted(sent - stored)[:3]}"
        assert not stored - sent, f"I2: invented {what}: {sorted(stored - sent)[:3]}"


def one_effect(stores: Stores) -> None:
    """I3: an event id has one effect, however often it came; every other one is a duplicate."""
    times = Counter(event.event_id for _, event in stores.recorded)
    assert set(times.values()) == {1}, f"I3: doubled: {times.most_common(3)}"
    delivered = [event for _, event in stores.delivered]
    suppressed = len(delivered) - len(set(delivered))
    assert stores.ledger["duplicate"] == suppressed, f"I3: {stores.ledger}, not {suppressed}"


def conservation(system: System, stores: Stores, posts: Sequence[Post]) -> None:
    """I4: at every stage as much as at the one before."""
    on_log = Counter(record.type for record in stores.log)
    ledger = stores.ledger
    fates = Counter(post.fate for post in posts)
    assert on_log[RecordType.LEAD] >= fates["lead"], f"I4: {on_log}, of {fates} accepted"
    assert on_log[RecordType.IGNORED] >= fates["ignored"], f"I4: {on_log}, of {fates} accepted"
    assert ledger == Counter(
        accepted=len({event for _, event in stores.delivered}),
        duplicate=ledger["duplicate"],
        ignored=on_log[RecordType.IGNORED],
        quarantined=on_log[RecordType.QUARANTINED],
    ), f"I4: {ledger} of {on_log}"
    assert ledger.total() == len(stores.log), f"I4: {ledger} of {len(stores.log)} records"
    facts = system.analytics.select("SELECT position FROM facts ORDER BY position")
    expected = [recorded.position for recorded in stores.events]
    assert [row[0] for row in facts] == expected, "I4: the analytics have other positions"


def no_gaps(stores: Stores, tail: Sequence[Recorded]) -> None:
    """I5: positions and versions without a hole, and a reader that follows misses nothing."""
    positions = [recorded.position for recorded in stores.events]
    assert positions == list(range(1, len(positions) + 1)), "I5: positions have holes"
    versions = defaultdict(list)
    for recorded in stores.events:
        versions[recorded.stream].append(recorded.version)
    for stream, found in versions.items():
        assert found == list(range(1, len(found) + 1)), f"I5: {stream.hex()}: {found}"
    if tail:
        read = [recorded.position for recorded in tail]
        assert read == positions[: len(read)], "I5: a reader that follows has missed something"


def in_order(stores: Stores) -> None:
    """I6: what came later on a partition has its effect later."""
    position = {str(UUID(bytes=event.event_id)): at for at, event in stores.recorded}
    for partition in {name for name, _ in stores.delivered}:
        firsts = dict.fromkeys(event for name, event in stores.delivered if name == partition)
        order = [position[event] for event in firsts]
        assert order == sorted(order), f"I6: {partition} was decided out of order"


def conversation_in_order(stores: Stores, posts: Sequence[Post]) -> None:
    """I6: what one sender says, each after the one before was accepted, stands in its order."""
    position = {str(UUID(bytes=event.event_id)): at for at, event in stores.recorded}
    said = [position[post.event] for post in posts]
    wrong = [n for n, (a, b) in enumerate(pairwise(said)) if a >= b]
    assert not wrong, f"I6: a conversation is out of order at {wrong[:3]}"


def posts_of(stores: Stores, account: str) -> dict[str, Post]:
    """What came by one account, as posts, by the value of the first identity."""
    found = {}
    for record in stores.of_type(RecordType.LEAD):
        content = json.loads(record.value)
        if content["account"] == account:
            told = {"lead": content["lead_id"], "event": content["event_id"]}
            post = Post(path="", body=b"", **told)
            who = content["identities"][0]["value"]
            assert found.setdefault(who, post) == post, f"I3: {who} was taken for two"
    return found


def _paged(read: Callable[[int, int], Sequence[Any]], place: Callable[[Any], int]) -> Iterable[Any]:
    after = 0 if place is _position else -1
    while page := read(after, _PAGE):
        after = place(page[-1])
        yield from page


def _log_of(system: System, partition: str) -> Callable[[int, int], Sequence[Logged]]:
    return lambda after, limit: system.log.read(partition, after, limit)


def _offset(record: Logged) -> int:
    return record.offset


def _position(recorded: Recorded) -> int:
    return recorded.position


def _event_id(record: Logged) -> str:
    return str(json.loads(record.value)["event_id"])
