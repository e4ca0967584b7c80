"""Why two leaf cards are one person, or why they are not (SEMANTICS 2.4.12)."""

from collections.abc import Collection, Iterable
from typing import Any

from eventstore.apart import kept_apart
from eventstore.awaiting import told_pending
from eventstore.chains import Link, apart_without, chain
from eventstore.domain.events import Id
from eventstore.queries import Cards
from eventstore.reading import Recorded
from eventstore.sealing import typed
from eventstore.standing_links import links_of, standing_links
from eventstore.told import text_id, time_text
from eventstore.work import Work

Json = dict[str, Any]


class Explainer:
    """Explains the persons as they stand. Reads only."""

    def __init__(self, cards: Cards) -> None:
        self._cards = cards
        self._base = cards.base

    def person(self, leaf: Id, *, brief: bool = False) -> Json:
        """All links that make the leaf card's person; `brief`: of their evidence the first."""
        work = self._base.work()
        members = work.members({work.known_card(work.bears_on(leaf)).person})
        links = standing_links(work, members, brief=brief)
        return {
            "together": True,
            "links": self._shown(links, work if brief else None),
            "apart_without": [],
            "withdrawn": self._withdrawn(work, members),
            **told_pending(work.source, members),
        }

    def two(self, a: Id, b: Id) -> Json:
        """The chain between two leaf cards and the facts it hangs on; or what keeps them apart."""
        work = self._base.work()
        a, b = work.bears_on(a), work.bears_on(b)
        if work.known_card(a).person != work.known_card(b).person:
            return self._apart(work, a, b)
        members = work.members({work.known_card(a).person})
        links = standing_links(work, members)
        facts = apart_without(links, a, b)
        return {
            "together": True,
            "links": self._shown(chain(links, a, b)),
            "apart_without": [text_id(fact) for fact in facts],
            "withdrawn": self._withdrawn(work, members),
            **told_pending(work.source, members),
        }

    def links(self, links: Collection[Link]) -> list[Json]:
        """These links, each rule's with its first lead."""
        work = self._base.work()
        work.load_leads({link.facts[0] for link in links if link.by == "rule"})
        return self._shown(links, work)

    def _apart(self, work: Work, a: Id, b: Id) -> Json:
        one, other = work.known_card(a).person, work.known_card(b).person
        found = kept_apart(work, one, other)
        ours, theirs = work.members({one}), work.members({other})
        told: Json = {
            "together": False,
            "links": self._shown(links_of(work, found.pairs)),
            "apart_without": [],
            "because": found.because,
            "withdrawn": self._withdrawn(work, ours, theirs),
            **told_pending(work.source, ours | theirs),
        }
        if found.vetoes:
            told["vetoes"] = [text_id(veto.decision) for veto in found.vetoes]
        if found.shared:
            told["shared"] = sorted(self._cards.names(found.shared).values())
        if found.rules:
            told["rules"] = list(found.rules)
        return told

    def _withdrawn(
        self, work: Work, ours: Collection[Id], theirs: Collection[Id] | None = None
    ) -> list[Json]:
        """Withdrawals in force of evidence within a person, or between two, for their undo."""
        theirs = ours if theirs is None else theirs
        held = [
            hand
            for hand in work.hands(ours)
            if hand.kind == "evidence"
            and ((hand.a in ours and hand.b in theirs) or (hand.b in ours and hand.a in theirs))
        ]
        names = self._cards.names({leaf for hand in held for leaf in (hand.a, hand.b)})
        first = work.source.first_events([hand.decision for hand in held], personal=True)
        return [
            {
                "a": names[hand.a],
                "b": names[hand.b],
                "decision": text_id(hand.decision),
                "actor": getattr(first[hand.decision].event, "actor", "") or None,
                "reason": typed(first[hand.decision].event),
                "recorded_at": time_text(first[hand.decision].recorded_at),
            }
            for hand in held
        ]

    def _shown(self, links: Iterable[Link], work: Work | None = None) -> list[Json]:
        """With the working set, where each rule's first lead came by, and when, is told, too."""
        links = list(links)
        names = self._cards.names({leaf for link in links for leaf in (link.a, link.b)})
        merges = [link.facts[0] for link in links if link.by != "rule"]
        said = self._base.recorder.first_events(merges, personal=True)
        return [
            {
                "a": names[link.a],
                "b": names[link.b],
                "rule": link.rule,
                "version": link.version,
                "evidence": [text_id(fact) for fact in link.facts] if link.by == "rule" else [],
                "by": link.by,
                **({} if link.by == "rule" else _merged(said[link.facts[0]])),
                **(_first(work, link) if work and link.by == "rule" else {}),
            }
            for link in links
        ]


def _merged(first: Recorded) -> Json:
    return {"decision": text_id(first.stream), "reason": typed(first.event)}


def _first(work: Work, link: Link) -> Json:
    lead = work.leads[link.facts[0]]
    at = time_text(lead.newest.occurred_at)
    return {"first": {"lead": text_id(lead.id), "channel": lead.newest.channel, "at": at}}
