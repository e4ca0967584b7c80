"""Rules of the lead: the same for ever, well formed, and nothing in it that was not proven."""

from collections.abc import Iterator
from datetime import timedelta

from msgspec.structs import replace

from channels.sdk.lead import Identity, LeadEvent
from channels.sdk.testing.content import Source
from channels.sdk.testing.doors import Answer
from channels.sdk.testing.on_parse import hostile
from channels.sdk.testing.rule import Case, NotApplicable, Subject, rule
from channels.sdk.testing.spoiling import NEW_KIND, at, places, with_value, without
from channels.sdk.testing.well_formed import faults_of
from channels.sdk.times import format_time, parse_time

_SLOT_S = 300
_LATER = (
    timedelta(seconds=1),
    timedelta(minutes=7),
    timedelta(hours=30),
    timedelta(days=8),
    timedelta(days=400),
)
"""Providers repeat for up to a week, people move data over after a year."""


@rule("lead")
def keeps_its_ids(subject: Subject) -> Iterator[str]:
    """A repeat has the ids of the first delivery: at once, after a restart, and after a year."""
    for case in subject.deliveries:
        unlocked = case.unlocked
        first = _ids(unlocked.sent())
        if _ids(case.unlocked.sent()) != first:
            yield f"{case.name}: after a restart it has other ids"
        for repeat, after in _repeats(case):
            if _ids(unlocked.sent(repeat)) != first:
                yield f"{case.name}: repeated {after} later it has other ids"
        elsewhere = case.anew(name="another")
        if case.sent().leads and _ids(case.sent(by=elsewhere)) == first:
            yield f"{case.name}: in another account it has the same ids"


@rule("lead")
def is_well_formed(subject: Subject) -> Iterator[str]:
    """Times, ids, identities and amounts are spelled as the lead event has them, whatever came."""
    for case in subject.deliveries:
        unlocked = case.unlocked
        for source in (case.source, *hostile(subject, case)):
            for lead in unlocked.sent(source).leads:
                for fault in faults_of(lead, unlocked.adapter):
                    yield f"{case.name}: {fault}"


@rule("lead")
def proves_contacts(subject: Subject) -> Iterator[str]:
    """A contact counts as the sender's own only where something in the delivery ties it to them."""
    tried = False
    for case in subject.deliveries:
        for sender, contact in _contacts(case):
            tried = True
            if not _is_tied(case, sender, contact):
                told = f"{contact.kind} {contact.value}"
                yield f"{case.name}: {told} is attested whosever it is"
    if not tried:
        raise NotApplicable("no recording attests a contact beside the sender's own id")


def _ids(answer: Answer) -> list[tuple[str, str, str]]:
    return [
        (one.outcome, one.lead.lead_id, one.lead.event_id) if one.lead else (one.outcome, "", "")
        for one in answer.stored
    ]


def _repeats(case: Case) -> Iterator[tuple[Source, timedelta]]:
    """Later ones; of what has no id of its own, such as come within the same five minutes."""
    received = parse_time(case.source.received_at)
    later: tuple[timedelta, ...] = _LATER
    if case.recording.keyed_by == "content":
        left = _SLOT_S - 1 - int(received.timestamp()) % _SLOT_S
        later = (timedelta(seconds=left),)
    for after in later:
        yield replace(case.source, received_at=format_time(received + after)), after


def _contacts(case: Case) -> Iterator[tuple[Identity, Identity]]:
    """Who sent it, and each attested address that is not just the same number once more."""
    for lead in case.unlocked.sent().leads:
        attested = [identity for identity in lead.identities if identity.proof == "attested"]
        senders = [one for one in attested if one.kind not in {"phone", "email"}]
        for contact in attested:
            if senders and contact not in senders and not _same(contact, senders[0]):
                yield senders[0], contact


def _same(contact: Identity, sender: Identity) -> bool:
    return contact.value.removeprefix("+") == sender.value


def _is_tied(case: Case, sender: Identity, contact: Identity) -> bool:
    """Whether another value somewhere takes the proof away and leaves the sender."""
    content = case.content
    if content is None:
        return True
    unlocked = case.unlocked
    for way in places(content.tree):
        value = at(content.tree, way)
        if isinstance(value, dict | list) or _tells(value, contact):
            continue
        others = (with_value(content.tree, way, _other(value)), without(content.tree, way))
        for tree in others:
            leads = unlocked.sent(content.close(tree)).leads
            if any(_has(lead, sender) and not _has(lead, contact) for lead in leads):
                return True
    return False


def _tells(value: object, contact: Identity) -> bool:
    """Whether the value is the contact's own spelling: without it there is of course none."""
    digits = "".join(character for character in str(value) if character.isdigit())
    return contact.raw in str(value) or (contact.kind == "phone" and contact.value[-9:] in digits)


def _other(value: object) -> object:
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else NEW_KIND


def _has(lead: LeadEvent, identity: Identity) -> bool:
    found = {(one.kind, one.value) for one in lead.identities if one.proof == "attested"}
    return (identity.kind, identity.value) in found
