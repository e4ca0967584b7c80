"""What an adapter may raise, and what its caller does then.

AdapterError
├── NotAuthentic     answer 401 or 403, count, store nothing
├── Unreadable       quarantine the item with its raw bytes, answer as usual
├── Refused          answer 422 with the fields (own forms only), store nothing
├── RetryLater       (pollers, senders) try the same again after a pause
│   └── RateLimited  (senders) and nothing else of this account before
├── Undeliverable    (senders) never send this message again; tell who wrote it
└── StopAdapter      (pollers, senders) stop this account and tell the ops team
"""

from dataclasses import dataclass

from channels.sdk.delivery import Reply
from channels.sdk.outcome import QuarantineReason
from channels.sdk.sending import NotSent


class AdapterError(Exception):
    """The root; nothing raises it itself."""


class NotAuthentic(AdapterError):
    """The signature or secret is missing (401) or wrong (403). `str()` says which, no secrets.

    `reply` is for providers that document what they want to hear; others get problem+json.
    """

    def __init__(self, message: str, *, status: int = 403, reply: Reply | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.reply = reply


class Unreadable(AdapterError):
    """The delivery is authentic but cannot be read; it goes to quarantine."""

    def __init__(self, reason: QuarantineReason, detail: str = "") -> None:
        super().__init__(detail or reason.value)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field of a form: its name, what is wrong with it, and what is expected.

    `code` names the problem for programs, which say it in the words of their page (`missing`,
    `phone`, `email`); empty where there is no short name for it.
    """

    field: str
    problem: str
    expected: str
    code: str = ""


class Refused(AdapterError):
    """A form or API submission with wrong fields: the sender is told, nothing is stored.

    `status` is 413 or 415 where it is not the fields that are wrong but the body as a whole.
    """

    def __init__(self, *errors: FieldError, status: int = 422) -> None:
        super().__init__("; ".join(f"{e.field}: {e.problem}" for e in errors))
        self.errors = errors
        self.status = status


class RetryLater(AdapterError):
    """The provider or the network is away; try again after `after_s` seconds.

    `unsure`: what was sent may have been taken all the same, so that the next try may repeat it.
    """

    def __init__(self, message: str, *, after_s: float = 5.0, unsure: bool = False) -> None:
        super().__init__(message)
        self.after_s = after_s
        self.unsure = unsure


class RateLimited(RetryLater):
    """The provider wants fewer calls: nothing goes from this account for `after_s` seconds."""


class Undeliverable(AdapterError):
    """The message will never be sent as it is. The text is for whoever wrote it: no secrets."""

    def __init__(self, reason: NotSent, detail: str = "") -> None:
        super().__init__(detail or reason.value.replace("_", " "))
        self.reason = reason


class StopAdapter(AdapterError):
    """Going on makes no sense (a revoked token); the message says what a person must do."""
