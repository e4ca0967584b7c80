"""Which matching configuration holds for whom (SEMANTICS 2.3.7).

New leads are judged by the configured version. Limits, lists and what earlier leads were judged
by stay as they were until `rematch` applies the version to the past. All of it is told by events,
so that every process and every replay knows the same.
"""

import time

import msgspec

from eventstore.customer_base import CustomerBase
from eventstore.deciding import Changed, Decided, changed
from eventstore.domain.events import Id, MatchingAdopted, MatchingApplied
from eventstore.domain.matching import Matching
from eventstore.keyring import derived
from eventstore.orders import CommandRefused, Orders
from eventstore.queries import Cards
from eventstore.recording import rejudge
from eventstore.redecide import redecide
from eventstore.regroup import regroup
from eventstore.rows import Changes, Source
from eventstore.work import Policy, Work

STREAM: Id = derived(b"matching")
_PAGE = 1000


class VersionChanged(ValueError):
    """A version that leads were judged by now reads otherwise; the text says what to do."""


def effective_policy(source: Source, policy: Policy) -> Policy:
    """The policy with earlier versions, and with the limits and lists that are in force."""
    adopted, applied = _history(source)
    matching = policy.matching
    known = adopted.get(matching.version)
    if known is not None and known != matching:
        raise VersionChanged(
            f"matching: version {matching.version} was recorded with other content;"
            " give [matching] a higher version, then see `leadlog card rematch --dry-run`"
        )
    return _in_force({**adopted, matching.version: matching}, applied, policy)


def adopt(base: CustomerBase) -> None:
    """Record the configured version, if nobody has; call once at start, before any lead."""
    configured = base.policy.configured
    adopted, _ = _history(base.recorder)
    if configured.version in adopted:
        return
    event = MatchingAdopted(
        number=configured.version,
        content=msgspec.json.encode(configured),
        at=time.time_ns() // 1_000_000,
    )
    version = len(base.recorder.streams([STREAM], personal=False).get(STREAM, ())) + 1
    base.recorder.save(Changes(events=[(STREAM, version, event, None)]))


def rematch(base: CustomerBase, cards: Cards, by: Orders, *, dry_run: bool = False) -> Decided:
    """Apply the configured version to the past: its rules to all leads, its limits and lists.

    The order of kinds, which chooses where a lead stands, stays that of its first record. Done in
    one working set: memory grows with the number of cards.
    """
    adopted, applied = _history(base.recorder)
    configured = base.policy.configured
    if configured.version == applied:
        raise CommandRefused(f"version {configured.version} is applied to the past already")
    policy = _in_force({**adopted, configured.version: configured}, configured.version, base.policy)

    def decide(work: Work) -> Changed:
        work.policy = policy
        event = MatchingApplied(actor=by.actor, at=by.at, number=configured.version)
        work.emit(STREAM, event)
        leaves = _all_leaves(base)
        _list_again(work, cards, configured, leaves)
        rejudge(work, leaves)
        concerned = regroup(work, leaves, because=by.command)
        redecide(work, concerned, because=by.command, at=by.at)
        return changed(work)

    if dry_run:
        return Decided(by.command, decide(base.work()))
    result = base.attempt(decide)
    base.policy = policy
    return Decided(by.command, result)


def _history(source: Source) -> tuple[dict[int, Matching], int]:
    """Every adopted version, and the one that is applied to the past (0 while there is none)."""
    adopted: dict[int, Matching] = {}
    applied = 0
    for recorded in source.streams([STREAM], personal=False).get(STREAM, ()):
        match recorded.event:
            case MatchingAdopted(number=number, content=content):
                adopted[number] = msgspec.json.decode(content, type=Matching)
                applied = applied or number
            case MatchingApplied(number=number):
                applied = number
    return adopted, applied


def _in_force(versions: dict[int, Matching], applied: int, policy: Policy) -> Policy:
    configured = policy.configured
    past = versions.get(applied, configured)
    matching = msgspec.structs.replace(configured, limits=past.limits, shared=past.shared)
    judged = {
        # More about an earlier lead is sorted as its first record was, like leads left alone.
        number: msgspec.structs.replace(past, anchors=own.anchors) if number < applied else own
        for number, own in versions.items()
    }
    judged[configured.version] = configured
    return Policy.of(
        matching,
        policy.pipelines.values(),
        earlier=[
            msgspec.structs.replace(rules, version=number)
            for number, rules in judged.items()
            if number != configured.version
        ],
        configured=configured,
    )


def _all_leaves(base: CustomerBase) -> set[Id]:
    leaves: set[Id] = set()
    after = b""
    while heads := base.recorder.heads(after, _PAGE):
        after = heads[-1]
        leaves |= base.recorder.members(heads).keys()
    return leaves


def _list_again(work: Work, cards: Cards, matching: Matching, leaves: set[Id]) -> None:
    """Which identities are on the list now."""
    work.load_cards(leaves)
    for leaf, name in cards.names(leaves).items():
        kind, _, value = name.partition(":")
        listed = kind != "lead" and matching.is_listed(kind, value)
        if work.known_card(leaf).listed != listed:
            work.changing(leaf).listed = listed
