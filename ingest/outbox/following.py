"""Events as changes of the outbox. Pure."""

from collections.abc import Iterable, Iterator
from typing import Final

from eventstore.domain.events import ReplyProgressed, ReplySent, ReplyWritten
from eventstore.reading import Recorded
from ingest.outbox.store import Change, Ended, Enqueued, Renewed, State, Waiting

TRIED_FOR_MS: Final = 3 * 24 * 3600 * 1000
"""From the time of writing, or of the command to try again (SEMANTICS 7)."""

_ENDS: Final = {"failed": State.FAILED, "set_aside": State.SET_ASIDE}


def changes_of(events: Iterable[Recorded]) -> Iterator[Change]:
    """What these events say to the outbox, in their order."""
    for recorded in events:
        match recorded.event:
            case ReplyWritten() as written:
                yield Enqueued(
                    Waiting(
                        reply=written.reply,
                        position=recorded.position,
                        leaf=recorded.stream,
                        channel=written.channel,
                        account=written.account,
                        state=State.WAITING,
                        written_at=written.at,
                        next_at=0,
                        until=max(written.at, recorded.recorded_at) + TRIED_FOR_MS,
                        tries=0,
                        unsure=False,
                        reason="",
                    )
                )
            case ReplySent(reply=reply):
                yield Ended(reply, State.SENT)
            case ReplyProgressed(reply=reply, state="queued", at=at):
                yield Renewed(reply, 0, max(at, recorded.recorded_at) + TRIED_FOR_MS)
            case ReplyProgressed(reply=reply, state=state, reason=reason) if state in _ENDS:
                yield Ended(reply, _ENDS[state], reason)
