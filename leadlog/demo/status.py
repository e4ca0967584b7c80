"""The demo's live numbers: a line for people, an object for scripts."""

import json
import sys
import time
from typing import Any, Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table

from leadlog.demo.board import Board

_PLAIN_EVERY_S = 5.0


class Display(Protocol):
    """Where the numbers go; used from one thread."""

    def show(self, numbers: dict[str, Any]) -> None:
        """The newest numbers; called some times a second."""

    def close(self) -> None:
        """There will be no more."""


def numbers_of(board: Board, *, sent: int, commands: int) -> dict[str, Any]:
    """What the demo has brought about so far."""
    statuses = board.statuses()
    return {
        "leads": dict(board.leads.most_common()),
        "persons": board.persons,
        "deals": sum(statuses.values()),
        **{status: statuses[status] for status in ("open", "won", "lost", "declined")},
        "sent": sent,
        "commands": commands,
    }


def display(*, as_json: bool) -> Display:
    """The one that fits standard output."""
    if as_json:
        return _Objects()
    console = Console()
    return _Live(console) if console.is_terminal else _Lines()


class _Live:
    """Some lines that stay where they are, on a terminal."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, auto_refresh=False)
        self._live.start()

    def show(self, numbers: dict[str, Any]) -> None:
        table = Table.grid(padding=(0, 2))
        leads = numbers["leads"].items()
        table.add_row("[bold]leads[/bold]", "  ".join(f"{name} {n:,}" for name, n in leads))
        table.add_row("[bold]cards[/bold]", f"{numbers['persons']:,} persons")
        table.add_row("[bold]deals[/bold]", _deals(numbers))
        self._live.update(table, refresh=True)

    def close(self) -> None:
        self._live.stop()


class _Lines:
    """A line now and then, for logs and pipes."""

    def __init__(self) -> None:
        self._last = float("-inf")
        self._newest: dict[str, Any] = {}

    def show(self, numbers: dict[str, Any]) -> None:
        self._newest = numbers
        if time.monotonic() - self._last >= _PLAIN_EVERY_S:
            self._write()

    def close(self) -> None:
        if self._newest:
            self._write()

    def _write(self) -> None:
        self._last = time.monotonic()
        leads = " ".join(f"{name} {count}" for name, count in self._newest["leads"].items())
        sys.stdout.write(
            f"leads: {leads} | persons {self._newest['persons']} | {_deals(self._newest)}\n"
        )
        sys.stdout.flush()


class _Objects:
    """An object a line, each time that something changed."""

    def __init__(self) -> None:
        self._last = ""

    def show(self, numbers: dict[str, Any]) -> None:
        line = json.dumps(numbers)
        if line != self._last:
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        self._last = line

    def close(self) -> None:
        pass


def _deals(numbers: dict[str, Any]) -> str:
    told = ", ".join(f"{numbers[name]:,} {name}" for name in ("open", "won", "lost", "declined"))
    return f"{numbers['deals']:,} deals: {told}"
