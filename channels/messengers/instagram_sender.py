"""Sends direct messages of Instagram and Messenger (docs/providers.md, 6.3)."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from channels.messengers.meta_refusals import accepted_id
from channels.sdk.composing import check_files, check_text, value_of
from channels.sdk.errors import Undeliverable
from channels.sdk.http_sending import HttpSending
from channels.sdk.lead import Attachment, LeadContent
from channels.sdk.sending import Message, NotSent, Rates, Sent

_MOST_BYTES: Final = 1000
KINDS: Final = ("image", "video", "audio", "file")


class InstagramSender:
    """Implements `channels.sdk.sending.Sender` for one Instagram account or page."""

    rates: ClassVar[Rates] = Rates(account_per_s=10, account_burst=20, chat_per_s=1, chat_burst=3)

    def __init__(self, account: str, token: str, account_id: str, api_url: str) -> None:
        self._account = account
        self._account_id = account_id
        self._api = HttpSending(account, api_url, headers={"Authorization": f"Bearer {token}"})

    def compose(
        self, lead: LeadContent, text: str, attachments: Sequence[Attachment] = ()
    ) -> Message:
        check_files(attachments, KINDS)
        if text and attachments:
            raise Undeliverable(
                NotSent.BAD_ATTACHMENT, "Instagram sends text and file in two messages"
            )
        check_text(text, _MOST_BYTES, has_files=bool(attachments))
        if (size := len(text.encode())) > _MOST_BYTES:
            raise Undeliverable(
                NotSent.TOO_LONG,
                f"the text has {size} bytes and Instagram takes {_MOST_BYTES}, which is some"
                f" {_MOST_BYTES // 2} Russian letters; send it in several messages",
            )
        to = value_of(lead, "instagram", "messenger")
        return Message(to=to, text=text, attachments=tuple(attachments))

    async def send(self, message: Message) -> Sent:
        body = {"recipient": {"id": message.to}, "message": _content(message)}
        answer = await self._api.post(f"{self._account_id or 'me'}/messages", body)
        mid = accepted_id(self._account, answer, answer.body.get("message_id"))
        return Sent(id=mid, echo=f"{self._account_id}/{mid}" if self._account_id else "")

    async def close(self) -> None:
        await self._api.close()


def _content(message: Message) -> dict[str, Any]:
    if not message.attachments:
        return {"text": message.text}
    (file,) = message.attachments
    return {"attachment": {"type": file.kind, "payload": {"attachment_id": file.ref}}}
