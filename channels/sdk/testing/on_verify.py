"""Rules of `verify`: who is let in, and that nothing is looked at before."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from msgspec.structs import replace

from channels.sdk.adapter import WebhookAdapter
from channels.sdk.delivery import Delivery
from channels.sdk.errors import NotAuthentic
from channels.sdk.testing.bodies import BODIES
from channels.sdk.testing.content import Content, content_of
from channels.sdk.testing.credentials import Part, credentials, is_refused, without_credentials
from channels.sdk.testing.doors import AnyAdapter
from channels.sdk.testing.rule import Case, NotApplicable, Subject, rule
from channels.sdk.testing.sayings import sayings
from channels.sdk.testing.spoiling import spoilt, with_new_kinds

_SECRET_PATH = "lab-4f1c9a7e"  # noqa: S105 - of an account that lives for a moment
_MOST_FLIPS = 200


@rule("verify")
def refuses_strangers(subject: Subject) -> Iterator[str]:
    """Without its credentials, or with one character of them wrong, a delivery is refused."""
    believed = list(_believed(subject))
    if not believed:
        names = ", ".join(_secret_names(subject))
        yield f"no recording is refused for want of its credentials ({names}): record such a one"
    for case, parts in believed:
        if not is_refused(case, without_credentials(case.request, parts)):
            yield f"{case.name}: it is taken without any credentials"
        for part in parts:
            if any(case.sent(changed).stored for changed in part.altered(case.request)):
                yield f"{case.name}: {part.name} is asked for, but any value will do"


@rule("verify")
def refuses_changes(subject: Subject) -> Iterator[str]:
    """A body with one bit flipped is never taken for something else than what was signed."""
    for case, _ in _guarded(subject):
        before = sayings(case.sent())
        for place, flipped in _flipped(subject, case):
            answer = case.sent(flipped)
            if answer.stored and sayings(answer) != before:
                yield f"{case.name}: byte {place} of the body can be changed unnoticed"
                break


@rule("verify")
def refuses_old_secrets(subject: Subject) -> Iterator[str]:
    """A delivery signed with a secret that was replaced is refused; of several secrets any counts.

    So a secret can be rotated without a gap, and a lost one is worth nothing.
    """
    for case, _ in _guarded(subject):
        rotated = list(_rotated(case))
        if all(case.sent(by=new).stored for new, _ in rotated):
            yield f"{case.name}: it is taken whatever the account's secrets are"
        for new, both in rotated:
            if both and not case.sent(by=new).stored and not case.sent(by=both).stored:
                yield f"{case.name}: the old secret beside the new one does not count"


@rule("verify")
def keeps_its_secret_path(subject: Subject) -> Iterator[str]:
    """An account with a `secret_path` takes only what comes by that path."""
    for case in subject.requests:
        locked = case.anew(secret_path=_SECRET_PATH)
        if case.sent(by=locked).stored:
            yield f"{case.name}: it is taken without the secret path"
        there = _by_secret_path(case)
        if there and case.sent(there).stored and not case.sent(there, by=locked).stored:
            yield f"{case.name}: it is refused in spite of the secret path"


@rule("verify")
def verifies_first(subject: Subject) -> Iterator[str]:
    """What a delivery without credentials holds makes no difference and breaks nothing."""
    for case in subject.requests:
        for source in _changed(subject, case, case.request, case.content):
            yield from _raised(case, source)
    for case, parts in _believed(subject) if _secret_names(subject) else ():
        for source in _of_strangers(subject, case, parts):
            answer = case.sent(source)
            if not answer.handshake and (answer.stored or answer.status < 400):
                yield f"{case.name}: {answer.status} for a stranger's {source.body[:60]!r}"


def _secret_names(subject: Subject) -> list[str]:
    return [name for name in subject.adapter.Settings.secret_names() if name != "secret_path"]


def _believed(subject: Subject) -> Iterator[tuple[Case, list[Part]]]:
    """The recordings that are refused without credentials, and what these are."""
    requests = subject.requests
    if not _secret_names(subject):
        raise NotApplicable("the provider signs nothing: only a secret path protects the account")
    for case in requests:
        parts = credentials(case) if case.has_secrets else []
        if parts:
            yield case, parts


def _guarded(subject: Subject) -> list[tuple[Case, list[Part]]]:
    believed = list(_believed(subject))
    if not believed:
        raise NotApplicable("no recording is refused for want of its credentials")
    return believed


def _flipped(subject: Subject, case: Case) -> Iterator[tuple[int, Delivery]]:
    random, body = subject.random(case), case.request.body
    for place in random.sample(range(len(body)), min(len(body), _MOST_FLIPS)):
        changed = bytearray(body)
        changed[place] ^= 1 << random.randrange(8)
        yield place, replace(case.request, body=bytes(changed))


def _rotated(case: Case) -> Iterator[tuple[AnyAdapter, AnyAdapter | None]]:
    """The account with one of its secrets replaced; and with both, where it may have several."""
    settings = case.adapter.settings
    secrets = {secret for secret in settings.secrets() if secret != settings.secret_path}
    for name, value in case.recording.account.items():
        if isinstance(value, str) and value in secrets:
            yield case.anew(**{name: _another(value)}), None
        elif isinstance(value, list) and secrets.issuperset(map(str, value)) and value:
            new = [_another(one) for one in value]
            yield case.anew(**{name: new}), case.anew(**{name: [*new, *value]})


def _another(secret: str) -> str:
    """Another secret of the same form: its last letters and digits are others."""
    last = "".join(chr(ord(c) + 1) if c.isalnum() and c not in "zZ9" else c for c in secret[-8:])
    return secret[:-8] + last if last != secret[-8:] else "a" + secret[1:]


def _by_secret_path(case: Case) -> Delivery | None:
    """The delivery with the secret behind the account's name, as the provider would be told it.

    None where the account has a secret of its own there already.
    """
    account = case.recording.account
    parts = urlsplit(case.request.url)
    own = f"/in/{account.get('name', account['type'])}"
    if account.get("secret_path") or not parts.path.startswith(own):
        return None
    path = f"{own}/{_SECRET_PATH}{parts.path.removeprefix(own)}"
    return replace(case.request, url=urlunsplit(parts._replace(path=path)))


def _of_strangers(subject: Subject, case: Case, parts: list[Part]) -> Iterator[Delivery]:
    """Everything that may come from who knows no credentials."""
    outside = [part for part in parts if part.where != "body"]
    stranger = without_credentials(case.request, outside or parts)
    yield from _changed(subject, case, stranger, content_of(stranger))


def _changed(
    subject: Subject, case: Case, source: Delivery, content: Content | None
) -> Iterator[Delivery]:
    for body in BODIES:
        yield replace(source, body=body)
    if content is None:
        return
    trees: list[Any] = [tree for _, tree in with_new_kinds(content.tree)]
    trees += spoilt(content.tree, subject.random(case), most=subject.tries)
    for tree in trees:
        closed = content.close(tree)
        if isinstance(closed, Delivery):
            yield closed


def _raised(case: Case, source: Delivery) -> Iterator[str]:
    """What `handshake` and `verify` raise other than NotAuthentic."""
    adapter = case.adapter
    looks = (adapter.handshake, adapter.verify) if isinstance(adapter, WebhookAdapter) else ()
    for look in looks:
        try:
            look(source)
        except NotAuthentic:
            continue
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            kind = type(error).__name__
            yield f"{case.name}: {look.__name__} raises {kind} on {source.body[:60]!r}"
