"""One delivery through one adapter, up to the point where it must be stored.

The gateway, the trial (`leadlog channels try`), the conformance lab and a reparse all go through
`examine`, so that what is tried is what runs.
"""

from collections.abc import Sequence

import msgspec

from channels.sdk.adapter import Adapter, PollingAdapter, WebhookAdapter
from channels.sdk.batch import parser_fault
from channels.sdk.delivery import Delivery, PollItem, Reply
from channels.sdk.errors import NotAuthentic, Refused, Unreadable
from channels.sdk.outcome import Outcome, Quarantined
from channels.sdk.redaction import without_secrets
from channels.sdk.settings import AccountSettings


class Handshake(msgspec.Struct, frozen=True, gc=False):
    """The provider only checked the address; nothing to store."""

    reply: Reply


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """Not authentic (401, 403): counted, not stored."""

    reply: Reply
    message: str


class Invalid(msgspec.Struct, frozen=True, gc=False):
    """A form with wrong fields (422): the sender is told, nothing is stored."""

    reply: Reply
    message: str


class Examined(msgspec.Struct, frozen=True, gc=False):
    """An authentic delivery and what its items are; store, then reply."""

    outcomes: tuple[Outcome, ...]


_TITLES = {413: "the body is too large", 415: "wrong content type"}

Examination = Handshake | Rejected | Invalid | Examined


def examine(adapter: WebhookAdapter[AccountSettings], delivery: Delivery) -> Examination:
    """Handshake, verify, parse. Never raises, whatever came."""
    return _at_the_door(adapter, delivery) or read(adapter, delivery)


def examine_item(adapter: PollingAdapter[AccountSettings], item: PollItem) -> Examined:
    """The same for what a poll brought: there is nothing to verify. Never raises."""
    try:
        return Examined(_kept(adapter, adapter.parse_item(item)))
    except Unreadable as error:
        return Examined((Quarantined(error.reason, error.detail),))
    except Exception as error:  # noqa: BLE001 - a parser's bug must lose nothing
        return Examined((parser_fault(error),))


def _at_the_door(
    adapter: WebhookAdapter[AccountSettings], delivery: Delivery
) -> Handshake | Rejected | None:
    try:
        greeting = adapter.handshake(delivery)
        if greeting is not None:
            return Handshake(greeting)
        adapter.verify(delivery)
    except NotAuthentic as error:
        reply = error.reply or problem(error.status, "not authentic", str(error))
        return Rejected(reply, str(error))
    except Exception as error:  # noqa: BLE001 - hostile bytes must not look like an outage of ours
        message = f"the delivery could not be authenticated: {type(error).__name__}"
        return Rejected(problem(403, "not authentic", message), message)
    return None


def read(adapter: WebhookAdapter[AccountSettings], delivery: Delivery) -> Invalid | Examined:
    """Parse alone, for a delivery that was authenticated before. Never raises."""
    try:
        return Examined(_kept(adapter, adapter.parse(delivery)))
    except Refused as error:
        reply = adapter.refusal(delivery, error) or _told(error)
        return Invalid(reply, str(error))
    except Unreadable as error:
        return Examined((Quarantined(error.reason, error.detail),))
    except Exception as error:  # noqa: BLE001 - a parser's bug must lose nothing
        return Examined((parser_fault(error),))


def _kept(adapter: Adapter[AccountSettings], outcomes: Sequence[Outcome]) -> tuple[Outcome, ...]:
    return without_secrets(outcomes, adapter.secrets)


def _told(error: Refused) -> Reply:
    fields = [
        {"field": e.field, "problem": e.problem, "expected": e.expected}
        | ({"code": e.code} if e.code else {})
        for e in error.errors
    ]
    title = _TITLES.get(error.status, "some fields are wrong")
    return problem(error.status, title, str(error), errors=fields)


def problem(
    status: int, title: str, detail: str = "", *, errors: Sequence[dict[str, str]] = ()
) -> Reply:
    """An error as problem+json (RFC 9457)."""
    content: dict[str, object] = {"type": "about:blank", "title": title, "status": status}
    if detail:
        content["detail"] = detail
    if errors:
        content["errors"] = list(errors)
    return Reply(status, msgspec.json.encode(content), "application/problem+json")
