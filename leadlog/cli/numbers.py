"""funnel, audit: the numbers, and the proof that they can be trusted."""

import sys
from typing import Annotated, Literal

import typer

from leadlog.cli.ask import AsJson, Config, Data, ask, note, settings, write_json
from leadlog.control import OperationFailed
from projections.terminal import Terminal

Shape = Literal["table", "csv", "json", "parquet"]


def add_to(app: typer.Typer) -> None:
    app.command()(funnel)
    app.command()(audit)


def funnel(
    since: Annotated[str | None, typer.Option("--from", help="First day or time.")] = None,
    until: Annotated[
        str | None, typer.Option("--to", help="The day or time where it ends.")
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option("--by", help="channel, account, utm_campaign, …")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="As known at this time or position.")
    ] = None,
    basis: Annotated[str, typer.Option(help="cohort or event.")] = "cohort",
    pipeline: Annotated[str | None, typer.Option(help="The pipeline's id.")] = None,
    window: Annotated[
        str | None, typer.Option(help="A step counts within 30d, 12h, 90m of the first one.")
    ] = None,
    shape: Annotated[
        Shape, typer.Option("--format", help="Parquet goes to a file: --format parquet > f.parquet")
    ] = "table",
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """How many deals reached each step.

    Example: [bold]leadlog funnel --from 2026-03-01 --to 2026-04-01 --by channel[/bold]
    """
    chosen = settings(config, data)
    dates = {"from": since, "to": until}
    (found,) = ask(
        chosen, "funnel", by=by, as_of=as_of, basis=basis, pipeline=pipeline, window=window, **dates
    )
    if as_json or shape == "json":
        write_json([found])
        return
    if left := found.get("pending"):
        note(f"{_carried_out(left)}; these numbers are without it")
    from projections.funnel.render import render

    rendered = render(found, shape)
    if isinstance(rendered, str):
        sys.stdout.write(rendered.rstrip("\n") + "\n")
    elif sys.stdout.isatty():
        raise OperationFailed("parquet is no text: send it to a file with `> f.parquet`", status=2)
    else:
        sys.stdout.buffer.write(rendered)


def audit(
    full: Annotated[bool, typer.Option("--full", help="Compare every account and hour.")] = False,
    wait: Annotated[
        float | None, typer.Option("--wait", help="Wait so many seconds for the projections.")
    ] = None,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Prove that nothing was lost or counted twice; exit 1 and the first difference otherwise.

    Example: [bold]leadlog audit --wait 30[/bold]
    """
    (found,) = ask(settings(config, data), "audit", full=full, wait=wait)
    if as_json:
        write_json([found])
    else:
        console = Terminal()
        for name in ("deliveries", "leads", "positions"):
            told = "  ".join(f"{key} {value:,}" for key, value in found[name].items())
            console.print(f"{name:10} {told}", highlight=False)
        if found["pending"]:
            console.print(f"pending    {_carried_out(found['pending'])}", highlight=False)
        if found["ok"]:
            console.print("nothing lost, nothing doubled", style="green")
        else:
            console.print(f"difference: {found['difference']}", style="red")
    if not found["ok"]:
        raise typer.Exit(1)


def _carried_out(left: int) -> str:
    return f"a decision is still being carried out, with {left:,} touches, links or cards left"
