"""All that rows are compared in, each with its weights: made once of a table."""

from collections.abc import Mapping
from typing import NamedTuple

from eventstore.likeness.columns import Table
from eventstore.likeness.name_bits import Names
from eventstore.likeness.traits import Answer, Mailbox, Phone, Trait

_NOTHING_SHOWN: Mapping[str, float] = {}


class Weights(NamedTuple):
    """What pairs of rows are asked for."""

    names: Names
    answers: list[Answer]
    phone: Phone | None
    mailbox: Mailbox | None

    @property
    def contacts(self) -> list[Trait]:
        return [contact for contact in (self.phone, self.mailbox) if contact]

    @property
    def traits(self) -> list[Trait]:
        """All but names."""
        return [*self.answers, *self.contacts]


def weights_of(table: Table, own: Mapping[str, float] = _NOTHING_SHOWN) -> Weights:
    """The weights of these rows; `own` has the fields whose worth the store shows."""
    return Weights(
        Names(table.names, table.mark),
        [Answer(column, own.get(column.name)) for column in table.fields],
        Phone(table.phone) if table.phone.said else None,
        Mailbox(table.mailbox, table.host) if table.mailbox.said else None,
    )
