"""What goes outside: messages to people, and the topic of events."""

import asyncio
from collections import Counter, defaultdict
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from chaos.stage import Stage, wait_for
from servers.provider import Asked, Provider, Says

from channels.sdk.sending import Message
from eventstore.orders import order
from eventstore.reply_commands import ReplyCommands
from ingest.log.kafka_topic import KafkaTopic
from ingest.outbox.events_topic import beside, prepare_events
from ingest.outbox.published import position_of


class Letters:
    """Messages that an operator writes to chats that wrote to the bot, and what the bot sent."""

    def __init__(self, stage: Stage, provider: Provider) -> None:
        self._stage = stage
        self._provider = provider
        self._commands = ReplyCommands(stage.system.base)
        self._chats: dict[str, str] = {}
        """Chat → a lead of it."""
        for post in stage.given:
            if post.fate == "lead" and post.path == "/in/bot":
                self._chats.setdefault(post.chat, post.lead)
        self._written: dict[str, list[tuple[bytes, str]]] = defaultdict(list)
        """Chat → replies with their texts, in the order in which they were written."""
        self._seen = 0

    @staticmethod
    def answer(asked: Asked) -> Says:
        """As the Bot API takes a message."""
        chat = int(asked.fields["chat_id"])
        number = Letters._number = getattr(Letters, "_number", 10**6) + 1
        taken = {"message_id": number, "date": 1735689700, "chat": {"id": chat, "type": "private"}}
        return Says({"ok": True, "result": taken})

    def write(self, *, chats: int = 6, each: int = 2) -> None:
        self._written.clear()
        self._seen = len(self._provider.asked)
        for chat in self._stage.rng.sample(sorted(self._chats), chats):
            for number in range(each):
                by, text = order("anna"), f"{chat}: {number} after {self._seen}"
                lead, message = UUID(self._chats[chat]).bytes, Message(to=chat, text=text)
                self._commands.write(lead, message, by, channel="telegram", account="bot")
                self._written[chat].append((by.command, text))

    def all_sent(self) -> None:
        """I9: nothing waits."""
        replies = [reply for written in self._written.values() for reply, _ in written]

        def states() -> Counter[str]:
            return Counter(self._commands.find(reply).state for reply in replies)

        wait_for(lambda: states().keys() == {"sent"}, "I9: messages wait")

    def each_once_but_under_way(self) -> None:
        """I1, I3 and I6: each was sent, in order; twice what was under way at the kill at most.

        That is one message of a chat, for chats are sent to side by side; and it says so.
        """
        texts = [asked.fields["text"] for asked in self._provider.asked[self._seen :]]
        times = Counter(texts)
        written = {text: reply for w in self._written.values() for reply, text in w}
        assert times.keys() == written.keys(), "I1, I2: other messages were sent than written"
        for mine in self._written.values():
            firsts = [text for text in dict.fromkeys(texts) if text in dict(map(reversed, mine))]
            assert firsts == [text for _, text in mine], "I6: messages out of order"
        twice = {text for text, count in times.items() if count > 1}
        told = {text for text, reply in written.items() if self._commands.find(reply).repeated}
        assert twice <= told, f"I3: sent twice and not told: {twice - told}"
        of_chats = Counter(text.partition(":")[0] for text in told)
        assert max(of_chats.values(), default=0) <= 1, f"I3: more than was under way: {told}"
        assert max(times.values()) <= 2, f"I3: {times}"


def published_once(stage: Stage) -> None:
    """I3, I5: who reads what is committed on the topic of events sees each event once, in order."""
    found = asyncio.run(_published(beside(stage.topic)))
    last = stage.system.base.recorder.last_position()
    flat = sorted(position for positions in found for position in positions)
    assert flat == list(range(1, last + 1)), "I3: the topic of events has other positions"
    assert all(positions == sorted(positions) for positions in found), "I6: events out of order"


async def _published(topic: KafkaTopic) -> list[list[int]]:
    every = [TopicPartition(topic.name, n) for n in range(await prepare_events(topic))]
    consumer = AIOKafkaConsumer(
        bootstrap_servers=list(topic.servers),
        isolation_level="read_committed",
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        consumer.assign(every)
        ends = await consumer.end_offsets(every)
        found: dict[TopicPartition, list[int]] = {tp: [] for tp in every}
        for tp in every:
            while await consumer.position(tp) < ends[tp]:
                for of, records in (await consumer.getmany(timeout_ms=200)).items():
                    found[of] += [p for r in records if (p := position_of(r.headers)) is not None]
        return list(found.values())
    finally:
        await consumer.stop()
