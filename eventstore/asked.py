"""A command's id stands for what was asked with it, once and for ever (SEMANTICS 3.7).

The same again is the same effect and the same answer; anything else is refused. What was asked
is kept as a digest that only the key of identities gives, for it may name somebody.
"""

from typing import Any
from uuid import UUID

import msgspec

from eventstore.domain.events import Id
from eventstore.keyring import derived
from eventstore.orders import CommandReused
from eventstore.work import Work

Asked = tuple[Any, ...]
"""What a command does, and to what: plain values, the same for the same command."""


def asked_before(work: Work, command: Id, asked: Asked) -> bool:
    """Whether the command was carried out before; notes it for the next time where it was not.

    Raises CommandReused where something else was asked with this id.
    """
    key = derived(b"command/" + command)
    digest = work.keyring.leaf("command", msgspec.json.encode(asked).decode())
    known = work.keyed(key)
    if not known:
        work.changes.keys[key] = digest
    elif known != digest:
        raise CommandReused(
            f"the command id {UUID(bytes=command)} was used for another command before;"
            " give each command an id of its own"
        )
    return bool(known)
