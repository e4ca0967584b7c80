"""Recorded deliveries: what came once, and what must come of it.

They lie beside the adapter's module in the folder that `Adapter.recordings` names, one JSON file
each, `<type>_<kind>.json`:

    {"account": {"type": "acme", "name": "shop", "secret": "…"},
     "request": {"method": "POST", "url": "/in/shop", "headers": {…}, "body": "…",
                 "received_at": "2026-02-01T10:00:00Z"},
     "expect": {"outcome": "accepted", "leads": [{"kind": "message", "text": "…"}]}}

`account` and `request` are those of `leadlog channels try` and `expect` is as much of its answer
as matters; `outcome` must be there. `"keyed_by": "content"` says that the provider gives this
delivery no id of its own.
"""

import sys
from pathlib import Path
from typing import Any, Literal

import msgspec

from channels.sdk.adapter import Adapter, WebhookAdapter
from channels.sdk.delivery import Delivery, PollItem
from channels.sdk.recorded import BadCall, delivery_of, item_of

OUTCOMES = ("accepted", "ignored", "quarantined", "rejected", "handshake")


class BadRecording(ValueError):
    """A recording cannot be played; the text names the file and what to do."""


class Recording(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One recorded delivery."""

    name: str = ""
    """The file's name without its ending."""
    account: dict[str, Any]
    request: dict[str, Any]
    expect: dict[str, Any] = {}
    keyed_by: Literal["id", "content"] = "id"
    about: str = ""
    """What is remarkable about it."""

    @property
    def kind(self) -> str:
        """What the file's name says after the type."""
        return self.name.removeprefix(str(self.account.get("type"))).removeprefix("_")

    def source(self, adapter: type[Adapter[Any]]) -> Delivery | PollItem:
        """The delivery, as the gateway or a poller would hand it on."""
        polled = "item" in self.request or not issubclass(adapter, WebhookAdapter)
        return item_of(self.request) if polled else delivery_of(self.request)


def home(adapter: type[Adapter[Any]]) -> Path:
    """The folder of an adapter's module: its recordings, manifest and page lie there."""
    file = sys.modules[adapter.__module__].__file__
    if file is None:
        raise BadRecording(f"{adapter.__module__} has no file: there is no place for recordings")
    return Path(file).parent


def read_recordings(adapter: type[Adapter[Any]]) -> tuple[Recording, ...]:
    """The recordings of an adapter's type, by name; BadRecording where one cannot be read."""
    files = sorted((home(adapter) / adapter.recordings).glob("*.json"))
    read = (_read(file) for file in files if _may_be_of(file, adapter.account_type))
    return tuple(one for one in read if one.account.get("type") == adapter.account_type)


def _may_be_of(file: Path, account_type: str) -> bool:
    return file.stem == account_type or file.stem.startswith(f"{account_type}_")


def _read(file: Path) -> Recording:
    try:
        read = msgspec.json.decode(file.read_bytes(), type=Recording)
        _playable(read)
    except (msgspec.MsgspecError, BadCall) as error:
        raise BadRecording(f"{file}: {error}") from error
    return msgspec.structs.replace(read, name=file.stem)


def _playable(recording: Recording) -> None:
    if "type" not in recording.account:
        raise BadCall("account.type is missing: which adapter is it for?")
    if recording.expect.get("outcome") not in OUTCOMES:
        raise BadCall(f"expect.outcome must say what comes of it: {', '.join(OUTCOMES)}")
    delivery_of(recording.request) if "item" not in recording.request else item_of(
        recording.request
    )
