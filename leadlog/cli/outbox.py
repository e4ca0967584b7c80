"""leadlog outbox: messages to people that wait, failed or were set aside."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.table import Table

from leadlog.cli.options import Commanding, Where, command
from projections.terminal import Terminal

app = typer.Typer(help="Messages to people: list, show, retry.", no_args_is_help=True)


@command(app, "list")
def list_messages(
    where: Where,
    state: Annotated[
        str | None, typer.Option(help="Only these: waiting, failed, set_aside or sent.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Those that were sent, too (of the last 30 days).")
    ] = False,
) -> None:
    """Messages that are not sent, and why.

    Example: [bold]leadlog outbox list --state set_aside[/bold]
    """
    where.tell(where.ask("outbox.list", state=state, all=everything), _table)


@command(app)
def show(
    where: Where, message: Annotated[str, typer.Argument(metavar="ID", help="The message's id.")]
) -> None:
    """One message with its text, and how its sending stands.

    Example: [bold]leadlog outbox show 3f0c…[/bold]
    """
    where.tell(where.ask("outbox.show", id=message), _messages)


@command(app)
def retry(
    how: Commanding,
    messages: Annotated[list[str], typer.Argument(metavar="ID…", help="Ids, or `all` set aside.")],
) -> None:
    """Send messages after all that failed or were set aside.

    Example: [bold]leadlog outbox retry all[/bold]
    """
    if messages == ["all"]:
        messages = [item["reply"] for item in how.ask("outbox.list", state="set_aside")]
    how.tell(list(how.ask("outbox.retry", ids=messages, **how.how)), _states)


def _table(found: Iterable[Any]) -> None:
    table = Table("message", "account", "state", "tries", "written", "next try", "why", box=None)
    table.columns[0].no_wrap = True
    for item in found:
        times = (item["written_at"], item["next_at"] or "")
        why = item["reason"][:60]
        row = (item["reply"], item["account"], item["state"], str(item["tries"]), *times, why)
        table.add_row(*row)
    Terminal().print(table)


def _messages(found: Iterable[Any]) -> None:
    for message in found:
        for name, value in {**message, **message.pop("sending", {})}.items():
            Terminal().print(f"{name:12} {value}")


def _states(found: Iterable[Any]) -> None:
    for item in found:
        Terminal().print(f"{item['reply']}  {item['state']}")
