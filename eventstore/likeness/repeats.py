"""A person who says the same a thousand times is compared once."""

import numpy as np

from eventstore.likeness.columns import Codes, Table
from eventstore.likeness.hashing import mixed


def once_each(table: Table, persons: Codes) -> Codes:
    """The rows that say something, and of a person's rows that say the same the last."""
    first_name, *others = table.columns
    says = np.any([column.codes >= 0 for column in others], axis=0)
    rows = np.flatnonzero(says)[::-1]
    contents = persons[rows].astype(np.uint64)
    for column in (first_name, *others):
        contents = mixed(contents + column.codes[rows].astype(np.uint64))
    _, last = np.unique(contents, return_index=True)
    return np.sort(rows[last])
