"""Sends as a MAX bot (docs/providers.md, 6.6)."""

from collections.abc import Sequence
from typing import ClassVar, Final

from channels.sdk.composing import check_files, check_text, value_of
from channels.sdk.errors import AdapterError, RetryLater, StopAdapter, Undeliverable
from channels.sdk.http_sending import Answer, HttpSending
from channels.sdk.lead import Attachment, LeadContent
from channels.sdk.read import as_dict, as_text
from channels.sdk.sending import Message, NotSent, Rates, Sent

_LONGEST_TEXT: Final = 4000
_MOST_FILES: Final = 12
KINDS: Final = ("image", "video", "audio", "file")
_CHAT = "chat"
_REASONS: Final = (
    ("chat.denied", NotSent.BLOCKED),
    ("dialog.suspended", NotSent.BLOCKED),
    ("blocked", NotSent.BLOCKED),
    ("not.found", NotSent.BAD_RECIPIENT),
    ("attachment", NotSent.BAD_ATTACHMENT),
    ("access.denied", NotSent.NOT_ALLOWED),
    ("text.too.long", NotSent.TOO_LONG),
)
"""What MAX's codes contain → why it was not sent; the first that fits."""


class MaxSender:
    """Implements `channels.sdk.sending.Sender` for one bot."""

    rates: ClassVar[Rates] = Rates(account_per_s=30, account_burst=30, chat_per_s=2, chat_burst=3)

    def __init__(self, account: str, token: str, api_url: str, *, ca_file: str = "") -> None:
        self._account = account
        headers = {"Authorization": token}
        self._api = HttpSending(account, api_url, headers=headers, ca_file=ca_file)

    def compose(
        self, lead: LeadContent, text: str, attachments: Sequence[Attachment] = ()
    ) -> Message:
        """A dialogue by its chat; without one, by the user."""
        check_files(attachments, KINDS, most=_MOST_FILES)
        check_text(text, _LONGEST_TEXT, has_files=bool(attachments))
        ours = lead.channel == "max" and lead.account == self._account
        user = value_of(lead, "max")
        chat = lead.thread if ours and lead.thread != user else ""
        return Message(
            to=chat or user,
            text=text,
            attachments=tuple(attachments),
            fields={_CHAT: "yes"} if chat else {},
        )

    async def send(self, message: Message) -> Sent:
        files = [{"type": f.kind, "payload": {"token": f.ref}} for f in message.attachments]
        body = {"text": message.text, "attachments": files or None}
        to = "chat_id" if message.fields.get(_CHAT) else "user_id"
        answer = await self._api.post("messages", body, params={to: message.to})
        if answer.status >= 300:
            raise _refusal(self._account, answer)
        taken = as_dict(as_dict(answer.body.get("message")).get("body"))
        mid = as_text(taken.get("mid"))
        if not mid:
            raise RetryLater("MAX's answer cannot be read", unsure=True)
        return Sent(id=mid, echo=mid)

    async def close(self) -> None:
        await self._api.close()


def _refusal(account: str, answer: Answer) -> AdapterError:
    code = as_text(answer.body.get("code"))
    if code == "attachment.not.ready":
        return RetryLater("MAX is still taking the file in", after_s=3.0)
    if code == "verify.token":
        return StopAdapter(f"{account}: MAX does not know the bot_token; set the bot's new one")
    reason = next((reason for part, reason in _REASONS if part in code), NotSent.REFUSED)
    return Undeliverable(reason, f"MAX answered {answer.status}")
