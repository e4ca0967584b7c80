"""Sends in Avito's messenger (docs/providers.md, 6.5).

A token lives for a day and is asked for with the account's client id and secret. Only chats that
Avito told us of can be written to: a chat belongs to an advertisement.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

from channels.sdk.composing import check_files, check_text
from channels.sdk.errors import RetryLater, StopAdapter, Undeliverable
from channels.sdk.http_sending import Answer, HttpSending
from channels.sdk.lead import Attachment, LeadContent
from channels.sdk.read import as_int, as_text
from channels.sdk.sending import Message, NotSent, Rates, Sent

_LONGEST_TEXT: Final = 1000
_EARLY_S: Final = 300.0
"""A token is renewed before it ends."""
_USUAL_LIFE_S: Final = 3600
_REASONS: Final = {
    400: NotSent.REFUSED,
    402: NotSent.NOT_ALLOWED,
    403: NotSent.NOT_ALLOWED,
    404: NotSent.BAD_RECIPIENT,
}


class AvitoSender:
    """Implements `channels.sdk.sending.Sender` for one account."""

    rates: ClassVar[Rates] = Rates(account_per_s=5, account_burst=10, chat_per_s=1, chat_burst=2)

    def __init__(
        self,
        account: str,
        user_id: str,
        client: tuple[str, str],
        api_url: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`client` is id and secret."""
        self._account = account
        self._user_id = user_id
        self._client_id, self._client_secret = client
        self._api = HttpSending(account, api_url)
        self._clock = clock
        self._token = ""
        self._ends = 0.0
        self._asking = asyncio.Lock()

    def compose(
        self, lead: LeadContent, text: str, attachments: Sequence[Attachment] = ()
    ) -> Message:
        check_files(attachments, ("image",))
        if text and attachments:
            raise Undeliverable(
                NotSent.BAD_ATTACHMENT, "Avito sends text and picture in two messages"
            )
        check_text(text, _LONGEST_TEXT, has_files=bool(attachments))
        if lead.channel != "avito" or lead.account != self._account or not lead.thread:
            raise Undeliverable(
                NotSent.NO_ADDRESS, "only a chat of this Avito account can be answered"
            )
        return Message(to=lead.thread, text=text, attachments=tuple(attachments))

    async def send(self, message: Message) -> Sent:
        path = f"messenger/v1/accounts/{self._user_id}/chats/{message.to}/messages"
        body: dict[str, Any] = {"type": "text", "message": {"text": message.text}}
        for file in message.attachments:
            path, body = f"{path}/image", {"image_id": file.ref}
        answer = await self._posted(path, body)
        if answer.status >= 300:
            reason = _REASONS.get(answer.status, NotSent.REFUSED)
            raise Undeliverable(reason, f"Avito answered {answer.status}")
        number = as_text(answer.body.get("id"))
        if not number:
            raise RetryLater("Avito's answer cannot be read", unsure=True)
        return Sent(id=number, echo=f"{self._user_id}/{message.to}/{number}")

    async def close(self) -> None:
        await self._api.close()

    async def _posted(self, path: str, body: dict[str, Any]) -> Answer:
        """With a token; with a new one where Avito does not take the old any more."""
        token = await self._fresh()
        try:
            return await self._api.post(path, body, headers=_bearer(token))
        except StopAdapter:
            self._ends = 0.0
            return await self._api.post(path, body, headers=_bearer(await self._fresh()))

    async def _fresh(self) -> str:
        async with self._asking:
            if self._clock() >= self._ends:
                await self._ask()
            return self._token

    async def _ask(self) -> None:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._client_secret,
        }
        answer = await self._api.post("token", form=form)
        token = as_text(answer.body.get("access_token"))
        if not token:
            raise StopAdapter(
                f"{self._account}: Avito does not take client_id and client_secret; see the"
                " account's settings for developers"
            )
        self._token = token
        life_s = as_int(answer.body.get("expires_in")) or _USUAL_LIFE_S
        self._ends = self._clock() + max(life_s - _EARLY_S, _EARLY_S)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
