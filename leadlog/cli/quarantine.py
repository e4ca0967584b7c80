"""leadlog quarantine: deliveries that could not be read, kept with their raw bytes."""

from typing import Annotated

import typer
from rich.table import Table

from leadlog.cli.ask import AsJson, Config, Data, ask, settings, write_json
from leadlog.control import OperationFailed
from projections.terminal import Terminal

app = typer.Typer(help="Deliveries kept aside: list, show, retry.", no_args_is_help=True)


@app.command("list")
def list_items(as_json: AsJson = False, config: Config = None, data: Data = None) -> None:
    """Every delivery in the quarantine.

    Example: [bold]leadlog quarantine list[/bold]
    """
    found = ask(settings(config, data), "quarantine")
    if as_json:
        write_json(found)
        return
    table = Table("id", "account", "received", "reason", "detail", box=None)
    for item in found:
        detail = item.get("detail", "")[:60]
        table.add_row(item["id"], item["account"], item["received_at"], item["reason"], detail)
    Terminal().print(table)


@app.command()
def show(
    item: Annotated[str, typer.Argument(metavar="ID", help="As `quarantine list` tells it.")],
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """One delivery with its raw bytes (base64).

    Example: [bold]leadlog quarantine show 0b5e…[/bold]
    """
    found = list(ask(settings(config, data), "quarantine", id=item))
    if not found:
        raise OperationFailed(f"nothing in the quarantine has the id {item}")
    if as_json:
        write_json(found)
        return
    for name, value in found[0].items():
        Terminal().print(f"{name:12} {value}")


@app.command()
def retry(
    items: Annotated[list[str], typer.Argument(metavar="ID…", help="Ids, or `all`.")],
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Run deliveries through today's parsers once more; exit 1 if one still cannot be read.

    Example: [bold]leadlog quarantine retry all[/bold]
    """
    chosen = settings(config, data)
    if items == ["all"]:
        items = [item["id"] for item in ask(chosen, "quarantine")]
    found = list(ask(chosen, "quarantine.retry", ids=items))
    if as_json:
        write_json(found)
    else:
        for item in found:
            told = item.get("reason") or f"{item['leads']} leads"
            Terminal().print(f"{item['id']}  {item['outcome']}  {told}")
    if any(item["outcome"] == "quarantined" for item in found):
        raise typer.Exit(1)
