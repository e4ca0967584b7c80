"""Reading BroadSoft XSI events (docs/providers.md, 5.5): hostile XML raises Unreadable only.

Names are compared without their namespace: exchanges disagree on which one `type` is in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from channels.sdk.errors import Unreadable
from channels.sdk.outcome import QuarantineReason

_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class XsiEvent:
    """One event: its type without prefix, and the texts of its parts."""

    type: str
    envelope: dict[str, str]
    """Of the event itself: `eventID`, `sequenceNumber`, `targetId` …"""
    call: dict[str, str]
    """Of the call: `callId`, `personality`, `startTime` …; empty where the event is of none."""
    remote: dict[str, str]
    """Of the remote party: `address`, `countryCode`, `name`, `callType` …"""
    redirected_from: str
    """The address that was called first, where the call was passed on; else empty."""


def read_event(body: bytes) -> XsiEvent:
    """The event in an XML body. No DTD and no entities are read."""
    root = _root(body)
    data = next((e for e in root.iter() if _local(e.tag) == "eventData"), root)
    call = next((e for e in data.iter() if _local(e.tag) == "call"), data)
    return XsiEvent(
        type=_type(data),
        envelope=_texts(root),
        call={} if call is root else _texts(call),
        remote=_party(next(_named(call, "remoteParty"), None)),
        redirected_from=_redirected_from(call),
    )


def _root(body: bytes) -> Element:
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Unreadable(QuarantineReason.BROKEN_XML, type(error).__name__) from error
    return root


def _local(name: object) -> str:
    """A name without its namespace; comments and instructions have none."""
    return name.rpartition("}")[2] if isinstance(name, str) else ""


def _type(data: Element) -> str:
    types = (value for name, value in data.attrib.items() if _local(name) == "type")
    return next(types, "").rpartition(":")[2].strip()


def _texts(parent: Element) -> dict[str, str]:
    """The texts of an element's children that have no children, each name once."""
    found: dict[str, str] = {}
    for child in list(parent)[:_MOST]:
        text = (child.text or "").strip()
        if text and not len(child):
            found.setdefault(_local(child.tag), text)
    return found


def _named(parent: Element, name: str) -> Iterator[Element]:
    return (element for element in parent.iter() if _local(element.tag) == name)


def _party(party: Element | None) -> dict[str, str]:
    if party is None:
        return {}
    codes = [
        value
        for address in _named(party, "address")
        for name, value in address.attrib.items()
        if _local(name) == "countryCode"
    ]
    return {**_texts(party), **({"countryCode": codes[0]} if codes else {})}


def _redirected_from(call: Element) -> str:
    redirection = next(_named(call, "redirection"), None)
    if redirection is None:
        return ""
    return next((e.text or "" for e in _named(redirection, "address")), "").strip()
