"""leadlog outbox: messages to people that wait, failed or were set aside."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from leadlog.cli.ask import AsJson, Config, Data, ask, settings, write_json

app = typer.Typer(help="Messages to people: list, show, retry.", no_args_is_help=True)


@app.command("list")
def list_messages(
    state: Annotated[
        str | None, typer.Option(help="Only these: waiting, failed, set_aside or sent.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Those that were sent, too (of the last 30 days).")
    ] = False,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Messages that are not sent, and why.

    Example: [bold]leadlog outbox list --state set_aside[/bold]
    """
    found = ask(settings(config, data), "outbox.list", state=state, all=everything)
    if as_json:
        write_json(found)
        return
    table = Table("message", "account", "state", "tries", "written", "next try", "why", box=None)
    table.columns[0].no_wrap = True
    for item in found:
        times = (item["written_at"], item["next_at"] or "")
        why = item["reason"][:60]
        row = (item["reply"], item["account"], item["state"], str(item["tries"]), *times, why)
        table.add_row(*row)
    Console().print(table)


@app.command()
def show(
    message: Annotated[str, typer.Argument(metavar="ID", help="The message's id.")],
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """One message with its text, and how its sending stands.

    Example: [bold]leadlog outbox show 3f0c…[/bold]
    """
    (found,) = ask(settings(config, data), "outbox.show", id=message)
    if as_json:
        write_json([found])
        return
    for name, value in {**found, **found.pop("sending", {})}.items():
        Console().print(f"{name:12} {value}", markup=False)


@app.command()
def retry(
    messages: Annotated[list[str], typer.Argument(metavar="ID…", help="Ids, or `all` set aside.")],
    actor: Annotated[str, typer.Option("--as", help="Who decides.")] = "",
    command: Annotated[
        str | None, typer.Option("--command-id", help="Id of the command: the same twice is one.")
    ] = None,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Send messages after all that failed or were set aside.

    Example: [bold]leadlog outbox retry all[/bold]
    """
    chosen = settings(config, data)
    if messages == ["all"]:
        messages = [item["reply"] for item in ask(chosen, "outbox.list", state="set_aside")]
    found = list(ask(chosen, "outbox.retry", ids=messages, actor=actor, command=command))
    if as_json:
        write_json(found)
        return
    for item in found:
        Console().print(f"{item['reply']}  {item['state']}", markup=False)
