"""The command `leadlog`. Each group of commands is a module; all speak through `cli.ask`."""

import sys
from typing import Annotated

import typer

from leadlog.cli import (
    bench,
    cards,
    channels,
    deals,
    demo,
    health,
    numbers,
    outbox,
    quality,
    quarantine,
    replies,
    running,
)
from leadlog.control import OperationFailed
from leadlog.logs import set_up
from leadlog.ownership import DataInUse, DataUnusable
from leadlog.settings import ConfigurationError, Logging

app = typer.Typer(
    name="leadlog",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
running.add_to(app)
demo.add_to(app)
numbers.add_to(app)
health.add_to(app)
bench.add_to(app)
quality.add_to(app)
replies.add_to(cards.app)
app.add_typer(channels.app, name="channels")
app.add_typer(cards.app, name="card")
app.add_typer(outbox.app, name="outbox")
app.add_typer(deals.app, name="deal")
app.add_typer(quarantine.app, name="quarantine")


def _tell_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"leadlog {version('leadlog')}")
        raise typer.Exit


@app.callback()
def of_all_commands(
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Tell the version, and end."
        ),
    ] = False,
) -> None:
    """Leads from every channel, none lost, none twice; every number can be proven."""


def main() -> None:
    """Run a command: exit 0 done, 1 what is checked or sought is not so, 2 wrongly called."""
    set_up(Logging())  # before anything can be logged; `up` sets up what is configured
    try:
        app()
    except OperationFailed as error:
        _say(str(error))
        sys.exit(error.status)
    except ConfigurationError as error:
        for fault in error.faults:
            _say(fault)
        sys.exit(2)
    except (DataInUse, DataUnusable) as error:
        _say(str(error))
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away, as `head` does
        sys.exit(0)


def _say(text: str) -> None:
    print(f"leadlog: {text}", file=sys.stderr)  # noqa: T201 - the one place where faults are told
