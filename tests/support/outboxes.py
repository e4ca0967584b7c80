"""An outbox on a virtual clock, with a provider that does as it is told."""

import time
from dataclasses import dataclass, field
from uuid import UUID

import msgspec
from support.worlds import Fed, base, lead

from channels.sdk.sending import Message, Rates, Sent
from eventstore.orders import order
from eventstore.queries import Cards
from eventstore.reply_commands import ReplyCommands
from eventstore.touches import bytes_of
from ingest.outbox.role import Outbox
from ingest.outbox.sqlite_store import SQLiteOutbox

FAST = Rates(account_per_s=1000, account_burst=1000, chat_per_s=1000, chat_burst=1000)


class Clock:
    """Moves only when it is told to; begins now, as the event store's does."""

    def __init__(self):
        self.ms = time.time_ns() // 1_000_000

    def __call__(self):
        return self.ms

    def advance(self, seconds):
        self.ms += round(seconds * 1000)


@dataclass
class MadeUpSender:
    """Takes everything, but first raises or gives what `script` has."""

    clock: Clock
    rates: Rates = FAST
    script: list = field(default_factory=list)
    tried: list = field(default_factory=list)
    """(time, key, to, text) of each try."""

    def compose(self, lead, text, attachments=()):
        del attachments
        return Message(to=lead.thread, text=text)

    async def send(self, message):
        self.tried.append((self.clock.ms, message.key, message.to, message.text))
        act = self.script.pop(0) if self.script else None
        if isinstance(act, Exception):
            raise act
        return act or Sent(id=f"sent-{message.key}")

    async def close(self):
        pass

    @property
    def texts(self):
        return [text for _, _, _, text in self.tried]

    @property
    def times(self):
        return [at for at, _, _, _ in self.tried]


class World:
    """A customer base, its outbox, and accounts `bot` and `mail` to send by."""

    def __init__(self, folder, **rates):
        self.folder = folder
        self.clock = Clock()
        self.fed = Fed(base(folder / "events.db"))
        self.replies = ReplyCommands(self.fed.base)
        self.senders = {
            name: MadeUpSender(self.clock, rates.get(name, FAST)) for name in ("bot", "mail")
        }
        self.leads = 0
        self.store = None
        self.open()

    @property
    def bot(self):
        return self.senders["bot"]

    def open(self):
        """Start the outbox, or start it again."""
        if self.store:
            self.store.close()
        self.store = SQLiteOutbox(self.folder / "outbox.db")
        self.outbox = Outbox(
            self.fed.base.recorder, self.replies, self.store, self.senders, clock=self.clock
        )

    def close(self):
        self.store.close()
        self.fed.base.recorder.close()

    def customer(self, number):
        """A message of this customer, who is to be answered."""
        self.leads += 1
        event = lead(self.leads, ("telegram", str(number), "attested"), thread=str(number))
        event = msgspec.structs.replace(event, channel="telegram", account="bot")
        self.fed.feed(event)
        return event

    def write(self, event, text, *, account="bot"):
        by = order("anna")
        message = Message(to=event.thread, text=text)
        lead_id = bytes_of(event.lead_id)
        self.replies.write(lead_id, message, by, channel="telegram", account=account)
        return by.command

    def state(self, reply):
        return self.replies.find(reply).state

    def entry(self, number, reply):
        timeline = Cards(self.fed.base).show(f"telegram:{number}")["timeline"]
        return next(e for e in timeline if e.get("reply") == str(UUID(bytes=reply)))
