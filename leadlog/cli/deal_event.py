"""One event of a deal, a decision about it, or what would become of it, in words."""

from collections.abc import Mapping
from typing import Any

_ABOUT = {"owner": "owner", "note": "text", "joined": "into", "stage": "stage", "opened": "stage"}
"""What is told beside the kind of event."""
_LINKS = {"joined": "joined into"}
_FATES = {
    "joined": "goes into deal",
    "separated": "stands for itself again",
    "opened": "is opened",
    "withdrawn": "is withdrawn: nothing is left of it",
    "restored": "is restored",
    "stays": "stays open",
}


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


def fate_line(fate: Mapping[str, Any]) -> str:
    """What would become of a deal, which is told by how it stands and what opened it."""
    standing = fate["stage"] if fate["status"] == "open" else fate["status"]
    about = [standing, fate["owner"], fate["amount"], fate["channel"], fate["opened_at"][:10]]
    told = f"deal {fate['deal']} ({', '.join(filter(None, about))}) {_FATES[fate['what']]}"
    return f"{told} {fate['into']}: {fate['by']}" if fate["into"] else told
