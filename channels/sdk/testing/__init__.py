"""Trying an adapter: recorded deliveries, changed copies of them, and the rules that must hold.

`AdapterConformance` is what an author's test subclasses; `leadlog channels check NAME` tries the
same rules through the real gateway. docs/channels/author.md tells how to begin.
"""

from channels.sdk.testing.conformance import AdapterConformance
from channels.sdk.testing.on_polling import Rehearsal
from channels.sdk.testing.recordings import BadRecording, Recording, read_recordings

__all__ = ["AdapterConformance", "BadRecording", "Recording", "Rehearsal", "read_recordings"]
