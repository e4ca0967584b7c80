"""One event of a deal, or one decision about it, in words."""

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


def decided(entry: Mapping[str, Any]) -> str:
    """Which decision, whether it holds, by whom and why; its id is for an undo."""
    what = entry["what"] if entry["in_force"] else f"{entry['what']} (not in force)"
    line = f"decision {entry['decision']}  {what}  {entry['actor'] or 'nobody named'}"
    return f"{line}: {entry['reason']}" if entry["reason"] else line
