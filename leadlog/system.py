"""The stores of one configuration, opened once: what roles and operations work on."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from eventstore.adoption import adopt
from eventstore.card_commands import CardCommands
from eventstore.customer_base import CustomerBase
from eventstore.deal_commands import DealCommands
from eventstore.deal_joins import DealJoins
from eventstore.explain import Explainer
from eventstore.fingerprint import WrongKey, check_key
from eventstore.following import Follower
from eventstore.keyring import Keyring
from eventstore.lease import Lease
from eventstore.lookalikes_kept import Kept, LookalikesOf, similar_persons
from eventstore.past_card import PastCards
from eventstore.policy import Policy
from eventstore.queries import Cards
from eventstore.recorders.port import CustomerRecorder
from eventstore.recorders.sqlite import SQLiteCustomerRecorder
from eventstore.reply_commands import ReplyCommands
from eventstore.returned import Returns
from eventstore.routing_adoption import adopt_routing
from eventstore.versions import VersionChanged, effective_policy
from ingest.outbox.role import Outbox
from ingest.outbox.sqlite_store import SQLiteOutbox
from ingest.outbox.store import OutboxStore
from ingest.pollers.state import AccountState
from ingest.processor.batch import BatchHandler
from ingest.processor.following import FollowerLoop
from ingest.processor.loop import ProcessorLoop
from leadlog.lead_log import ClosableReader, EmbeddedLog, KafkaLog, LeadLog
from leadlog.senders import Outlet, outlets_of
from leadlog.settings import ConfigurationError, Settings

if TYPE_CHECKING:  # the engine of analytics takes a quarter of a second to import
    from ingest.outbox.publisher import EventPublisher
    from ingest.processor.faust_app import FaustProcessor
    from leadlog.inbox import Inbox
    from projections.clickhouse.client import ClickHouse
    from projections.facts.table import FactTable
    from projections.reports import Reports
    from projections.runner import Projector

_KAFKA_IDLE_S = 0.1


@dataclass
class System:
    """Opened lazily: a command that only reads cards never starts the analytics engine."""

    settings: Settings
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when this process is about to end: whoever waits for something gives up."""
    polled: Mapping[str, AccountState] = field(default_factory=dict)
    """How the accounts stand that this process fetches, by name."""
    unattended: bool = False
    """No role runs in this process: what its embedded stores wait for nobody else does."""

    @cached_property
    def keyring(self) -> Keyring:
        if digits := self.settings.keys.identity:
            return Keyring(bytes.fromhex(digits))
        return Keyring.open(self.settings.data / "identity.key")

    @cached_property
    def lead_log(self) -> LeadLog:
        stores = self.settings.stores
        if stores.log.startswith("sqlite:"):
            return EmbeddedLog(self.settings.path(stores.log))
        from ingest.log.kafka_topic import KafkaTopic

        spool = self.settings.path(stores.spool) if stores.spool else None
        return KafkaLog(KafkaTopic.of(stores.log, self.settings.kafka.access), self.keyring, spool)

    @cached_property
    def base(self) -> CustomerBase:
        """Opened, and made where it is missing; raises OperationalError while it is away."""
        recorder = self._open_recorder()
        settings = self.settings
        policy = Policy.of(
            settings.matching_rules, settings.sales_pipelines, settings.routing_rules
        )
        try:
            check_key(recorder, self.keyring)
            policy = effective_policy(recorder, self.keyring, policy)
            base = CustomerBase(recorder, self.keyring, policy)
            adopt(base)
            adopt_routing(base)
        except (VersionChanged, WrongKey) as error:
            recorder.close()
            raise ConfigurationError([str(error)]) from error
        except BaseException:
            recorder.close()
            raise
        return base

    @cached_property
    def cards(self) -> Cards:
        return Cards(self.base, countries=self.settings.countries)

    @cached_property
    def past_cards(self) -> PastCards:
        return PastCards(self.base)

    @cached_property
    def lookalikes(self) -> LookalikesOf:
        recorder = self.base.recorder
        return Kept(similar_persons(recorder), recorder.last_position)

    @cached_property
    def card_commands(self) -> CardCommands:
        return CardCommands(self.base)

    @cached_property
    def outlets(self) -> dict[str, Outlet]:
        return outlets_of(self.settings)

    @cached_property
    def outbox_store(self) -> OutboxStore:
        """Beside the events, which it follows."""
        if self.settings.stores.events.startswith("postgresql://"):
            from ingest.outbox.postgres_store import PostgresOutbox

            return PostgresOutbox(self.settings.stores.events)
        return SQLiteOutbox(self.settings.data / "outbox.db")

    @cached_property
    def outbox(self) -> Outbox:
        senders = {account: outlet.sender for account, outlet in self.outlets.items()}
        replies = ReplyCommands(self.base)
        return Outbox(self.base.recorder, replies, self.outbox_store, senders)

    @cached_property
    def explainer(self) -> Explainer:
        return Explainer(self.cards)

    @cached_property
    def deals(self) -> DealCommands:
        return DealCommands(self.base)

    @cached_property
    def deal_joins(self) -> DealJoins:
        return DealJoins(self.base)

    @cached_property
    def returns(self) -> Returns:
        return Returns(self.base)

    @cached_property
    def log(self) -> ClosableReader:
        return self.lead_log.new_reader(self.stopping)

    @cached_property
    def processor(self) -> "ProcessorLoop | FaustProcessor":
        if isinstance(self.lead_log, KafkaLog) and self.settings.processor.runner == "faust":
            from ingest.processor.faust_app import FaustProcessor

            handler, positions = BatchHandler(self.base), self.base.recorder
            folder = self.settings.data
            return FaustProcessor(self.lead_log.topic, handler, positions, folder=folder)
        return self._processor_loop

    @cached_property
    def _processor_loop(self) -> ProcessorLoop:
        handler = BatchHandler(self.base)
        if isinstance(self.lead_log, EmbeddedLog):
            return ProcessorLoop(self.log, handler, self.base.recorder)
        return ProcessorLoop(self.log, handler, self.base.recorder, idle=_KAFKA_IDLE_S)

    @cached_property
    def following(self) -> FollowerLoop:
        """Beside the processor, whatever goes on in pieces."""
        return FollowerLoop(Follower(self.base), self._lease_of("pieces"))

    @cached_property
    def analytics(self) -> "ClickHouse":
        from projections.clickhouse.client import ClickHouse

        url = self.settings.stores.analytics
        if url.startswith("chdb:///"):
            url = f"chdb://{self.settings.path(url)}"
        return ClickHouse(url)

    @cached_property
    def _facts(self) -> "FactTable":
        """To be looked at while another process projects, which may have made no table yet."""
        from projections.facts.table import FactTable

        table = FactTable(self.analytics)
        table.prepare()
        return table

    @cached_property
    def projector(self) -> "Projector":
        from projections.facts.table import FactTable
        from projections.runner import Projector

        return Projector(
            self.base.recorder, FactTable(self.analytics), lease=self._lease("analytics")
        )

    @cached_property
    def reports(self) -> "Reports":
        from projections.reports import Reports, by_looking, by_projector

        embedded = "analytics" in self.settings.stores.embedded
        wait = by_projector(self.projector) if embedded else by_looking(self._facts)
        return Reports(self.analytics, latest=self.base.recorder.last_position, wait=wait)

    @cached_property
    def inbox(self) -> "Inbox":
        from leadlog.inbox import Inbox

        return Inbox.open(self.settings, self.base, self.cards, lease=self._lease("inbox"))

    def _lease(self, store: str) -> Lease | None:
        """The right to project into a store that several processes reach; None for an embedded."""
        if store in self.settings.stores.embedded:
            return None
        place = urlsplit(getattr(self.settings.stores, store))
        return self._lease_of(f"{store} {place.hostname}:{place.port}{place.path}")

    def _lease_of(self, name: str) -> Lease | None:
        """None where one process alone has the events."""
        events = self.settings.stores.events
        if not events.startswith("postgresql:"):
            return None
        from eventstore.recorders.postgres_lease import PostgresLease

        return PostgresLease(events, name)

    def projected_position(self) -> int:
        """The last position that analytics have, whoever projects."""
        if "analytics" in self.settings.stores.embedded:
            return self.projector.position
        return self._facts.last_position()

    @cached_property
    def publisher(self) -> "EventPublisher":
        """Who publishes domain events, where the lead log is on Kafka."""
        from ingest.outbox.events_topic import beside
        from ingest.outbox.publisher import EventPublisher

        if not isinstance(self.lead_log, KafkaLog):
            raise TypeError("domain events are published on Kafka only")
        topic = beside(self.lead_log.topic)
        lease = self._lease_of(f"publisher {topic.name}")
        return EventPublisher(self.base.recorder, topic, lease=lease)

    def drain(self) -> None:
        """Process everything that is on the log, and what goes on in pieces, in this thread."""
        self._processor_loop.drain()
        Follower(self.base).drain()

    def pending(self) -> int:
        """Touches, items of evidence and cards that decisions are still to be carried out for."""
        return Follower(self.base).left()

    def carry_out_pieces(self) -> None:
        """In this thread what nobody else can: a server's processor does it by itself."""
        if "events" in self.settings.stores.embedded:
            Follower(self.base).drain()

    def catch_up(self) -> None:
        """Process and project in this thread what nobody else can: from or into embedded stores."""
        if "log" in self.settings.stores.embedded:
            self.drain()
        if {"events", "analytics"} & set(self.settings.stores.embedded):
            self.projector.project_available()

    def close(self) -> None:
        opened: dict[str, Any] = self.__dict__
        for name in ("analytics", "inbox", "outbox_store", "log"):
            if name in opened:
                opened[name].close()
        if "base" in opened:
            self.base.recorder.close()

    def _open_recorder(self) -> CustomerRecorder:
        url = self.settings.stores.events
        if url.startswith("sqlite:"):
            return SQLiteCustomerRecorder(self.settings.path(url))
        from eventstore.recorders.postgres import PostgresCustomerRecorder
        from eventstore.recorders.postgres_connection import StoreUnfit

        try:
            return PostgresCustomerRecorder(url)
        except StoreUnfit as error:
            raise ConfigurationError([f"stores.events: {error}"]) from error
