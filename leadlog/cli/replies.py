"""leadlog card reply: write to a person."""

from typing import Annotated

import typer

from leadlog.cli.ask import AsJson, Config, Data, ask, settings, write_json

Text = Annotated[str, typer.Option(help="What to write.")]
Via = Annotated[
    str | None, typer.Option(help="The account to write by; else that of the lead answered.")
]
Lead = Annotated[
    str | None, typer.Option(help="The lead to answer; else the newest that can be answered.")
]
Attach = Annotated[
    list[str] | None,
    typer.Option(metavar="KIND=HANDLE", help="A file that the provider has, by its handle."),
]
Actor = Annotated[str, typer.Option("--as", help="Who writes.")]
Command = Annotated[
    str | None,
    typer.Option(
        "--command-id", "--command", help="Id of the command: the same twice is one message."
    ),
]


def reply(
    card: Annotated[str, typer.Argument(metavar="ID", help="An id, or kind:value.")],
    text: Text = "",
    via: Via = None,
    lead: Lead = None,
    attach: Attach = None,
    actor: Actor = "",
    command: Command = None,
    as_json: AsJson = False,
    config: Config = None,
    data: Data = None,
) -> None:
    """Write to a person: the newest conversation that can be answered, or the one named.

    It is recorded at once and sent by the outbox; `leadlog card show` tells what became of it.

    Example: [bold]leadlog card reply phone:89123456789 --text "Завтра в 12:00" --as anna[/bold]
    """
    given = {"id": card, "text": text, "via": via, "lead": lead, "attach": attach}
    how = {"actor": actor, "command": command}
    (told,) = ask(settings(config, data), "card.reply", **given, **how)
    if as_json:
        write_json([told])
        return
    print(f"message {told['reply']} goes by {told['account']} ({told['channel']})")  # noqa: T201 - the result


def add_to(app: typer.Typer) -> None:
    app.command()(reply)
