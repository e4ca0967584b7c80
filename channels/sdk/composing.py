"""What the senders' `compose` methods share: limits, and whom a lead names."""

from collections.abc import Sequence

from channels.sdk.errors import Undeliverable
from channels.sdk.lead import Attachment, LeadContent
from channels.sdk.sending import NotSent


def check_text(text: str, longest: int, *, has_files: bool = False) -> None:
    """Undeliverable where there is nothing to send or too much; `longest` in characters."""
    if not text.strip() and not has_files:
        raise Undeliverable(NotSent.EMPTY, "the message has neither text nor file")
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Undeliverable(
            NotSent.REFUSED,
            "the text holds halves of characters, which nobody can read; type it anew",
        )
    if len(text) > longest:
        raise Undeliverable(
            NotSent.TOO_LONG,
            f"the text has {len(text)} characters and this channel takes {longest}"
            f"{' with a file' if has_files else ''}; send it in several messages",
        )


def check_files(attachments: Sequence[Attachment], kinds: Sequence[str], *, most: int = 1) -> None:
    """Undeliverable where the channel takes no such files, not so many, or not without handle."""
    if attachments and not kinds:
        raise Undeliverable(NotSent.BAD_ATTACHMENT, "this channel sends no files by handle")
    if len(attachments) > most:
        told = "one file" if most == 1 else f"{most} files"
        raise Undeliverable(
            NotSent.BAD_ATTACHMENT, f"this channel takes {told} a message; send the others apart"
        )
    for file in attachments:
        if file.kind not in kinds or not file.ref:
            raise Undeliverable(
                NotSent.BAD_ATTACHMENT,
                f"a file of kind {file.kind!r} cannot be sent here; give KIND=HANDLE, with a kind"
                f" of: {', '.join(kinds)}",
            )


def value_of(lead: LeadContent, *kinds: str) -> str:
    """The lead's first identity of these kinds, in their order; Undeliverable for none."""
    for kind in kinds:
        for identity in lead.identities:
            if identity.kind == kind:
                return identity.value
    raise Undeliverable(
        NotSent.NO_ADDRESS,
        f"the lead brings no {' or '.join(kinds)}, so that this account cannot write to them",
    )
