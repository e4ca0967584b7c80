"""What AMI records and ARI events have in common: whose call it is, and which side is whose."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from channels.sdk.lead import Direction, Identity, Profile
from channels.telephony.values import calling_number, is_internal

_LINE = re.compile(r"\+?[0-9]{6,}")
_CHANNEL_OF_EXTENSION = re.compile(r"[A-Za-z0-9]+/([0-9]{2,5})[-@/]")
_NOBODY = {"", "<unknown>", "unknown", "anonymous", "private", "restricted", "unavailable"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """One call as the dialplan sees it: who calls, what was dialled, in which context."""

    context: str
    caller: str
    dialled: str
    connected: str = ""
    name: str = ""

    def direction(self, inbound: Collection[str], country: str) -> Direction | None:
        """`in` from a trunk's context; `out` from an extension to a real number; else None.

        `inbound` are names of contexts, or their beginnings: `from-trunk` is `from-trunk-1` too.
        """
        if any(self.context == name or self.context.startswith(f"{name}-") for name in inbound):
            return "in"
        dialled_out = is_internal(self.caller) and calling_number(self.dialled, country)
        return "out" if dialled_out else None

    def customer(self, direction: Direction, country: str) -> Identity | None:
        return calling_number(self.caller if direction == "in" else self.dialled, country)

    def line(self, direction: Direction) -> str:
        """The number of ours that was called."""
        return self.dialled if direction == "in" and _LINE.fullmatch(self.dialled) else ""

    def extension(self, direction: Direction) -> str:
        ours = self.connected if direction == "in" else self.caller
        return ours if is_internal(ours) else ""

    def profile(self, direction: Direction) -> Profile | None:
        unknown = self.name.lower() in _NOBODY or self.name == self.caller
        return None if unknown or direction == "out" else Profile(name=self.name)


def extension_of(channel: str) -> str:
    """The extension that a channel's name carries: `PJSIP/101-00000021` is 101."""
    found = _CHANNEL_OF_EXTENSION.match(channel)
    return found[1] if found else ""
