"""The configuration that decisions are made by, and what is done at once by it."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from eventstore.domain.events import LeadRecorded
from eventstore.domain.folds import Fold
from eventstore.domain.matching import Matching, RulesInForce
from eventstore.domain.pipeline import Pipeline
from eventstore.domain.routing import NO_RULES, Router, Routing
from eventstore.person_deals import MOST_IN_A_ROW

MOST_AT_ONCE = 1000
"""Touches whose deals are decided again in the transaction of what caused it (SEMANTICS 2.3.8)."""

MOST_ITEMS_AT_ONCE = 500
"""Items of evidence that are withdrawn, or given back, in one transaction."""

MOST_LEADS_AT_ONCE = 1000
"""With more leads each, two identities are judged again without reading all of these."""


@dataclass(frozen=True)
class Policy:
    """The configuration that decisions are made by."""

    matching: Matching
    """What new leads are judged by, with the limits, lists and folds in force."""
    rules: dict[int, RulesInForce]
    """Every version that a recorded lead may name, by what it is judged by now (a later one that
    was applied to the past has its own version)."""
    pipelines: dict[str, Pipeline]
    """By id; the first is the default."""
    configured: Matching
    """The version as it is configured; its limits, lists and folds wait for a rematch."""
    router: Router
    """Says to which pipeline a new lead goes."""
    applied: int
    """The version whose limits, lists and folds are in force."""
    folds: tuple[Fold, ...] = ()
    """Those of every version that was ever configured."""
    most_deals_in_a_row: int = MOST_IN_A_ROW
    most_touches_at_once: int | None = MOST_AT_ONCE
    """Where a decision concerns more, their deals follow in pieces; None: never."""
    most_items_at_once: int = MOST_ITEMS_AT_ONCE
    most_leads_at_once: int = MOST_LEADS_AT_ONCE

    @classmethod
    def of(
        cls, matching: Matching, pipelines: Iterable[Pipeline], routing: Routing = NO_RULES
    ) -> "Policy":
        """Where no other version was ever configured."""
        known = {pipeline.id: pipeline for pipeline in pipelines}
        router = Router(routing, default=next(iter(known)))
        rules = {matching.version: RulesInForce(matching)}
        return cls(matching, rules, known, matching, router, matching.version, folds=matching.folds)

    def judged_by(self, version: int) -> RulesInForce:
        """The rules of a version; those in force where it is not known any more."""
        return self.rules.get(version) or self.rules[self.matching.version]

    def in_order(self, lead: LeadRecorded) -> LeadRecorded:
        """The lead, its identities strongest first by the order that holds for it now.

        They were recorded in the order of its version; a rematch puts another in its place.
        """
        rules = self.rules.get(lead.rules)
        if rules is None or len(lead.identities) < 2:
            return lead
        identities = rules.matching.in_order(lead.identities)
        if identities == lead.identities:
            return lead
        return msgspec.structs.replace(lead, identities=identities)

    def pipeline(self, pipeline_id: str) -> Pipeline:
        """The pipeline, or one of that id without stages of its own where it was removed."""
        return self.pipelines.get(pipeline_id) or Pipeline(id=pipeline_id)
