"""Leads through the real path: records of the log → batch handler → event store → persons."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from channels.sdk.lead import LeadEvent
from eventstore.card_commands import CardCommands
from eventstore.customer_base import CustomerBase
from eventstore.domain.events import Id
from eventstore.domain.matching import Matching
from eventstore.domain.pipeline import SALES
from eventstore.keyring import Keyring
from eventstore.orders import order
from eventstore.policy import Policy
from eventstore.recorders.sqlite import SQLiteCustomerRecorder
from eventstore.touches import bytes_of
from ingest.log.port import Logged
from ingest.log.records import lead_record
from ingest.log.sqlite import PARTITION
from ingest.processor.batch import BatchHandler
from leadlog.quality.people import Cause
from leadlog.quality.visits import DataSet

KEYRING = Keyring(b"q" * 32)
"""Any would do: the store is thrown away."""
_BATCH = 500
_MARKED_EACH = 5
"""Of so many switchboards somebody marks one by hand, when half of the leads are in."""

Progress = Callable[[str, int, int], None]
"""(what, done, of): called between batches."""


class Stored(NamedTuple):
    """What the event store made of the leads."""

    base: CustomerBase
    person_of: dict[str, Id]
    """Lead id → its person."""
    leaf_of: dict[str, Id]
    """Lead id → the leaf card where it stands."""
    shared: frozenset[Id]
    """Leaf cards of identities that count as shared."""
    marks: Mapping[Id, bool]
    """What was marked by hand on the way."""

    @property
    def on_shared(self) -> frozenset[str]:
        """Leads that stand on the card of a shared identity."""
        return frozenset(lead for lead, leaf in self.leaf_of.items() if leaf in self.shared)


@contextmanager
def processed(
    data: DataSet, progress: Progress, *, matching: Matching | None = None
) -> Iterator[Stored]:
    """Feed the leads in their order, mark some switchboards half-way, and read the persons."""
    with TemporaryDirectory(prefix="leadlog-quality-") as folder:
        base = open_base(Path(folder) / "events.db", matching or Matching())
        try:
            marks = _feed(base, data, progress)
            yield read(base, data.leads, marks)
        finally:
            base.recorder.close()


def open_base(path: Path, matching: Matching) -> CustomerBase:
    """An event store with these rules, as `leadlog up` opens it."""
    policy = Policy.of(matching, [SALES])
    return CustomerBase(SQLiteCustomerRecorder(path), KEYRING, policy)


def _feed(base: CustomerBase, data: DataSet, progress: Progress) -> dict[Id, bool]:
    handler = BatchHandler(base)
    total = len(data.leads)
    marks: dict[Id, bool] = {}
    for start in range(0, total, _BATCH):
        if not marks and start >= total // 2:
            marks = _mark(base, data)
        handler.handle(logged(data.leads[start : start + _BATCH], start))
        progress("leads decided about", min(start + _BATCH, total), total)
    return marks


def logged(leads: Sequence[LeadEvent], first: int) -> list[Logged]:
    """Records of the log, as the intake appends them."""
    return [
        Logged(PARTITION, first + number, record.type, record.value)
        for number, lead in enumerate(leads)
        for record in (lead_record(lead),)
    ]


def _mark(base: CustomerBase, data: DataSet) -> dict[Id, bool]:
    """An operator who knows some switchboards says so (here alone a truth reaches the store)."""
    offices = sorted(
        value
        for (kind, value), cause in data.truth.causes.items()
        if cause is Cause.OFFICE and kind == "phone"
    )
    leaves = [KEYRING.leaf("phone", value) for value in offices[::_MARKED_EACH]]
    known = base.recorder.cards(leaves)
    commands = CardCommands(base)
    for leaf in sorted(known):
        commands.mark(leaf, shared=True, by=order("operator"), reason="switchboard")
    return dict.fromkeys(sorted(known), True)


def read(base: CustomerBase, leads: Sequence[LeadEvent], marks: Mapping[Id, bool]) -> Stored:
    """Where each lead stands, and whose that leaf card is."""
    leaf_of: dict[str, Id] = {}
    for start in range(0, len(leads), _BATCH):
        ids = {bytes_of(lead.lead_id): lead.lead_id for lead in leads[start : start + _BATCH]}
        work = base.work()
        work.load_leads(ids)
        leaf_of |= {text: work.leads[name].leaf for name, text in ids.items()}
    every = set(leaf_of.values())
    every |= {KEYRING.leaf(i.kind, i.value) for lead in leads for i in lead.identities}
    cards = {leaf: card for leaf, (_, card) in base.recorder.cards(every).items()}
    return Stored(
        base,
        person_of={lead: cards[leaf].person for lead, leaf in leaf_of.items()},
        leaf_of=leaf_of,
        shared=frozenset(leaf for leaf, card in cards.items() if card.shared),
        marks=marks,
    )
