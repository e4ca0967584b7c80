"""The outbox alone on a folder's stores, until nothing waits: for a test that kills it.

Called as: outbox_under_fault.py FOLDER URL
"""

import asyncio
import sys
from pathlib import Path

from channels.sdk.http_sending import HttpSending
from channels.sdk.sending import Message, Rates, Sent
from eventstore.customer_base import CustomerBase
from eventstore.domain.matching import Matching
from eventstore.domain.pipeline import SALES
from eventstore.keyring import Keyring
from eventstore.policy import Policy
from eventstore.recorders.sqlite import SQLiteCustomerRecorder
from eventstore.reply_commands import ReplyCommands
from ingest.outbox.role import Outbox
from ingest.outbox.sqlite_store import SQLiteOutbox


class PlainSender:
    """Posts each message to one address. Quick to import, as no provider's library is."""

    rates = Rates(account_per_s=1000, chat_per_s=1000, chat_burst=1000)

    def __init__(self, url: str) -> None:
        self._api = HttpSending("bot", url)

    def compose(self, lead, text, attachments=()):
        raise NotImplementedError

    async def send(self, message: Message) -> Sent:
        await self._api.post("send", {"key": message.key, "text": message.text})
        return Sent(id=message.key)

    async def close(self) -> None:
        await self._api.close()


def opened(folder: Path) -> CustomerBase:
    recorder = SQLiteCustomerRecorder(folder / "events.db")
    return CustomerBase(recorder, Keyring(b"k" * 32), Policy.of(Matching(), [SALES]))


async def main(folder: Path, url: str) -> None:
    base = opened(folder)
    senders = {"bot": PlainSender(url)}
    store = SQLiteOutbox(folder / "outbox.db")
    outbox = Outbox(base.recorder, ReplyCommands(base), store, senders)
    await outbox.settle()
    await outbox.close()
    store.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
