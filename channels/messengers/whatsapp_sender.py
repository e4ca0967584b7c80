"""Sends by the WhatsApp Cloud API (docs/providers.md, 6.2).

Outside of the 24 hours after the person's last message Meta takes nothing but templates: such a
message fails as `window_closed`, at once or in a status that comes later.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from channels.messengers.meta_refusals import accepted_id
from channels.sdk.composing import check_files, check_text, value_of
from channels.sdk.errors import Undeliverable
from channels.sdk.http_sending import HttpSending
from channels.sdk.lead import Attachment, LeadContent
from channels.sdk.read import as_dict, as_list
from channels.sdk.sending import Message, NotSent, Rates, Sent

_LONGEST_TEXT: Final = 4096
_LONGEST_CAPTION: Final = 1024
KINDS: Final = ("image", "document", "video", "audio", "voice", "sticker")
_WITHOUT_CAPTION: Final = ("audio", "voice", "sticker")


class WhatsAppSender:
    """Implements `channels.sdk.sending.Sender` for one number."""

    rates: ClassVar[Rates] = Rates(account_per_s=80, account_burst=80, chat_per_s=1, chat_burst=5)

    def __init__(self, account: str, token: str, number_id: str, api_url: str) -> None:
        self._account = account
        self._number_id = number_id
        self._api = HttpSending(account, api_url, headers={"Authorization": f"Bearer {token}"})

    def compose(
        self, lead: LeadContent, text: str, attachments: Sequence[Attachment] = ()
    ) -> Message:
        check_files(attachments, KINDS)
        check_text(
            text, _LONGEST_CAPTION if attachments else _LONGEST_TEXT, has_files=bool(attachments)
        )
        if text and any(file.kind in _WITHOUT_CAPTION for file in attachments):
            raise Undeliverable(
                NotSent.BAD_ATTACHMENT, "WhatsApp sends no text with sound or a sticker"
            )
        ours = lead.channel == "whatsapp" and lead.account == self._account
        to = (lead.thread if ours else "") or value_of(lead, "whatsapp", "phone")
        return Message(to=to.removeprefix("+"), text=text, attachments=tuple(attachments))

    async def send(self, message: Message) -> Sent:
        """`biz_opaque_callback_data` carries our key into Meta's statuses and their support."""
        body = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": message.to,
            "biz_opaque_callback_data": message.key,
            **_content(message),
        }
        answer = await self._api.post(f"{self._number_id}/messages", body)
        first = as_dict(next(iter(as_list(answer.body.get("messages"))), None))
        wamid = accepted_id(self._account, answer, first.get("id"))
        return Sent(id=wamid, echo=f"{self._number_id}/{wamid}")

    async def close(self) -> None:
        await self._api.close()


def _content(message: Message) -> dict[str, Any]:
    if not message.attachments:
        return {"type": "text", "text": {"body": message.text, "preview_url": False}}
    (file,) = message.attachments
    kind = "audio" if file.kind == "voice" else file.kind
    caption = {"caption": message.text} if message.text else {}
    return {"type": kind, kind: {"id": file.ref, **caption}}
