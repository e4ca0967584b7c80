"""Sends as a community, through vk_api (docs/providers.md, section 2).

`random_id` comes of the message's key: VK takes a repeat for what it is and answers with the first
message's number. vk_api is synchronous, holds a lock while it asks, and is told here to leave
waiting, captchas and repeats to the outbox.
"""

import asyncio
import contextlib
import hashlib
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from channels.sdk.composing import check_files, check_text, value_of
from channels.sdk.errors import RetryLater
from channels.sdk.lead import Attachment, LeadContent
from channels.sdk.read import as_dict, as_int, as_list, as_text
from channels.sdk.sending import Message, Rates, Sent
from channels.vk.draft import place
from channels.vk.refusals import refusal

if TYPE_CHECKING:
    from channels.vk.session import Session

KINDS: Final = ("photo", "video", "audio", "doc", "wall", "market", "poll", "audio_message")
_LONGEST_TEXT = 4096
_MOST_FILES = 10


class VkSender:
    """Implements `channels.sdk.sending.Sender` for one community."""

    rates: ClassVar[Rates] = Rates(account_per_s=20, account_burst=10, chat_per_s=1, chat_burst=3)

    def __init__(self, account: str, token: str, api_url: str) -> None:
        self._account = account
        self._token = token
        self._api_url = api_url
        self._session: Session | None = None
        self._opening = threading.Lock()

    def compose(
        self, lead: LeadContent, text: str, attachments: Sequence[Attachment] = ()
    ) -> Message:
        check_files(attachments, KINDS, most=_MOST_FILES)
        check_text(text, _LONGEST_TEXT, has_files=bool(attachments))
        ours = lead.channel == "vk" and lead.account == self._account
        peer = lead.thread if ours and as_int(lead.thread) is not None else ""  # no comment's
        return Message(to=peer or value_of(lead, "vk"), text=text, attachments=tuple(attachments))

    async def send(self, message: Message) -> Sent:
        """`messages.send`, in a thread."""
        given = {
            "peer_ids": message.to,
            "random_id": random_id(message.key),
            "message": message.text,
            "attachment": ",".join(file.ref for file in message.attachments),
        }
        answer = await _in_thread(lambda: self._asked(given))
        first = as_dict(next(iter(as_list(answer)), None))
        if error := as_dict(first.get("error")):
            raise refusal(self._account, as_int(error.get("code")) or 0)
        number = as_int(first.get("conversation_message_id"))
        message_id = as_int(first.get("message_id"))
        if not (number or message_id):
            raise RetryLater("VK's answer cannot be read", unsure=True)
        peer = as_text(first.get("peer_id")) or message.to
        key = place(peer, number) if number else place(peer, "id", message_id)
        return Sent(id=key, echo=key)

    async def close(self) -> None:
        """vk_api's connections end with their session; a call that hangs ends by its deadline."""
        self._session = None

    def _asked(self, given: dict[str, Any]) -> Any:
        return self._opened().call("messages.send", given)

    def _opened(self) -> "Session":
        """One for all messages, though each is sent in a thread of its own."""
        from channels.vk import session

        with self._opening:
            if self._session is None:
                self._session = session.Session(self._account, self._token, self._api_url)
            return self._session


def random_id(key: str) -> int:
    """The same 31 bits for the same key, never 0, which VK takes for none."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) % (2**31 - 1) + 1


async def _in_thread(work: Callable[[], Any]) -> Any:
    """In a daemon thread: whoever stops must not wait for what a provider does not answer."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def finish(settle: Callable[[Any], None], value: Any) -> None:
        if not done.done():
            settle(value)

    def run() -> None:
        try:
            found = work()
        except BaseException as error:  # noqa: BLE001 - handed on to who waits for it
            outcome: tuple[Callable[[Any], None], Any] = (done.set_exception, error)
        else:
            outcome = (done.set_result, found)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(finish, *outcome)

    threading.Thread(target=run, name="vk-send", daemon=True).start()
    return await done
