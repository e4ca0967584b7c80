"""That an event store is only ever opened with the key of identities it was written with.

With another key every returning customer would look new, and nothing would say so. The first to
open a store leaves a mark that only the same key gives, beside a name that can be taken once.
"""

from typing import Final

from eventsourcing.persistence import IntegrityError

from eventstore.domain.events import Id
from eventstore.keyring import Keyring, derived
from eventstore.recorders.port import CustomerRecorder
from eventstore.rows import Changes

_TAKEN: Final[Id] = derived(b"keyring")


class WrongKey(ValueError):
    """The store was written with another key of identities; the text says what to do."""


def check_key(recorder: CustomerRecorder, keyring: Keyring) -> None:
    """Call before anything is read by identity. Raises WrongKey, and what the recorder raises."""
    mark = keyring.leaf("keyring", "fingerprint")
    found = recorder.seen([_TAKEN, mark])
    if not found:
        try:
            recorder.save(Changes(keys={_TAKEN: _TAKEN, mark: mark}))
        except IntegrityError:  # somebody else was first: with the same key?
            found = recorder.seen([_TAKEN, mark])
        else:
            return
    if mark not in found:
        raise WrongKey(
            "the event store was written with another key of identities: restore identity.key,"
            " or give every process the same keys.identity"
        )
