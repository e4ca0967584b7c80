"""One event of a deal, in words."""

from collections.abc import Mapping
from typing import Any

_ABOUT = {"owner": "owner", "note": "text", "joined": "into", "stage": "stage", "opened": "stage"}
"""What is told beside the kind of event."""
_LINKS = {"joined": "joined into"}


def happened(entry: Mapping[str, Any]) -> str:
    """What it was, and what it was about; who did it stands beside."""
    what = entry["what"]
    told = [entry["status"] if what == "closed" else _LINKS.get(what, what)]
    told += [entry.get(name) for name in (_ABOUT.get(what, ""), "amount", "currency")]
    line = " ".join(part for part in told if part)
    if entry.get("skipped"):
        line += f", passing {', '.join(entry['skipped'])}"
    return f"{line}, {entry['reason']}" if "reason" in entry else line
