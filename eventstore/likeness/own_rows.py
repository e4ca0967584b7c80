"""What persons' own rows say of a column: how often one person says the same there twice.

Fellegi and Sunter's m, counted on persons whose leads were joined by their identities. It tells a
birthday from the number of a submission, which no name of a field does.
"""

from collections.abc import Mapping

import numpy as np

from eventstore.likeness.columns import Codes, Column, Table

_ENOUGH = 20
"""Persons with two leads that say something there; fewer tell nothing."""
_MOST = 10_000
"""Persons that are asked."""


def own_agreement(table: Table, persons: Codes, leads: Codes) -> Mapping[str, float]:
    """Field → the share of persons whose two leads agree in it, where enough have two.

    Each person counts once, by two leads that follow one another in the rows; several rows of one
    lead are one lead.
    """
    order = np.argsort(persons, kind="stable")
    counted = ((column.name, _counted(column, order, persons, leads)) for column in table.fields)
    return {name: (same + 1) / (asked + 2) for name, (same, asked) in counted if asked >= _ENOUGH}


def _counted(column: Column, order: Codes, persons: Codes, leads: Codes) -> tuple[int, int]:
    """How many persons agree with themselves, of how many."""
    rows = order[column.codes[order] >= 0]
    one, other = rows[:-1], rows[1:]
    own = np.flatnonzero((persons[one] == persons[other]) & (leads[one] != leads[other]))
    _, first = np.unique(persons[one[own]], return_index=True)
    own = own[first[:_MOST]]
    return int(np.count_nonzero(column.codes[one[own]] == column.codes[other[own]])), len(own)
