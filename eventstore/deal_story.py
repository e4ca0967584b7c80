"""A deal as people read it: how it stands, and its history with actors and both times."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from eventstore.deal_causes import cause_of
from eventstore.domain.deals import DECLINED, LOST, OPEN, Deal, apply, note_amount
from eventstore.domain.events import (
    AmountSet,
    DealClosed,
    DealCommand,
    DealJoined,
    DealOpened,
    DealReopened,
    DealRestored,
    DealSeparated,
    DealWithdrawn,
    Decision,
    Event,
    Id,
    NoteAdded,
    OwnerSet,
    RepeatChanged,
    Routed,
    StageEntered,
)
from eventstore.domain.pipeline import UNSORTED, WON, Pipeline
from eventstore.reading import Recorded
from eventstore.told import Json, Told, carried, text_id, time_text

IN_FORCE = frozenset({OPEN, WON, LOST, DECLINED})
"""How a deal stands that is neither joined into another nor withdrawn."""


def deal_known(opened: Recorded, then: Iterable[Recorded]) -> Deal:
    """A deal after these events of its stream."""
    first = opened.event
    if not isinstance(first, DealOpened):
        raise TypeError(f"stream {opened.stream.hex()} of a deal begins with {type(first)}")
    deal = Deal(opened.stream, first.lead, first.pipeline, repeat_of=first.repeat_of)
    note_amount(deal, first.amount, first.currency, (first.opened_at, first.lead))
    joined = False
    for recorded in then:
        if isinstance(recorded.event, DealJoined | DealSeparated):
            joined = isinstance(recorded.event, DealJoined)
        evolve(deal, recorded.event, joined=joined)
    return deal


def evolve(deal: Deal, event: Event, *, joined: bool) -> None:
    """What became of the deal by an event of its stream, `joined` and `withdrawn` among it.

    `joined`: by all events so far it goes into another. So it does on when it is restored, too.
    """
    if isinstance(event, DealCommand):
        apply(deal, event)
    elif isinstance(event, DealWithdrawn):
        deal.status = "withdrawn"
    elif isinstance(event, DealJoined | DealSeparated | DealRestored):
        deal.status = "joined" if joined else OPEN
    elif isinstance(event, RepeatChanged):
        deal.repeat_of = event.repeat_of


def shown_deal(
    deal: Deal,
    touches: Sequence[Told],
    named: Collection[Id] | None = None,
    *,
    count: int | None = None,
) -> Json:
    """The deal with what its touches (oldest first) carry to it; `named`: only these by id.

    `count`: so many touches it has, where these are not all.
    """
    return {
        "id": text_id(deal.id),
        "pipeline": deal.pipeline,
        "stage": deal.stage,
        "status": deal.status,
        "leads": [text_id(t.lead) for t in touches if named is None or t.lead in named],
        "touches": len(touches) if count is None else count,
        "repeat_of": text_id(deal.repeat_of) or None,
        "owner": deal.owner or None,
        "amount": deal.amount or None,
        "currency": deal.currency or None,
        **_returned(deal),
        **carried(touches),
    }


def _returned(deal: Deal) -> Json:
    """What came to it after its end, and waits for its owner (SEMANTICS 3.3)."""
    found = deal.returned
    if found is None:
        return {}
    ends = {"first": text_id(found.first), "last": text_id(found.last)}
    return {"returned": {"touches": found.touches, **ends, "since": time_text(found.at)}}


def history(
    events: Iterable[Recorded],
    pipeline: Pipeline,
    *,
    began: int,
    causes: Mapping[Id, Decision],
) -> list[Json]:
    """What happened to a deal, in recorded order.

    `began`: when the touch that opened it happened, as told by now; a later delivery may have been
    recorded first, and an event says for ever what was known then. Entering a stage passes all
    before it that were never entered: they are told as `skipped`. What came of one of the `causes`
    (`eventstore.deal_causes`) is told with who decided and why.
    """
    told = []
    stage = ""
    reached: set[str] = set()
    for recorded in events:
        event = recorded.event
        entry: Json = {
            "type": "deal",
            "deal": text_id(recorded.stream),
            "pipeline": pipeline.id,
            "what": deal_event(event),
            "actor": _actor(event) or None,
            "at": time_text(began if isinstance(event, DealOpened) else _happened(recorded)),
            "recorded_at": time_text(recorded.recorded_at),
            "version": recorded.version,
        }
        for name in ("command", "because", "into", "lead"):
            if value := getattr(event, name, b""):
                entry[name] = text_id(value)
        for name in ("status", "reason", "amount", "currency", "owner", "text", "by"):
            if value := getattr(event, name, ""):
                entry[name] = value
        if cause := causes.get(cause_of(event)):
            entry |= {"actor": cause.actor or None, "reason": cause.reason}
        if isinstance(event, DealOpened) and event.routed:
            entry["routed"] = shown_route(event.routed)
        entered = _entered(event)
        if entered:
            skipped = _skipped(pipeline, entered, reached)
            entry |= {"stage": entered, "from": stage or None, "skipped": skipped}
            reached |= {entered, *skipped}
            stage = entered if entered != WON else stage
        told.append(entry)
    return told


def shown_route(routed: Routed) -> Json:
    """Why the deal is in its pipeline (SEMANTICS 4.5)."""
    return {
        "rule": routed.rule or None,
        "version": routed.version,
        "follows": text_id(routed.follows) or None,
    }


def deal_event(event: Event) -> str:
    """What happened, in a word."""
    return _WHAT.get(type(event), type(event).__name__)


def _entered(event: Event) -> str:
    """The step of the pipeline that the deal stands at after this event; empty for no move."""
    match event:
        case DealOpened():
            return UNSORTED
        case StageEntered() | DealReopened():
            return event.stage
        case DealClosed(status="won"):
            return WON
    return ""


def _skipped(pipeline: Pipeline, stage: str, reached: set[str]) -> list[str]:
    steps = pipeline.steps
    place = steps.index(stage) if stage in steps else 0  # a stage may have been removed since
    return [step for step in steps[:place] if step not in reached]


def _actor(event: Event) -> str:
    """Who did it; of a join a person, where it is not the rule's."""
    if isinstance(event, DealJoined):
        return event.by if event.command else ""
    return getattr(event, "actor", "")


def _happened(recorded: Recorded) -> int:
    at = getattr(recorded.event, "at", None)
    return recorded.recorded_at if at is None else int(at)


_WHAT = {
    DealOpened: "opened",
    StageEntered: "stage",
    DealClosed: "closed",
    DealReopened: "reopened",
    AmountSet: "amount",
    OwnerSet: "owner",
    NoteAdded: "note",
    DealJoined: "joined",
    DealSeparated: "separated",
    RepeatChanged: "repeat",
    DealWithdrawn: "withdrawn",
    DealRestored: "restored",
}
