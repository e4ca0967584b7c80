"""leadlog card: who is who."""

import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from leadlog.cli.ask import AsJson, Config, Data, ask, settings, write_json
from leadlog.control import OperationFailed

app = typer.Typer(
    help="Persons: list, find, show, explain, and every decision about them.", no_args_is_help=True
)

One = Annotated[str, typer.Argument(metavar="ID", help="An id, or kind:value in any spelling.")]
Other = Annotated[str, typer.Argument(metavar="ID2", help="Another one.")]
Reason = Annotated[str, typer.Option(help="Why, for those who read it later.")]
Actor = Annotated[str, typer.Option("--as", help="Who decides.")]
Command = Annotated[
    str | None, typer.Option("--command", help="Id of the command: the same twice is one effect.")
]
Everything = Annotated[
    bool, typer.Option("--all", help="Deals that were joined into others or withdrawn, too.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell what would change, change nothing.")]


@app.command("list")
def list_cards(
    with_leads: Annotated[
        bool, typer.Option("--with-leads", help="Leave out persons without a lead.")
    ] = False,
    everything: Everything = False,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Every person.

    Example: [bold]leadlog card list --json | jq .name[/bold]
    """
    found = ask(settings(config, data), "card.list", with_leads=with_leads, all=everything)
    if as_json:
        write_json(found)
    else:
        _table(list(found))


@app.command()
def find(
    query: Annotated[str, typer.Argument(help="A phone in any spelling, e-mail, id or name.")],
    limit: Annotated[int, typer.Option(min=1, max=100, help="Most cards, of a name.")] = 20,
    everything: Everything = False,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Find persons: by an address exactly, by name in any order, alphabet and near spelling.

    Example: [bold]leadlog card find '8 (912) 345-67-89'[/bold], or
    [bold]leadlog card find 'смирнва ольга'[/bold]
    """
    found = ask(settings(config, data), "card.find", query=query, all=everything, limit=limit)
    if as_json:
        write_json(found)
    else:
        _table(list(found))


@app.command()
def show(
    card: Annotated[str, typer.Argument(metavar="ID", help="An id, or kind:value.")],
    at: Annotated[
        str | None, typer.Option("--at", help="As known at this time or position.")
    ] = None,
    everything: Everything = False,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """One person with its timeline, as it is, or as it was known at a time.

    Example: [bold]leadlog card show phone:89123456789 --at 2026-03-01T12:00:00Z[/bold]
    """
    (found,) = ask(settings(config, data), "card.show", id=card, all=everything, at=at)
    if as_json:
        write_json([found])
    else:
        _card(found)


@app.command()
def explain(
    card: One,
    other: Annotated[str | None, typer.Argument(metavar="[ID2]", help="Another one.")] = None,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Why the leaf cards of one person are one, or why two are or are not.

    Example: [bold]leadlog card explain phone:89123456789 telegram:5550000042[/bold]
    """
    (found,) = ask(settings(config, data), "card.explain", id=card, other=other)
    if as_json:
        write_json([found])
        return
    console = Console()
    console.print("one person" if found["together"] else f"apart: {found['because']}")
    for link in found["links"]:
        what = f"{link['rule']} (version {link['version']})" if link["version"] else link["rule"]
        leads = ", ".join(link["evidence"][:3])
        console.print(
            f"  {link['a']} - {link['b']}: {what}, by {link['by']}  {leads}", markup=False
        )
    if found["apart_without"]:
        console.print(f"  apart without: {', '.join(found['apart_without'])}", markup=False)


@app.command()
def merge(
    card: One,
    other: Other,
    reason: Reason = "",
    actor: Actor = "",
    command: Command = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Say that two cards are one person.

    Example: [bold]leadlog card merge phone:89123456789 vk:20000001 --dry-run[/bold]
    """
    given = {"id": card, "other": other}
    decide(config, data, as_json, "card.merge", reason, actor, command, dry_run, given)


@app.command()
def unmerge(
    card: One,
    other: Other,
    reason: Reason = "",
    actor: Actor = "",
    command: Command = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Say that two leaf cards are never the same person (a veto).

    Example: [bold]leadlog card unmerge phone:89123456789 email:anna@example.ru[/bold]
    """
    given = {"id": card, "other": other}
    decide(config, data, as_json, "card.unmerge", reason, actor, command, dry_run, given)


@app.command()
def share(
    card: One,
    reason: Reason = "",
    actor: Actor = "",
    command: Command = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Say that an identity is used by several persons: it links nobody any more.

    Example: [bold]leadlog card share phone:84951234567 --reason switchboard[/bold]
    """
    given = {"id": card, "shared": True}
    decide(config, data, as_json, "card.mark", reason, actor, command, dry_run, given)


@app.command()
def unshare(
    card: One,
    reason: Reason = "",
    actor: Actor = "",
    command: Command = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Say that an identity is one person's, whatever the limit or the list says.

    Example: [bold]leadlog card unshare phone:89123456789[/bold]
    """
    given = {"id": card, "shared": False}
    decide(config, data, as_json, "card.mark", reason, actor, command, dry_run, given)


@app.command()
def undo(
    decision: Annotated[str, typer.Argument(metavar="DECISION", help="The decision's id.")],
    reason: Reason = "",
    actor: Actor = "",
    command: Command = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Take a decision back as if it had never been made; an undo, too.

    Example: [bold]leadlog card undo 3f0c…[/bold]
    """
    given = {"decision": decision}
    decide(config, data, as_json, "card.undo", reason, actor, command, dry_run, given)


@app.command()
def withdraw(
    card: Annotated[str | None, typer.Argument(metavar="[A]", help="A leaf card.")] = None,
    other: Annotated[str | None, typer.Argument(metavar="[B]", help="Another one.")] = None,
    rule: Annotated[str | None, typer.Option(help="Links of this matching rule.")] = None,
    version: Annotated[int | None, typer.Option(help="Of this version of the rules.")] = None,
    identity: Annotated[str | None, typer.Option(help="With this identity.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Leads from this time on.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Leads before this time.")] = None,
    reason: Reason = "",
    actor: Actor = "",
    command: Command = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Withdraw the evidence of automatic links, for one pair or for all that a query selects.

    Example: [bold]leadlog card withdraw --rule "one form" --from 2026-03-01 --dry-run[/bold]
    """
    if (card is None) != (other is None):
        raise OperationFailed("give two cards, or none", status=2)
    given = {
        "id": card, "other": other, "rule": rule, "version": version, "identity": identity,
        "from": since, "to": until,
    }  # fmt: skip
    decide(config, data, as_json, "card.withdraw", reason, actor, command, dry_run, given)


@app.command()
def suggestions(
    verdict: Annotated[
        str | None, typer.Argument(metavar="[accept|refuse]", help="What to do with one.")
    ] = None,
    number: Annotated[
        str | None, typer.Argument(metavar="[N]", help="Its number, or its id.")
    ] = None,
    reason: Reason = "",
    actor: Actor = "",
    command: Command = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Who may be one person: the team's review queue. Refusing is remembered for everybody.

    Example: [bold]leadlog card suggestions accept 1[/bold]
    """
    if verdict is not None:
        if verdict not in ("accept", "refuse") or number is None:
            raise OperationFailed("say `accept N` or `refuse N`", status=2)
        given = {"decide": verdict, "n": number}
        operation = "card.suggestions"
        decide(config, data, as_json, operation, reason, actor, command, dry_run, given)
        return
    found = ask(settings(config, data), "card.suggestions")
    if as_json:
        write_json(found)
        return
    table = Table("n", "score", "one", "other", "why", box=None)
    for item in found:
        sides = [f"{item[side]['name']} {item[side]['identity']}" for side in ("a", "b")]
        if item["kind"] == "limit":
            sides[1] = ", ".join(side["identity"] for side in item["split"])
        table.add_row(str(item["n"]), f"{item['score']:.2f}", *sides, "; ".join(item["reasons"]))
    Console().print(table)


@app.command()
def rematch(
    actor: Actor = "",
    command: Command = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Apply a new version of the matching configuration to the past: rules, limits and lists.

    Example: [bold]leadlog card rematch --dry-run[/bold]
    """
    decide(config, data, as_json, "card.rematch", "", actor, command, dry_run, {})


def decide(
    config: Any,
    data: Any,
    as_json: bool,
    operation: str,
    reason: str,
    actor: str,
    command: str | None,
    dry_run: bool,
    given: dict[str, Any],
) -> None:
    """Ask for a decision and tell what it changed, or would."""
    how = {"reason": reason, "actor": actor, "command": command, "dry_run": dry_run}
    progress = True if sys.stderr.isatty() else None
    told: dict[str, Any] = {}
    for told in ask(settings(config, data), operation, **given, **how, progress=progress):
        if "progress" in told:
            sys.stderr.write("\r" + " of ".join(f"{n:,}" for n in told["progress"]) + " done ")
            sys.stderr.flush()
    if progress:
        sys.stderr.write("\r\x1b[K")
    if as_json:
        write_json([told])
        return
    changed = ", ".join(f"{count} {name}" for name, count in told["changed"].items())
    verb = "would change" if dry_run else "changed"
    print(f"decision {told['decision']} {verb} {changed}")  # noqa: T201 - the result


def _table(found: list[dict[str, Any]]) -> None:
    table = Table("person", "name", "identities", "leads", "deals", box=None)
    table.columns[0].no_wrap = True
    table.columns[0].min_width = 36
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
    for name, text in card["fields"].items():
        console.print(f"  {name}: {text}", markup=False)
    for entry in card["timeline"]:
        if entry["type"] in ("touch", "reply"):
            text = entry.get("text") or entry.get("subject") or entry.get("call_state") or ""
            kind = entry.get("state") or entry["kind"]
            way = "→ " if entry["direction"] == "out" else ""
            line = f"  {entry['at']}  {entry['channel']:10} {kind:9} {way}{text[:70]}"
        else:
            named = entry.get("decision") or entry["deal"]
            what = f"{entry['what']} {entry.get('stage', '')}".strip()
            line = f"  {entry['at']}  {entry['type']:10} {what:8} {entry['actor'] or ''} {named}"
        console.print(line, markup=False)
