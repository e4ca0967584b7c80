"""The figures for people: what they mean stands in docs/identity-quality.md."""

from collections.abc import Iterator, Mapping

from rich.console import RenderableType
from rich.table import Table

from leadlog.quality.beside import AIM, Compared
from leadlog.quality.febrl import Linked
from leadlog.quality.measures import Measures
from leadlog.quality.russian import Found

_COLUMNS = ("precision", "recall", "F1", "B³ F1", "apart", "persons", "over", "shared", "split")
WIDTH = 104
"""Columns that the widest table wants."""


def russian(found: Found) -> Iterator[RenderableType]:
    """Tables of the Russian data set."""
    yield f"{found.leads} leads of {found.people} people and some bots, seed {found.seed}"
    table = Table("setting", *_COLUMNS, box=None)
    table.add_row("default", *_row(found.measures))
    for name, measures in found.others.items():
        table.add_row(name, *_row(measures))
    yield table
    yield _counts("persons with two true people, by cause", found.causes.over_by_cause)
    yield _counts("the same, by rule", found.causes.over_by_rule)
    yield _counts("pieces of people, by cause", found.causes.under_by_cause)
    yield _suggested(found)
    if found.broken:
        yield (
            f"BROKEN: {len(found.broken)} leads are joined with others only through an identity"
            f" that is marked, listed or over the limit; the first: {found.broken[0]}"
        )
    else:
        yield "nobody is joined through an identity that is marked, listed or over the limit"
    if not found.as_partition:
        yield "BROKEN: the event store and the partition of the same facts differ"


def _suggested(found: Found) -> Table:
    one = found.suggested
    took = f"suggested by likeness ({one.seconds:.1f} s for all leads)"
    table = Table(took, "count", "right", box=None)
    for step, (count, right) in one.by_probability.items():
        table.add_row(f"from {step} on", str(count), str(right))
    table.add_row("all", str(one.told), str(one.right))
    return table


def febrl(found: Compared) -> Iterator[RenderableType]:
    """The table of FEBRL3."""
    yield f"FEBRL3: {found.records} records, without their id number; medians of the rounds"
    table = Table("", "precision", "recall", "F1", "seconds", "CPU s", "records/s", box=None)
    table.add_row("leadlog's suggestions", *_linked(found.ours))
    table.add_row("the same, asked of the store", *_linked(found.stored))
    table.add_row("Splink, at its best threshold", *_linked(found.splink))
    yield table
    ratios = ", ".join(f"{ratio:.1f}" for ratio in found.ratios)
    yield (
        f"{found.ratio:.1f} times Splink's rate ({ratios}), by CPU {found.cpu_ratio:.1f} times;"
        f" of Splink's time {found.predicting:.2f} s are prediction, the rest is training"
    )
    aim = f"F1 at Splink's or better, at {AIM} times its rate"
    yield f"{'met' if found.met else 'NOT met'}: {aim}"


def _linked(one: Linked) -> list[str]:
    shares = (one.precision, one.recall, one.f1)
    rest = [f"{one.seconds:.2f}", f"{one.cpu:.2f}", f"{one.per_second:.0f}"]
    return [*(f"{share:.4f}" for share in shares), *rest]


def _row(measures: Measures) -> list[str]:
    one = measures
    shares = (one.precision, one.recall, one.f1, one.b3_f1, one.apart)
    counts = (one.persons, one.over, one.over_on_shared, one.split)
    return [*(f"{share:.3f}" for share in shares), *map(str, counts)]


def _counts(title: str, counts: Mapping[str, int]) -> Table:
    table = Table(title, "count", box=None)
    for name, count in counts.items():
        table.add_row(name, str(count))
    return table
