"""How commands reach the data: through the server that owns it, else by opening it themselves."""

import json
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from leadlog import control
from leadlog.settings import Settings, load

if TYPE_CHECKING:  # imported where used: a command that a server answers needs none of it
    from leadlog.system import System
from leadlog.ownership import DataInUse, owned

Config = Annotated[
    Path | None, typer.Option("--config", help="Configuration file (default leadlog.toml).")
]
Data = Annotated[Path | None, typer.Option("--data", help="Directory of the embedded stores.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for scripts, an object a line.")]

RELAYED = frozenset({"funnel", "audit", "wait"})
"""Operations that want everything on the log to be processed first."""
DECIDING = frozenset(
    {
        *("card.merge", "card.unmerge", "card.mark", "card.undo", "card.withdraw"),
        *("card.suggestions", "card.rematch"),
        *("deal.join", "deal.split"),
    }
)
"""Operations of which something may be left to do in pieces."""
_PATIENCE_S = 10.0
"""A server that starts or ends has the data and answers nobody; so has another command."""
_LOOK_AGAIN_S = 0.05


def settings(config: Path | None, data: Path | None) -> Settings:
    return load(config, data=data)


def ask(chosen: Settings, operation: str, **arguments: Any) -> Iterator[Any]:
    """Run an operation where the data is; OperationFailed with what it says."""
    given = {name: value for name, value in arguments.items() if value is not None}
    give_up = time.monotonic() + _PATIENCE_S
    while True:
        try:
            yield from _asked(chosen, operation, given)
        except (DataInUse, control.NotReached):  # nothing was asked
            if time.monotonic() > give_up:
                raise
            time.sleep(_LOOK_AGAIN_S)
        else:
            return


def _asked(chosen: Settings, operation: str, given: dict[str, Any]) -> Iterator[Any]:
    """In this process, or by the server that has the data. Raises DataInUse where none says so."""
    try:
        with owned(chosen) as system:
            system.unattended = True
            _prepare(system, operation)
            from leadlog.operations import run

            yield from run(system, operation, given)
            if operation in DECIDING:
                system.carry_out_pieces()
    except DataInUse:
        address = control.running(chosen.data)
        if address is None:
            raise
        yield from control.ask(address, operation, given)


def _prepare(system: "System", operation: str) -> None:
    """Without a server nobody else would process what is on the log."""
    if operation in RELAYED:
        system.catch_up()


def write_json(objects: Iterable[Any]) -> None:
    for item in objects:
        sys.stdout.write(json.dumps(item, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """For the person at the terminal; standard output stays for results."""
    print(text, file=sys.stderr)  # noqa: T201 - what a command says to a person
