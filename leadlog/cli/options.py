"""Options that many commands share, as one argument of each (see `command`)."""

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Annotated, Any, get_type_hints

import typer

from leadlog.cli.ask import AsJson, Config, Data, ask, settings, write_json
from leadlog.cli.card_text import link_line
from leadlog.cli.deal_event import fate_line
from leadlog.cli.waiting import last_of
from projections.terminal import Terminal

Reason = Annotated[str, typer.Option(help="Why, for those who read it later.")]
Actor = Annotated[str, typer.Option("--as", help="Who does it.")]
Command = Annotated[
    str | None,
    typer.Option(
        "--command", "--command-id", help="Its id, any text: the same command twice is one effect."
    ),
]
Version = Annotated[
    int | None, typer.Option("--version", help="Refuse if it changed since this version.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell what would change, change nothing.")]
Everything = Annotated[
    bool,
    typer.Option(
        "--all",
        help="Deals that were joined into others or withdrawn, decisions that were undone, too.",
    ),
]


@dataclass(frozen=True, kw_only=True)
class Where:
    """Where the data is, and how the answer is told."""

    as_json: AsJson = False
    config: Config = None
    data: Data = None

    def ask(self, operation: str, **arguments: Any) -> Iterator[Any]:
        return ask(settings(self.config, self.data), operation, **arguments)

    def tell(self, found: Iterable[Any], show: Callable[[Iterable[Any]], None]) -> None:
        """As JSON for scripts, else as `show` has it for people."""
        (write_json if self.as_json else show)(found)


_WHERE = {field.name for field in fields(Where)}


@dataclass(frozen=True, kw_only=True)
class Commanding(Where):
    """Who commands; and so that the same command twice is one effect."""

    actor: Actor = ""
    command: Command = None

    @property
    def how(self) -> dict[str, Any]:
        """The options of the command itself, as an operation takes them."""
        return {name: value for name, value in asdict(self).items() if name not in _WHERE}


@dataclass(frozen=True, kw_only=True)
class Moving(Commanding):
    """A command on a deal that its sender saw."""

    version: Version = None


@dataclass(frozen=True, kw_only=True)
class Deciding(Commanding):
    """A decision that can be undone."""

    reason: Reason = ""
    dry_run: DryRun = False

    def decide(self, operation: str, **given: Any) -> None:
        decide(self, operation, given)


@dataclass(frozen=True, kw_only=True)
class DecidingOnCard(Deciding):
    """A decision on a card that its sender saw."""

    card_version: Version = None


def decide(how: Commanding, operation: str, given: dict[str, Any]) -> None:
    """Ask for a decision and tell what it changed, or would."""
    progress = True if sys.stderr.isatty() else None
    answers = how.ask(operation, **how.how, **given, progress=progress)
    how.tell([last_of(answers)], _decision)


def _decision(found: Iterable[dict[str, Any]]) -> None:
    for told in found:
        changed = ", ".join(_counted(*one) for one in told["changed"].items())
        more = f"; {told['follow']:,} more follow in pieces" if "follow" in told else ""
        done = "would change" if told.get("dry_run") else f"decision {told['decision']} changed"
        print(f"{done} {changed}{more}")  # noqa: T201 - the result
        for link in told.get("cuts", ()):
            Terminal().print(f"  cuts {link_line(link)}")
        if told.get("cuts") == []:
            Terminal().print("  cuts no link: they are two persons already")
        for fate in told.get("deals", ()):
            Terminal().print(f"  {fate_line(fate)}")


def _counted(names: str, count: int) -> str:
    return f"{count:,} {names if count != 1 else names.removesuffix('s')}"


def command(
    app: typer.Typer, name: str | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add a command whose argument of one of the classes above stands for its options."""

    def add(function: Callable[..., None]) -> Callable[..., None]:
        app.command(name)(_flat(function))
        return function

    return add


def _flat(function: Callable[..., None]) -> Callable[..., None]:
    """The function with the fields of that argument in its place, as typer wants them."""
    ours = inspect.signature(function, eval_str=True).parameters.values()
    (group,) = (parameter for parameter in ours if is_dataclass(parameter.annotation))
    hints = get_type_hints(group.annotation, include_extras=True)
    last = sorted(fields(group.annotation), key=lambda field: field.name in _WHERE)
    options = {field.name: field for field in last}

    def run(**given: Any) -> None:
        taken = {name: given.pop(name) for name in options}
        function(**given, **{group.name: group.annotation(**taken)})

    kind = inspect.Parameter.KEYWORD_ONLY
    parameters = [parameter.replace(kind=kind) for parameter in ours if parameter is not group]
    parameters += [
        inspect.Parameter(name, kind, default=field.default, annotation=hints[name])
        for name, field in options.items()
    ]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined] # for typer
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__name__, run.__doc__ = function.__name__, function.__doc__
    return run
