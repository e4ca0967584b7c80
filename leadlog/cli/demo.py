"""leadlog demo: a system with a made-up furniture workshop, to look at live numbers."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadlog.cli.ask import AsJson, note
from leadlog.control import OperationFailed
from leadlog.demo.place import DIRECTORY, NotOurs
from leadlog.logs import set_up

if TYPE_CHECKING:
    from leadlog.demo.progress import Progress

_SEED = 1


def add_to(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    speed: Annotated[
        float, typer.Option(min=0.01, max=1000, help="At 1 a lead comes every few seconds.")
    ] = 1.0,
    seed: Annotated[
        int | None, typer.Option(help="Another seed tells another story.", show_default="1")
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Begin from nothing, whatever an earlier demo left.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any free one.")] = 8080,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    data: Annotated[
        Path, typer.Option("--data", help="The demo's own directory; --anew empties it.")
    ] = DIRECTORY,
    seconds: Annotated[
        float | None, typer.Option("--for", min=1, help="Stop by itself after so many seconds.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start everything with a furniture workshop: its customers come, its operators sell.

    Two weeks of its past are sent at once through the real endpoints, then it goes on live. It
    reads no configuration, and keeps apart from any other data. Ctrl-C stops it; started again,
    it goes on where it was, also after kill -9: [bold]leadlog audit --data data/demo[/bold]
    proves that nothing was lost or counted twice.

    Example: [bold]leadlog demo --speed 5[/bold]
    """
    from leadlog.addresses import addresses, announced
    from leadlog.demo.shop import ShopSite  # imported here: each costs every command's start
    from leadlog.demo.show import Show
    from leadlog.demo.status import display
    from leadlog.demo.workshop import settings
    from leadlog.roles import serve

    progress = _opened(data, seed=seed, speed=speed, anew=anew)
    chosen = settings(progress.seed, data=data, host=host, port=port)
    set_up(chosen.logging)
    show = Show(progress=progress, seconds=seconds, display=lambda: display(as_json=as_json))
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


def _opened(data: Path, *, seed: int | None, speed: float, anew: bool) -> "Progress":
    """The story to play, from where it stands."""
    from leadlog.demo.place import check, make_anew
    from leadlog.demo.progress import Unreadable, begun, kept

    try:
        check(data)
        progress = None if anew else kept(data)
        if progress is None:
            make_anew(data)
            return begun(_SEED if seed is None else seed, speed)
    except (NotOurs, Unreadable) as error:
        raise OperationFailed(str(error), status=2) from error
    if seed not in (None, progress.seed):
        raise OperationFailed(
            f"{data} holds the story of seed {progress.seed}: leave --seed out to go on with it,"
            " or begin from nothing with --anew",
            status=2,
        )
    progress.go_on(speed)
    return progress
