"""leadlog card: who is who."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from leadlog.cli.ask import AsJson, Config, Data, ask, settings, write_json

app = typer.Typer(help="Persons: list, find, show.", no_args_is_help=True)


@app.command("list")
def list_cards(
    with_leads: Annotated[
        bool, typer.Option("--with-leads", help="Leave out persons without a lead.")
    ] = False,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Every person.

    Example: [bold]leadlog card list --json | jq .name[/bold]
    """
    found = ask(settings(config, data), "card.list", with_leads=with_leads)
    if as_json:
        write_json(found)
    else:
        _table(list(found))


@app.command()
def find(
    query: Annotated[str, typer.Argument(help="A phone in any spelling, e-mail or id.")],
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Find persons.

    Example: [bold]leadlog card find '8 (912) 345-67-89'[/bold]
    """
    found = ask(settings(config, data), "card.find", query=query)
    if as_json:
        write_json(found)
    else:
        _table(list(found))


@app.command()
def show(
    card: Annotated[str, typer.Argument(metavar="ID", help="An id, or kind:value.")],
    everything: Annotated[
        bool, typer.Option("--all", help="Joined and withdrawn deals, too.")
    ] = False,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """One person with its timeline.

    Example: [bold]leadlog card show phone:89123456789[/bold]
    """
    (found,) = ask(settings(config, data), "card.show", id=card, all=everything)
    if as_json:
        write_json([found])
    else:
        _card(found)


def _table(found: list[dict[str, Any]]) -> None:
    table = Table("person", "name", "identities", "leads", "deals", box=None)
    for card in found:
        identities = ", ".join(leaf["value"] for leaf in card["leaves"][:3])
        deals = ", ".join(f"{deal['stage']} ({deal['status']})" for deal in card["deals"][:3])
        table.add_row(card["id"], card["name"], identities, str(len(card["leads"])), deals)
    Console().print(table)


def _card(card: dict[str, Any]) -> None:
    console = Console()
    console.print(f"[bold]{card['name'] or '(no name)'}[/bold]   {card['id']}")
    for leaf in card["leaves"]:
        shared = "  shared" if leaf["shared"] else ""
        console.print(f"  {leaf['kind']:10} {leaf['value']:28} {leaf['proof']}{shared}")
    for deal in card["deals"]:
        console.print(f"  deal {deal['id']}  {deal.get('stage', '')}  {deal['status']}")
    for touch in card["timeline"]:
        text = touch.get("text") or touch.get("subject") or touch.get("call_state") or ""
        line = f"  {touch['at']}  {touch['channel']:10} {touch['kind']:8} {text[:70]}"
        console.print(line, markup=False)
