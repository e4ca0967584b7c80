"""Sends as a bot (docs/providers.md, section 1).

The Bot API has no idempotency key: a message whose answer was lost is sent twice at worst, which
the outbox marks. What a bot says in a business chat is sent back to us as `business_message`.
"""

import asyncio
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, Final

from channels.sdk.composing import check_files, check_text, value_of
from channels.sdk.lead import Attachment, LeadContent
from channels.sdk.sending import Message, Rates, Sent

if TYPE_CHECKING:
    from channels.telegram.bot import TelegramBot

CONNECTION: Final = "business_connection_id"
KINDS: Final = ("photo", "document", "voice", "audio", "video", "animation")
"""Files that can be sent by their handle."""
_LONGEST_TEXT = 4096
_LONGEST_CAPTION = 1024


class TelegramSender:
    """Implements `channels.sdk.sending.Sender` for one bot."""

    rates: ClassVar[Rates] = Rates(account_per_s=30, account_burst=30, chat_per_s=1, chat_burst=3)

    def __init__(self, account: str, token: str, api_url: str) -> None:
        self._account = account
        self._token = token
        self._api_url = api_url
        self._bot: TelegramBot | None = None
        self._opening = asyncio.Lock()

    def compose(
        self, lead: LeadContent, text: str, attachments: Sequence[Attachment] = ()
    ) -> Message:
        files = bool(attachments)
        check_files(attachments, KINDS)
        check_text(text, _LONGEST_CAPTION if files else _LONGEST_TEXT, has_files=files)
        ours = lead.channel == "telegram" and lead.account == self._account
        connection = lead.fields.get(CONNECTION, "") if ours else ""
        return Message(
            to=(lead.thread if ours else "") or value_of(lead, "telegram"),
            text=text,
            attachments=tuple(attachments),
            fields={CONNECTION: connection} if connection else {},
        )

    async def send(self, message: Message) -> Sent:
        bot = await self._opened()
        place = f"{message.to}/{await bot.send(message)}"
        connection = message.fields.get(CONNECTION, "")
        return Sent(id=place, echo=f"{connection}/{place}" if connection else place)

    async def close(self) -> None:
        if self._bot is not None:
            await self._bot.close()
            self._bot = None

    async def _opened(self) -> "TelegramBot":
        """The library is imported with the first message, beside the loop: it takes seconds."""
        async with self._opening:
            if self._bot is None:
                module = await asyncio.to_thread(import_module, "channels.telegram.bot")
                self._bot = module.TelegramBot(self._account, self._token, self._api_url)
            return self._bot
