"""The Bot API as it sends, through aiogram, which takes more than a second to import."""

import asyncio
from collections.abc import Callable
from typing import Any

from aiogram import Bot, exceptions, methods
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.utils.token import TokenValidationError
from aiohttp import ClientConnectorError

from channels.sdk.errors import (
    AdapterError,
    RateLimited,
    RetryLater,
    StopAdapter,
    Undeliverable,
)
from channels.sdk.read import as_dict, as_int
from channels.sdk.sending import Message, NotSent
from channels.telegram.sender import CONNECTION

_DEADLINE_S = 30.0

_METHODS: dict[str, type[methods.TelegramMethod[Any]]] = {
    "photo": methods.SendPhoto,
    "document": methods.SendDocument,
    "voice": methods.SendVoice,
    "audio": methods.SendAudio,
    "video": methods.SendVideo,
    "animation": methods.SendAnimation,
}
"""What sends a file, by `Attachment.kind`; each has a parameter of that name."""

_REASONS = (
    ("chat not found", NotSent.BAD_RECIPIENT),
    ("user not found", NotSent.BAD_RECIPIENT),
    ("peer_id_invalid", NotSent.BAD_RECIPIENT),
    ("user is deactivated", NotSent.BAD_RECIPIENT),
    ("too long", NotSent.TOO_LONG),
    ("is empty", NotSent.EMPTY),
    ("wrong file", NotSent.BAD_ATTACHMENT),
    ("file_id", NotSent.BAD_ATTACHMENT),
    ("wrong remote file", NotSent.BAD_ATTACHMENT),
    ("business", NotSent.NOT_ALLOWED),
    ("not enough rights", NotSent.NOT_ALLOWED),
    ("blocked", NotSent.BLOCKED),
)
"""What its descriptions contain, in lower case → why it was not sent; the first that fits."""


class TelegramBot:
    """One bot; see `channels.sdk.sending.Sender` for what `send` raises."""

    def __init__(self, account: str, token: str, api_url: str) -> None:
        self._account = account
        self._token = token
        self._server = TelegramAPIServer.from_base(api_url)
        self._bot: Bot | None = None

    async def send(self, message: Message) -> int:
        """`sendMessage`, or what sends the message's one file; the number of what was sent."""
        method = _method_of(message)
        try:
            async with asyncio.timeout(_DEADLINE_S * 2):
                taken = await self._opened()(method, request_timeout=int(_DEADLINE_S))
            return int(taken.message_id)
        except TimeoutError:
            raise RetryLater("Telegram gave no answer in time", unsure=True) from None
        except exceptions.ClientDecodeError as error:
            return _number_in(error.data)
        except exceptions.AiogramError as error:
            raise self._told(error) from None

    async def close(self) -> None:
        if self._bot is not None:
            await self._bot.session.close()
            self._bot = None

    def _opened(self) -> Bot:
        if self._bot is None:
            session = AiohttpSession(api=self._server, timeout=_DEADLINE_S)
            try:
                self._bot = Bot(self._token, session=session)
            except TokenValidationError:
                raise self._wrong_token() from None
        return self._bot

    def _wrong_token(self) -> StopAdapter:
        return StopAdapter(
            f"{self._account}: this is no token of a bot; set the one that @BotFather shows"
        )

    def _told(self, error: exceptions.AiogramError) -> AdapterError:
        """Telegram's descriptions name no secret; errors of the network may, and are not quoted."""
        match error:
            case exceptions.TelegramRetryAfter():
                return RateLimited("Telegram asks for fewer calls", after_s=error.retry_after)
            case exceptions.TelegramUnauthorizedError() | exceptions.TelegramNotFound():
                return self._wrong_token()
            case exceptions.TelegramNetworkError():
                reached = not isinstance(error.__cause__, ClientConnectorError)
                return RetryLater("Telegram is away, or gave no answer", unsure=reached)
            case exceptions.TelegramAPIError() if reason := _reason(error):
                return Undeliverable(reason, f"Telegram: {error.message[:200]}")
            case _:
                return RetryLater(f"Telegram failed: {type(error).__name__}", unsure=True)


def _method_of(message: Message) -> methods.TelegramMethod[Any]:
    common: dict[str, Any] = {"chat_id": message.to}
    if connection := message.fields.get(CONNECTION):
        common[CONNECTION] = connection
    if not message.attachments:
        return methods.SendMessage(text=message.text, **common)
    (file,) = message.attachments
    make: Callable[..., methods.TelegramMethod[Any]] = _METHODS[file.kind]
    return make(caption=message.text or None, **{file.kind: file.ref}, **common)


def _number_in(answer: Any) -> int:
    """Of an answer that aiogram's models refuse: what was sent stays sent."""
    number = as_int(as_dict(as_dict(answer).get("result")).get("message_id"))
    if number is None:
        raise RetryLater("Telegram's answer cannot be read", unsure=True)
    return number


def _reason(error: exceptions.TelegramAPIError) -> NotSent | None:
    """Why the message is refused for good; None where it may go later."""
    match error:
        case exceptions.TelegramForbiddenError():
            return NotSent.BLOCKED
        case exceptions.TelegramMigrateToChat():
            return NotSent.BAD_RECIPIENT
        case exceptions.TelegramBadRequest():
            lower = error.message.lower()
            return next((reason for part, reason in _REASONS if part in lower), NotSent.REFUSED)
    return None
