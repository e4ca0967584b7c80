"""Long work at a terminal: that it goes on, for how long, and how far it is.

On standard error, and gone when it is over; nothing where that is no terminal.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@contextmanager
def telling(text: str) -> Iterator[Callable[[str], None]]:
    """Show this text, with the time since; gives what shows another one."""
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task(text)
        yield lambda text: progress.update(task, description=text)


def last_of(answers: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The last of these; those before it tell how far the work is (leadlog.on_the_way)."""
    found: dict[str, Any] = {}
    with telling("working") as tell:
        for found in answers:
            if "progress" in found:
                tell(_how_far(*found["progress"]))
    return found


def _how_far(done: int, of: int) -> str:
    return f"{done:,} of {of:,} done" if of else f"{done:,} found so far"
