"""Why two leaf cards are one person, or why they are not (SEMANTICS 2.4.12)."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from eventstore.apart import kept_apart
from eventstore.awaiting import told_pending
from eventstore.chains import Link, apart_without, chain
from eventstore.domain.events import CardsMerged, Id
from eventstore.judging import judged
from eventstore.queries import Cards
from eventstore.regroup import by_hand
from eventstore.rows import Card, Hand, Pairing
from eventstore.told import text_id, time_text
from eventstore.work import Work

Json = dict[str, Any]

_ALL = 2**31


class Explainer:
    """Explains the persons as they stand. Reads only."""

    def __init__(self, cards: Cards) -> None:
        self._cards = cards
        self._base = cards.base

    def person(self, leaf: Id, *, brief: bool = False) -> Json:
        """All links that make the leaf card's person; `brief`: of their evidence the first."""
        work = self._base.work()
        members = work.members({work.known_card(leaf).person})
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
        first = work.source.first_events([hand.decision for hand in held], personal=False)
        return [
            {
                "a": names[hand.a],
                "b": names[hand.b],
                "decision": text_id(hand.decision),
                "actor": getattr(first[hand.decision].event, "actor", "") or None,
                "recorded_at": time_text(first[hand.decision].recorded_at),
            }
            for hand in held
        ]

    def _shown(self, links: Iterable[Link], work: Work | None = None) -> list[Json]:
        """With the working set, where each rule's first lead came by, and when, is told, too."""
        links = list(links)
        names = self._cards.names({leaf for link in links for leaf in (link.a, link.b)})
        return [
            {
                "a": names[link.a],
                "b": names[link.b],
                "rule": link.rule,
                "version": link.version,
                "evidence": [text_id(fact) for fact in link.facts] if link.by == "rule" else [],
                "by": link.by,
                **({} if link.by == "rule" else {"decision": text_id(link.facts[0])}),
                **(_first(work, link) if work and link.by == "rule" else {}),
            }
            for link in links
        ]


def _first(work: Work, link: Link) -> Json:
    lead = work.leads[link.facts[0]]
    at = time_text(lead.newest.occurred_at)
    return {"first": {"lead": text_id(lead.id), "channel": lead.newest.channel, "at": at}}


def standing_links(work: Work, members: dict[Id, Card], *, brief: bool = False) -> list[Link]:
    """Every link in force between leaf cards of one person: by rules, then by hand."""
    unshared = {leaf for leaf, card in members.items() if not card.shared}
    first = {
        key: pair.key[1]
        for key, pair in work.pairs_of(unshared).items()
        if pair.key and key[0] in unshared and key[1] in unshared
    }
    hands = work.hands(members)
    merges, _ = by_hand(hands)
    evidence = set(first.values()) if brief else _together(work, first)
    return _judged_links(work, first, evidence) + [
        _merge_link(work, merge, hands)
        for merge in merges
        if merge.a in members and merge.b in members
    ]


def links_of(work: Work, keys: Collection[Pairing]) -> list[Link]:
    """The automatic links on these pairs, with all evidence that is not withdrawn."""
    return _judged_links(work, keys, _together(work, keys))


def _together(work: Work, keys: Iterable[Pairing]) -> set[Id]:
    """The leads that brought both identities of one of these pairs."""
    ever = (-1, b"")
    return {lead for a, b in keys
            for _, lead in work.source.together(a, b, after=ever, most=_ALL)}  # fmt: skip


def _judged_links(work: Work, keys: Collection[Pairing], together: Collection[Id]) -> list[Link]:
    """The same, of these leads only."""
    work.load_leads(together)
    withdrawn = work.withdrawn({leaf for key in keys for leaf in key})
    evidence: dict[Pairing, list[tuple[int, Id, str, int]]] = defaultdict(list)
    wanted = set(keys)
    for lead in together:
        state = work.leads[lead]
        for one in judged(work, state):
            held = not one.links or (*one.pair, lead) in withdrawn
            if not held and one.pair in wanted:
                entry = (state.newest.occurred_at, lead, one.rule, one.version)
                evidence[one.pair].append(entry)
    links = []
    for (a, b), entries in sorted(evidence.items()):
        entries.sort()
        _, _, rule, version = entries[0]
        links.append(Link(a, b, rule, version, "rule", tuple(lead for _, lead, _, _ in entries)))
    return links


def _merge_link(work: Work, merge: Hand, hands: Iterable[Hand]) -> Link:
    """The link by hand, with every merge on these two cards that would stand without the first."""
    actor = ""
    for events in work.source.streams([merge.decision], personal=False).values():
        if isinstance(events[0].event, CardsMerged):
            actor = events[0].event.actor
    pair = {merge.a, merge.b}
    again = (
        hand.decision
        for hand in hands
        if hand.kind == "merge" and {hand.a, hand.b} == pair and hand.order >= merge.order
    )
    return Link(merge.a, merge.b, "merge", 0, actor or "hand", tuple(again))
