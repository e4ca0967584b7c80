"""leadlog demo: a system with a made-up furniture workshop, to look at live numbers."""

from pathlib import Path
from typing import Annotated

import typer

from leadlog.cli.ask import AsJson, note
from leadlog.control import OperationFailed
from leadlog.demo.place import DIRECTORY, NotOurs, make_anew
from leadlog.logs import set_up


def add_to(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    speed: Annotated[
        float, typer.Option(min=0.01, max=1000, help="At 1 a lead comes every few seconds.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="Another seed tells another story.")] = 1,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any free one.")] = 8080,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    data: Annotated[
        Path, typer.Option("--data", help="The demo's own directory, emptied at every start.")
    ] = DIRECTORY,
    seconds: Annotated[
        float | None, typer.Option("--for", min=1, help="Stop by itself after so many seconds.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start everything with a furniture workshop: its customers come, its operators sell.

    Two weeks of its past are sent at once through the real endpoints, then it goes on live. It
    reads no configuration, and keeps apart from any other data. Ctrl-C stops it.

    Example: [bold]leadlog demo --speed 5[/bold]
    """
    from leadlog.addresses import addresses, announced
    from leadlog.demo.shop import ShopSite  # imported here: each costs every command's start
    from leadlog.demo.show import Show
    from leadlog.demo.status import display
    from leadlog.demo.workshop import settings
    from leadlog.roles import serve

    try:
        make_anew(data)
    except NotOurs as error:
        raise OperationFailed(str(error), status=2) from error
    chosen = settings(seed, data=data, host=host, port=port)
    set_up(chosen.logging)
    show = Show(seed=seed, speed=speed, seconds=seconds, display=lambda: display(as_json=as_json))
    say = note if as_json else print
    say(f"meanwhile, in another terminal: leadlog funnel --by channel --data {data}")
    say("fill in the workshop's form and see your card appear: /shop at the address below")
    raise typer.Exit(
        serve(
            chosen,
            announce=announced(addresses, say),
            companion=show,
            sites=lambda system: {"shop": ShopSite(system)},
        )
    )
