"""Which matching configuration holds for whom (SEMANTICS 2.3.7).

New leads are judged by the configured version. Limits, lists, folds and what earlier leads were
judged by stay as they were until a rematch (`eventstore.rematching`) applies the version to the
past. All of it is told by events, so that every process and every replay knows the same.
"""

from dataclasses import dataclass, field, replace

import msgspec

from eventstore.domain.events import Id, MatchingAdopted, MatchingApplied
from eventstore.domain.matching import Matching, RulesInForce
from eventstore.keyring import Keyring, derived
from eventstore.policy import Policy
from eventstore.rows import Source
from eventstore.sealed_rules import opened_rules

STREAM: Id = derived(b"matching")


class VersionChanged(ValueError):
    """A version that leads were judged by now reads otherwise; the text says what to do."""


@dataclass
class History:
    """What the events tell of versions."""

    adopted: dict[int, Matching] = field(default_factory=dict)
    rematches: list[MatchingApplied] = field(default_factory=list)
    first: int = 0

    @property
    def applied(self) -> int:
        """The version that is applied to the past; 0 while there is none."""
        return self.rematches[-1].number if self.rematches else self.first


def history(source: Source, keyring: Keyring) -> History:
    """Every adopted version, and every rematch."""
    found = History()
    for recorded in source.streams([STREAM], personal=False).get(STREAM, ()):
        match recorded.event:
            case MatchingAdopted(number=number, content=content):
                found.adopted[number] = opened_rules(
                    content, Matching, keyring, what="matching", stream=STREAM
                )
                found.first = found.first or number
            case MatchingApplied() as applied:
                found.rematches.append(applied)
    return found


def effective_policy(source: Source, keyring: Keyring, policy: Policy) -> Policy:
    """The policy with earlier versions, and with the limits, lists and folds that are in force."""
    known = history(source, keyring)
    is_adopted(policy.matching, known)
    return in_force(known, known.applied, policy)


def in_force(known: History, applied: int, policy: Policy) -> Policy:
    """The policy where this version is applied to the past.

    Leads of an earlier number are judged by it, also new ones where an earlier one is configured
    again: so it is a function of what is recorded, whoever has which configuration.
    """
    configured = policy.configured
    versions = {**known.adopted, configured.version: configured}
    past = versions.get(applied, configured)
    judged = {number: past if number < applied else own for number, own in versions.items()}
    new = judged[configured.version]
    matching = msgspec.structs.replace(
        new,
        version=configured.version,
        limits=past.limits,
        shared=past.shared,
        folds=past.folds,
    )
    rules = {number: RulesInForce(judging) for number, judging in judged.items()}
    folds = tuple(dict.fromkeys(fold for one in versions.values() for fold in one.folds))
    return replace(policy, matching=matching, rules=rules, applied=past.version, folds=folds)


def is_adopted(matching: Matching, known: History) -> bool:
    """Whether this version was recorded. Raises VersionChanged if that was with other content."""
    before = known.adopted.get(matching.version)
    if before is not None and before != matching:
        raise VersionChanged(
            f"matching: version {matching.version} was recorded with other content;"
            " give [matching] a higher version, then see `leadlog card rematch --dry-run`"
        )
    return before is not None
