"""The exchange's poller over ARI: a websocket, on which events come as they happen.

Like AMI it repeats nothing. With `subscribeAll` the events of every channel come, and no dialplan
has to send calls into our application.
"""

from collections.abc import AsyncGenerator, Callable
from typing import Final

import aiohttp

from channels.sdk.delivery import PollItem
from channels.sdk.errors import RetryLater, StopAdapter, Unreadable
from channels.sdk.http_api import told
from channels.sdk.poller import Batch
from channels.sdk.read import as_dict, as_text, read_json
from channels.sdk.times import Timestamp
from channels.telephony import asterisk_ari as ari

_CONNECT_S: Final = 15.0
_HEARTBEAT_S: Final = 20.0
_LARGEST: Final = 1024 * 1024


class AriPoller:
    """Implements `channels.sdk.poller.Poller` for one exchange."""

    def __init__(
        self, *, url: str, user: str, password: str, app: str, clock: Callable[[], Timestamp]
    ) -> None:
        self._url = f"{url.rstrip('/')}/ari/events"
        self._headers = {"Authorization": aiohttp.encode_basic_auth(user, password, "utf-8")}
        self._asked = {"app": app, "subscribeAll": "true"}
        self._clock = clock

    async def batches(self, cursor: str) -> AsyncGenerator[Batch, None]:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, headers=self._headers) as session,
                session.ws_connect(
                    self._url,
                    params=self._asked,
                    heartbeat=_HEARTBEAT_S,
                    max_msg_size=_LARGEST,
                ) as socket,
            ):
                yield Batch((), cursor)
                while True:
                    yield Batch(await self._heard(socket), cursor)
        except aiohttp.WSServerHandshakeError as error:
            raise _refusal(error.status) from error
        except (aiohttp.InvalidURL, ValueError) as error:
            raise StopAdapter("ari_url is no address such as http://127.0.0.1:8088") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise RetryLater(f"the exchange is away: {told(error)}", after_s=1.0) from error

    async def _heard(self, socket: aiohttp.ClientWebSocketResponse) -> tuple[PollItem, ...]:
        """The next event; nothing where it tells of nobody, or after a quiet while."""
        try:
            message = await socket.receive(timeout=_HEARTBEAT_S)
        except TimeoutError:
            if socket.closed:
                raise RetryLater("the exchange does not answer any more", after_s=1.0) from None
            return ()
        if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            raise RetryLater("the exchange ended the connection", after_s=1.0)
        data = message.data
        body = data.encode("utf-8", "replace") if isinstance(data, str) else bytes(data)
        return (self._item(body),) if _tells(body) else ()

    def _item(self, body: bytes) -> PollItem:
        return PollItem(item=body, body=body, received_at=self._clock())


def _tells(body: bytes) -> bool:
    """Whether an event may tell of a call. What cannot be read is for the parser to judge."""
    try:
        return as_text(as_dict(read_json(body)).get("type")) not in ari.SERVICE
    except Unreadable:
        return True


def _refusal(status: int) -> Exception:
    if status in (401, 403):
        return StopAdapter(
            "the exchange refuses ari_user and ari_password; see ari.conf, and start again"
        )
    if status == 404:
        return StopAdapter(
            "there is no ARI at ari_url: load res_ari, set `enabled = yes` in ari.conf and"
            " http.conf, and start again"
        )
    return RetryLater(f"the exchange answers HTTP {status}", after_s=5.0)
