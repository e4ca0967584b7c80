"""leadlog card reply: write to a person."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from leadlog.cli.options import Commanding, command

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


def reply(
    how: Commanding,
    card: Annotated[str, typer.Argument(metavar="ID", help="An id, or kind:value.")],
    text: Text = "",
    via: Via = None,
    lead: Lead = None,
    attach: Attach = None,
) -> None:
    """Write to a person: the newest conversation that can be answered, or the one named.

    It is recorded at once and sent by the outbox; `leadlog card show` tells what became of it.

    Example: [bold]leadlog card reply phone:89123456789 --text "Завтра в 12:00" --as anna[/bold]
    """
    given = {"id": card, "text": text, "via": via, "lead": lead, "attach": attach}
    how.tell(how.ask("card.reply", **given, **how.how), _written)


def _written(found: Iterable[Any]) -> None:
    for told in found:
        print(f"message {told['reply']} goes by {told['account']} ({told['channel']})")  # noqa: T201 - the result


def add_to(app: typer.Typer) -> None:
    command(app)(reply)
