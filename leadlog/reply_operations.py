"""Writing to a person, by name (see leadlog.operations).

Which lead is answered decides the conversation: the one named, else the newest of the person's
that the account can write to. What is wrong is told before anything is recorded.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from channels.sdk.errors import Undeliverable
from channels.sdk.lead import Attachment
from channels.sdk.sending import Message, NotSent
from eventstore.orders import order
from eventstore.reply_commands import ReplyCommands
from eventstore.said import Said, said
from eventstore.told import Told, text_id
from leadlog.control import OperationFailed
from leadlog.senders import Outlet
from leadlog.system import System

Arguments = dict[str, Any]


class _Letter(NamedTuple):
    """A message with where it goes."""

    lead: Told
    account: str
    outlet: Outlet
    message: Message


def write(system: System, arguments: Arguments) -> Iterator[Any]:
    """Record a message to a person; the outbox sends it."""
    by = order(
        str(arguments.get("actor") or ""),
        command=str(arguments.get("command") or ""),
        at=arguments.get("at"),
    )
    letter = _compose(system, arguments)
    leaf = ReplyCommands(system.base).write(
        letter.lead.lead,
        letter.message,
        by,
        channel=letter.outlet.channel,
        account=letter.account,
    )
    yield {
        "reply": text_id(by.command),
        "leaf": text_id(leaf),
        "lead": text_id(letter.lead.lead),
        "channel": letter.outlet.channel,
        "account": letter.account,
        "state": "queued",
    }


def _compose(system: System, arguments: Arguments) -> _Letter:
    outlets = system.outlets
    if not outlets:
        raise OperationFailed(
            said("no account can send: give one what it needs to, as a Telegram bot its token")
        )
    via = str(arguments.get("via") or "")
    if via and via not in outlets:
        told = said(
            "the account '%(account)s' cannot send; these can: %(others)s",
            account=via,
            others=sorted(outlets),
        )
        raise OperationFailed(told, status=2)
    text = str(arguments.get("text") or "")
    files = [_file(given) for given in arguments.get("attach") or ()]
    why = ""
    for lead in _leads(system, str(arguments["id"]), str(arguments.get("lead") or "")):
        account = via or lead.newest.account
        if account in outlets and lead.content is not None:
            try:
                message = outlets[account].sender.compose(lead.content, text, files)
            except Undeliverable as error:
                if error.reason is not NotSent.NO_ADDRESS:
                    raise OperationFailed(str(error)) from error
                why = str(error)  # of the provider, in its words
            else:
                return _Letter(lead, account, outlets[account], message)
    raise OperationFailed(_unanswerable(why))


def _unanswerable(why: str) -> Said:
    if why:
        return said("no lead of the person can be answered: %(why)s", why=why)
    return said("no lead of the person came by an account that can send; name one with --via")


def _leads(system: System, name: str, lead: str) -> Iterator[Told]:
    """The person's leads, newest first; or the one that is named."""
    found = system.cards.newest_first(name)
    if found is None:
        raise OperationFailed(
            said("no card '%(name)s'; give an id, or kind:value such as phone:8912…", name=name)
        )
    if not lead:
        yield from found
        return
    named = next((told for told in found if text_id(told.lead) == lead), None)
    if named is None:
        raise OperationFailed(
            said("the person has no lead '%(lead)s'; see `leadlog card show`", lead=lead)
        )
    yield named


def _file(given: str) -> Attachment:
    kind, equals, ref = given.partition("=")
    if not (kind and equals and ref):
        told = said("--attach '%(given)s' is not KIND=HANDLE, as in photo=AgAC…", given=given)
        raise OperationFailed(told, status=2)
    return Attachment(kind=kind, ref=ref)


REPLY_OPERATIONS = {"card.reply": write}
