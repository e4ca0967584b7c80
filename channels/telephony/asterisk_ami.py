"""AMI: records of `Key: Value` lines, a blank line after each (docs/providers.md, 5.8)."""

from collections.abc import Iterator
from dataclasses import dataclass

from channels.sdk.lead import Call, CallState
from channels.sdk.times import Timestamp
from channels.telephony.asterisk_calls import Parties, extension_of
from channels.telephony.values import seconds, wall_clock

_STATES: dict[str, CallState] = {
    "newchannel": "ringing",
    "dialbegin": "ringing",
    "bridgeenter": "answered",
}
EVENTS = {*_STATES, "dialend", "hangup", "cdr"}
SERVICE = {
    *("fullybooted", "newexten", "varset", "newstate", "newcallerid", "newconnectedline", "cel"),
    *("newaccountcode", "bridgecreate", "bridgedestroy", "bridgeleave", "hanguprequest"),
    *("softhanguprequest", "rtcpsent", "rtcpreceived", "peerstatus", "contactstatus"),
    *("devicestatechange", "extensionstatus", "registry", "musiconholdstart", "musiconholdstop"),
    *("shutdown", "reload", "localbridge", "dialstate", "successfulauth", "challengesent"),
}
"""Events that tell nothing of a customer, in lower case."""


@dataclass(frozen=True, slots=True)
class Record:
    """One AMI record: its fields, and its text as it came."""

    fields: dict[str, str]
    """Names in lower case: `Uniqueid` is `UniqueID` in a Cdr. Of a repeated name the first."""
    text: str

    def get(self, name: str) -> str:
        return self.fields.get(name, "")

    @property
    def event(self) -> str:
        return self.get("event").lower()

    @property
    def parties(self) -> Parties:
        if self.event == "cdr":
            return Parties(
                context=self.get("destinationcontext"),
                caller=self.get("source"),
                dialled=self.get("destination"),
                connected=extension_of(self.get("destinationchannel")),
                name=self.get("callerid").partition("<")[0].strip(' "'),
            )
        return Parties(
            context=self.get("context"),
            caller=self.get("calleridnum"),
            dialled=self.get("exten"),
            connected=self.get("destcalleridnum") or self.get("connectedlinenum"),
            name=self.get("calleridname"),
        )

    @property
    def call_id(self) -> str:
        """The whole call; with the system's name, for hosts may count alike."""
        own = self.get("linkedid") or self.get("uniqueid")
        system = self.get("systemname")
        return f"{system}-{own}" if own and system and not own.startswith(system) else own

    @property
    def delivery_key(self) -> str:
        """The channel, the event, and what tells one of its kind from another."""
        part = {
            "dialbegin": ("destuniqueid",),
            "dialend": ("destuniqueid",),
            "bridgeenter": ("bridgeuniqueid",),
            "cdr": ("destinationchannel", "starttime", "disposition"),
        }.get(self.event, ())
        keys = (self.get("uniqueid") or self.call_id, self.event, *map(self.get, part))
        return "/".join(filter(None, keys))


def records(stream: str) -> Iterator[Record]:
    """The records of a stream; lines that are no fields (the greeting) are passed over."""
    block: list[str] = []
    for line in (*stream.replace("\r\n", "\n").split("\n"), ""):
        if line.strip():
            block.append(line)
        elif block:
            yield _record(block)
            block = []


def _record(lines: list[str]) -> Record:
    fields: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    return Record(fields, "\r\n".join(lines) + "\r\n\r\n")


def call_of(record: Record, at: Timestamp | None, timezone: str) -> Call:
    """The call's state as one record tells it, without its parties."""
    known = Call(id=record.call_id, state=_STATES.get(record.event))
    match record.event:
        case "cdr":
            return _finished(record, timezone)
        case "dialend" if record.get("dialstatus").upper() == "ANSWER":
            return Call(id=record.call_id, state="answered", answered_at=at)
        case "bridgeenter":
            return Call(id=record.call_id, state="answered", answered_at=at)
        case "hangup":
            up = record.get("channelstatedesc").lower() in {"", "up"}
            return Call(id=record.call_id, state="ended" if up else "missed", ended_at=at)
        case _:
            return known


def _finished(record: Record, timezone: str) -> Call:
    """A call detail record: written once the channel is gone."""
    spoke = record.get("disposition").upper() == "ANSWERED"
    whole, talked = seconds(record.get("duration")), seconds(record.get("billableseconds"))
    waited = whole if not spoke else None
    if spoke and whole is not None and talked is not None:
        waited = max(0, whole - talked)
    return Call(
        id=record.call_id,
        state="ended" if spoke else "missed",
        answered_at=wall_clock(record.get("answertime"), timezone) if spoke else None,
        ended_at=wall_clock(record.get("endtime"), timezone),
        wait_s=waited,
        talk_s=talked if spoke else 0,
    )
