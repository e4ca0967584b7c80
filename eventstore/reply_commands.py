"""Writing to people: a message is a command, what becomes of it is recorded as events.

Keys of a reply stand in the table of keys beside those of leads, so that its id, each acceptance
and each state have one effect for ever, and a provider's id leads back to the message:

- `reply/ID` → the leaf card on whose stream it stands;
- `sent/CHANNEL/ACCOUNT/PROVIDER'S ID` → the reply;
- one for each state that a provider tells → the reply.
"""

from collections.abc import Collection
from typing import Literal

from channels.sdk.sending import Message
from eventstore.asked import asked_before
from eventstore.customer_base import CustomerBase
from eventstore.domain.events import Id, ReplyProgressed, ReplySent, ReplyWritten
from eventstore.domain.replies import FAILED, QUEUED, SET_ASIDE, Reply, replies_of
from eventstore.orders import CommandRefused, NotThere, Orders
from eventstore.receipts import reply_key, sent_key
from eventstore.said import said
from eventstore.work import Work

_NOT_SENT = frozenset({QUEUED, FAILED, SET_ASIDE})


class ReplyCommands:
    """Commands on messages to people. Each is one effect, however often it is repeated."""

    def __init__(self, base: CustomerBase) -> None:
        self._base = base

    def write(self, lead: Id, message: Message, by: Orders, *, channel: str, account: str) -> Id:
        """Record a message that answers a lead; gives the leaf card where it stands.

        CommandRefused where the command's id was used for another message.
        """

        def once(work: Work) -> Id:
            key = reply_key(by.command)
            asked_before(work, by.command, ("reply", message))
            if leaf := work.keyed(key):
                return leaf
            work.load_leads([lead])
            state = work.leads.get(lead)
            if state is None:
                raise NotThere(said("no lead %(lead)s", lead=lead))
            work.emit_card(
                state.leaf,
                ReplyWritten(
                    reply=by.command,
                    lead=lead,
                    channel=channel,
                    account=account,
                    actor=by.actor,
                    at=by.at,
                    leaf=state.leaf,
                ),
                message,
            )
            work.changes.keys[key] = state.leaf
            return state.leaf

        return self._base.attempt(once)

    def find(self, reply: Id, *, personal: bool = False) -> Reply:
        """The message as it is now; NotThere where nobody wrote it."""
        return _find(self._base.work(), reply, personal=personal)

    def sent(self, reply: Id, provider_id: str, *, echo: Id, repeated: bool, at: int) -> None:
        """The provider took it. Whatever it calls it: once sent, it stays sent."""

        def once(work: Work) -> None:
            found = _find(work, reply)
            written = found.written
            key = sent_key(written.channel, written.account, provider_id)
            if found.state in _NOT_SENT:
                event = ReplySent(reply=reply, sent=key, echo=echo, repeated=repeated, at=at)
                work.emit_card(written.leaf, event)
            if not work.keyed(key):
                work.changes.keys[key] = reply

        self._base.attempt(once)

    def failed(
        self,
        reply: Id,
        state: Literal["failed", "set_aside"],
        reason: str,
        *,
        at: int,
    ) -> None:
        """It was not sent, and will not be unless somebody says `retry`."""

        def once(work: Work) -> None:
            found = _find(work, reply)
            if found.state not in (FAILED, SET_ASIDE):
                event = ReplyProgressed(reply=reply, state=state, reason=reason, at=at)
                work.emit_card(found.written.leaf, event)

        self._base.attempt(once)

    def retry(self, replies: Collection[Id], by: Orders) -> None:
        """Have messages tried again that failed or were set aside: all of them, or none."""
        wanted = sorted(set(replies))

        def once(work: Work) -> None:
            if asked_before(work, by.command, ("retry", *wanted)):
                return
            for reply in wanted:
                found = _find(work, reply)
                if found.state not in (FAILED, SET_ASIDE):
                    raise CommandRefused(
                        said(
                            "message %(message)s is %(state)s: there is nothing to try again; name"
                            " those that failed or were set aside",
                            message=reply,
                            state=found.state,
                        )
                    )
                event = ReplyProgressed(reply=reply, state="queued", actor=by.actor, at=by.at)
                work.emit_card(found.written.leaf, event)

        self._base.attempt(once)


def _find(work: Work, reply: Id, *, personal: bool = False) -> Reply:
    leaf = work.keyed(reply_key(reply))
    found = _on(work, leaf, personal=personal).get(reply) if leaf else None
    if found is None:
        raise NotThere(said("no message %(message)s", message=reply))
    return found


def _on(work: Work, leaf: Id, *, personal: bool) -> dict[Id, Reply]:
    events = work.source.streams([leaf], personal=personal).get(leaf, ())
    return replies_of(recorded.event for recorded in events)
