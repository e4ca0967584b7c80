"""What is no customer's mail, in the order of docs/providers.md, 3.4. Never raises.

Form notifications were taken out before. `Precedence: bulk` alone is an automatic answer, by that
order; together with a list's own header the mail is a list's.
"""

import re

from channels.email import bounces
from channels.email.addresses import mailboxes
from channels.email.mime import Part
from channels.sdk.outcome import Ignored, IgnoreReason, Quarantined, QuarantineReason

_DAEMON = re.compile(r"mailer-daemon|postmaster", re.IGNORECASE)
_AUTO_SUBJECT = re.compile(
    r"(?:автоответ(?!чик)|автоматический ответ|out of (?:the )?office|automatic reply|"
    r"auto[- ]?reply|autoresponse)",
    re.IGNORECASE,
)
_AUTO_HEADERS = ("x-auto-response-suppress", "x-autoreply", "x-autorespond")
_LIST_HEADERS = ("list-id", "list-unsubscribe", "feedback-id")
_SPAM_HEADERS = ("x-spam-flag", "x-spam-status", "x-spam")
_YES = re.compile(r"\s*(?:yes|true)\b", re.IGNORECASE)


def screen(mail: Part, key: str, own_domains: frozenset[str]) -> Ignored | Quarantined | None:
    """Why the mail is no lead; None for a mail to look at."""
    if is_bounce(mail):
        return Ignored(IgnoreReason.BOUNCE, key, receipts=bounces.receipts(mail))
    of_list = _is_list(mail, own_domains)
    if _answers_by_itself(mail) or (_precedence(mail) in ("bulk", "junk") and not of_list):
        return Ignored(IgnoreReason.AUTO_REPLY, key)
    if of_list:
        return Ignored(IgnoreReason.BULK, key)
    spam = next((name for name in _SPAM_HEADERS if _YES.match(mail.headers.raw(name))), "")
    return Quarantined(QuarantineReason.SPAM, f"the mail server says so: {spam}") if spam else None


def is_bounce(mail: Part) -> bool:
    """A mail server's report that something could not be delivered."""
    headers = mail.headers
    if "return-path" in headers and headers.raw("return-path").replace(" ", "") == "<>":
        return True
    if _report_type(mail) == "delivery-status" or "x-failed-recipients" in headers:
        return True
    sender = headers.raw("from")
    names = [box.value.partition("@")[0] for box in mailboxes(sender)] or re.split(
        r"[\s<>@]", sender
    )
    return any(_DAEMON.fullmatch(name) for name in names)


def _report_type(mail: Part) -> str:
    kind, parameters = mail.headers.parameters("content-type")
    return parameters.get("report-type", "").lower() if kind == "multipart/report" else ""


def _answers_by_itself(mail: Part) -> bool:
    headers = mail.headers
    submitted = headers.raw("auto-submitted").partition(";")[0].strip().lower()
    return (
        submitted not in ("", "no")
        or any(name in headers for name in _AUTO_HEADERS)
        or _precedence(mail) == "auto_reply"
        or bool(_AUTO_SUBJECT.match(headers.text("subject")))
        or _report_type(mail) == "disposition-notification"
    )


def _precedence(mail: Part) -> str:
    return mail.headers.raw("precedence").strip().lower().replace("-", "_")


def _is_list(mail: Part, own_domains: frozenset[str]) -> bool:
    """A list's mail; not when the list is our own (sales@ as a group forwards customers' mail)."""
    list_domain = mail.headers.raw("list-id").rpartition("<")[2].strip(" >").lower()
    if any(list_domain.endswith(f".{domain}") for domain in own_domains):
        return False
    return _precedence(mail) == "list" or any(name in mail.headers for name in _LIST_HEADERS)
