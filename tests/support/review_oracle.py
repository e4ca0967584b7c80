"""The review queue but for likeness, by looking at every pair there is (SEMANTICS 2.3.7 to 9)."""

from collections import defaultdict

from eventstore.likeness.alike_names import names_alike
from eventstore.likeness.marks import marks_differ
from eventstore.likeness.names import parts
from eventstore.queries import Cards
from eventstore.regroup import by_hand

BASE = {"rule": 0.5, "device": 0.4, "stopped": 0.3}


def scanned_queue(base) -> dict[frozenset[bytes], tuple[str, float]]:
    """Two persons, or an identity over its limit → why it is in the queue, and its score."""
    work, pairs = base.work(), {}
    for leaf in every_leaf(base.recorder):
        pairs |= base.recorder.pairs_of([leaf])
    work.load_cards({leaf for key in pairs for leaf in key})
    names = {card["id"]: card["name"] for card in Cards(base).all()}
    queue = {frozenset([leaf]): ("limit", 0.9) for leaf in over_limit(work, pairs)}
    for two, (why, a, b) in found_in(work, pairs).items():
        if not (is_reviewed(work, a, b) if why == "stopped" else is_vetoed(work, two)):
            queue[two] = (why, score(why, [names[text(person)] for person in two]))
    return queue


def both_ways(work, pairs):
    """(leaf card, its row, the other's row, the pair) from either side."""
    for (a, b), pair in pairs.items():
        ours, theirs = work.known_card(a), work.known_card(b)
        yield a, ours, theirs, pair
        yield b, theirs, ours, pair


def over_limit(work, pairs) -> set[bytes]:
    return {
        leaf
        for leaf, card, other, pair in both_ways(work, pairs)
        if is_over_limit(work, card) and pair.key
        if not other.shared and other.person != card.person
    }


def found_in(work, pairs):
    """Two persons → why they may be one, and the two leaf cards."""
    found: dict[frozenset[bytes], tuple[str, bytes, bytes]] = {}
    for (a, b), pair in sorted(pairs.items()):
        ours, theirs = work.known_card(a), work.known_card(b)
        two = frozenset((ours.person, theirs.person))
        apart = len(two) == 2 and not (ours.shared or theirs.shared)
        if apart and "visitor" not in (ours.kind, theirs.kind) and (pair.key or pair.suggested):
            found.setdefault(two, ("stopped" if pair.key else "rule", a, b))
    met = defaultdict(set)
    for leaf, card, other, _ in both_ways(work, pairs):
        if card.kind == "visitor" and other.kind != "visitor" and not other.shared:
            met[leaf].add(other.person)
    for persons in met.values():
        if len(persons) == 2:
            found.setdefault(frozenset(persons), ("device", *sorted(persons)))
    return found


def every_leaf(recorder):
    after = b""
    while page := recorder.leaves(after, 100):
        after = page[-1]
        yield from page


def text(person: bytes) -> str:
    flat = person.hex()
    return "-".join((flat[:8], flat[8:12], flat[12:16], flat[16:20], flat[20:]))


def score(why: str, names: list[str]) -> float:
    alike = 0 if marks_differ(*names) else names_alike(*map(parts, names))
    return round(BASE[why] + (0.5 * alike if alike >= 0.85 else 0), 3)


def is_over_limit(work, card) -> bool:
    limit = work.policy.matching.limit(card.kind)
    most = max(card.degrees.values(), default=0)
    return card.shared and card.mark is None and not card.listed and most > limit


def is_reviewed(work, a: bytes, b: bytes) -> bool:
    vetoes = [h for h in work.hands([a]) if h.kind == "veto" and {h.a, h.b} == {a, b}]
    streams = work.source.streams([veto.decision for veto in vetoes], personal=False)
    return any(events[0].event.reviewed for events in streams.values())


def is_vetoed(work, two: frozenset[bytes]) -> bool:
    one, other = (work.members({person}) for person in two)
    _, vetoes = by_hand(work.hands({**one, **other}))
    return any((v.a in one and v.b in other) or (v.b in one and v.a in other) for v in vetoes)
