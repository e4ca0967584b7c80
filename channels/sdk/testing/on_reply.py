"""Rules of the reply, and of everything else that leaves an adapter."""

from collections.abc import Iterator

from msgspec.structs import replace

from channels.sdk.delivery import Delivery
from channels.sdk.testing.content import Source
from channels.sdk.testing.on_parse import hostile
from channels.sdk.testing.rule import Case, Subject, rule
from channels.sdk.testing.secrets import is_in, overheard, secrets_in


@rule("reply")
def answers_repeats_alike(subject: Subject) -> Iterator[str]:
    """A repeat is answered like the first delivery, and what was stored is answered by success."""
    for case in subject.deliveries:
        first, second = case.sent(), case.sent()
        if (first.status, first.reply.body) != (second.status, second.reply.body):
            yield f"{case.name}: {first.status}, then {second.status} {second.reply.body[:80]!r}"
        for source in (case.source, *hostile(subject, case)):
            answer = case.unlocked.sent(source) if source is not case.source else first
            if answer.stored and not 200 <= answer.status < 300:
                yield f"{case.name}: {answer.outcome}, and the provider hears {answer.status}"


@rule("reply")
def keeps_secrets(subject: Subject) -> Iterator[str]:
    """No credential stands in a lead, in its raw delivery, in quarantine, a reply or the log."""
    for case in subject.cases:
        secrets = case.adapter.settings.secrets()
        with overheard() as heard:
            for source in _with_secrets(subject, case):
                answer = case.sent(source) if source is case.source else case.unlocked.sent(source)
                for place in secrets_in(answer, secrets):
                    yield f"{case.name}: a secret is in {place}"
        if is_in("\n".join(heard), secrets):
            yield f"{case.name}: a secret is logged or printed"
        if is_in(repr(case.adapter.settings), secrets):
            yield f"{case.name}: a secret is in the account's repr"


def _with_secrets(subject: Subject, case: Case) -> Iterator[Source]:
    """The delivery, refused and broken ones too: errors are where secrets get out."""
    yield case.source
    yield from hostile(subject, case)
    source = case.source
    if isinstance(source, Delivery):
        yield replace(source, body=source.body[:-1] or b"{")
        yield replace(source, body=b"\xff" + source.body)
