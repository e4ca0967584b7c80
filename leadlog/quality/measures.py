"""How near the persons found are to the true ones: over pairs of leads, and over leads."""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping
from typing import NamedTuple


class Measures(NamedTuple):
    """1 is perfect. Precision: of what was put together, what belongs together; recall: of what
    belongs together, what was put together; F1: their harmonic mean."""

    precision: float
    recall: float
    f1: float
    b3_precision: float
    """B-cubed: the same from the view of each lead, in the mean; big persons weigh no more."""
    b3_recall: float
    b3_f1: float
    apart: float
    """Precision where leads on the card of a shared identity count as put together with none."""
    persons: int
    """Persons found."""
    over: int
    """Of them those with leads of two or more true people, or of somebody and a bot."""
    over_on_shared: int
    """Of these the cards of shared identities, which nobody takes for one person."""
    split: int
    """True people whose leads lie in two or more persons."""


def measure(
    found: Mapping[str, Hashable],
    truth: Mapping[str, int],
    *,
    on_shared: Collection[str] = frozenset(),
) -> Measures:
    """Both by lead id, of the same leads; numbers below 0 are bots, whose pairs are not counted.

    `on_shared`: the leads that stand on the card of a shared identity.
    """
    if found.keys() != truth.keys():
        raise ValueError("persons and truth are not of the same leads")
    wrong = Counter(person for person, _ in {(found[lead], truth[lead]) for lead in truth})
    over = {person for person, count in wrong.items() if count > 1}
    people = {lead: who for lead, who in truth.items() if who >= 0}
    both = Counter((found[lead], who) for lead, who in people.items())
    by_person, by_truth = Counter(found[lead] for lead in people), Counter(people.values())
    together = _pairs(both.values())
    precision, recall = (
        _share(together, _pairs(by_person.values())),
        _share(together, _pairs(by_truth.values())),
    )
    count = len(people)
    b3_precision = _share(sum(n * n / by_person[p] for (p, _), n in both.items()), count)
    b3_recall = _share(sum(n * n / by_truth[t] for (_, t), n in both.items()), count)
    return Measures(
        precision=precision,
        recall=recall,
        f1=f1(precision, recall),
        b3_precision=b3_precision,
        b3_recall=b3_recall,
        b3_f1=f1(b3_precision, b3_recall),
        apart=_precision(
            {lead: who for lead, who in people.items() if lead not in on_shared}, found
        ),
        persons=len(wrong),
        over=len(over),
        over_on_shared=len(over & {found[lead] for lead in on_shared}),
        split=sum(n > 1 for n in Counter(true for _, true in both).values()),
    )


def _precision(people: Mapping[str, int], found: Mapping[str, Hashable]) -> float:
    both = Counter((found[lead], who) for lead, who in people.items())
    return _share(_pairs(both.values()), _pairs(Counter(found[lead] for lead in people).values()))


def f1(precision: float, recall: float) -> float:
    """The harmonic mean; 0 where both are."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _pairs(counts: Iterable[int]) -> int:
    return sum(n * (n - 1) // 2 for n in counts)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 1.0
