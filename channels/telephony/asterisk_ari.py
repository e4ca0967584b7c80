"""ARI: JSON events of channels (docs/providers.md, 5.8). Pure, never raises."""

from typing import Any

from channels.sdk.lead import Call
from channels.sdk.read import as_dict
from channels.sdk.times import Timestamp
from channels.telephony.asterisk_calls import Parties
from channels.telephony.values import plain

EVENTS = {
    *("StasisStart", "ChannelCreated", "ChannelStateChange", "ChannelDestroyed"),
    *("ChannelEnteredBridge", "Dial"),
}
FIRST = {"StasisStart", "ChannelCreated"}
SERVICE = {
    *(
        "StasisEnd",
        "ChannelVarset",
        "ChannelDialplan",
        "ChannelHangupRequest",
        "ChannelDtmfReceived",
    ),
    *("ChannelLeftBridge", "ChannelCallerId", "ChannelConnectedLine", "ChannelUserevent"),
    *(
        "BridgeCreated",
        "BridgeDestroyed",
        "RecordingStarted",
        "RecordingFailed",
        "EndpointStateChange",
    ),
    *("PlaybackStarted", "PlaybackFinished", "DeviceStateChanged", "PeerStatusChange"),
    *("ChannelTalkingStarted", "ChannelTalkingFinished", "ChannelHold", "ChannelUnhold"),
    *("ApplicationReplaced", "ApplicationRegistered", "ContactStatusChange", "ChannelToneDetected"),
}


def channel_of(event: dict[str, Any]) -> dict[str, Any]:
    """The channel that an event is about; of a dial the one that dials."""
    return as_dict(event.get("channel")) or as_dict(event.get("caller"))


def parties_of(event: dict[str, Any]) -> Parties:
    channel = channel_of(event)
    dialplan, caller = as_dict(channel.get("dialplan")), as_dict(channel.get("caller"))
    peer = as_dict(as_dict(event.get("peer")).get("caller"))
    return Parties(
        context=plain(dialplan.get("context")),
        caller=plain(caller.get("number")),
        dialled=plain(dialplan.get("exten")),
        connected=plain(as_dict(channel.get("connected")).get("number"))
        or plain(peer.get("number")),
        name=plain(caller.get("name")),
    )


def call_of(event: dict[str, Any], at: Timestamp | None) -> Call:
    """The call's state as one event tells it, without its parties."""
    channel = channel_of(event)
    known = Call(id=plain(channel.get("id")))
    up = plain(channel.get("state")).lower() == "up"
    kind = plain(event.get("type"))
    if kind == "ChannelDestroyed":
        return Call(id=known.id, state="ended" if up else "missed", ended_at=at)
    if kind == "Dial":
        answered = plain(event.get("dialstatus")).upper() == "ANSWER"
    else:
        answered = kind == "ChannelEnteredBridge" or (kind == "ChannelStateChange" and up)
    if answered:
        return Call(id=known.id, state="answered", answered_at=at)
    ended_leg = kind == "Dial" and plain(event.get("dialstatus")).upper() not in _GOES_ON
    return known if ended_leg else Call(id=known.id, state="ringing")


_GOES_ON = {"", "PROGRESS", "PROCEEDING", "RINGING"}
"""Words of a dial that has not come to its end."""


def recorded_channel(event: dict[str, Any]) -> str:
    """The channel whose recording is finished; nothing for a bridge's."""
    recording = as_dict(event.get("recording"))
    kind, _, channel = plain(recording.get("target_uri")).partition(":")
    return channel if kind == "channel" else ""
