"""A rule of the lab: a promise of an adapter, and how it is tried."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Literal

from channels.sdk.adapter import WebhookAdapter
from channels.sdk.delivery import Delivery
from channels.sdk.testing.content import Content, Source, content_of
from channels.sdk.testing.doors import Answer, AnyAdapter, Door
from channels.sdk.testing.manifest import Manifest
from channels.sdk.testing.recordings import Recording

Word = Literal["verify", "parse", "outcome", "lead", "reply", "intake", "polling", "care"]
"""What of an adapter a rule is about: its five words, or how it lives with others."""

TRIES = 150
_SOME = 8
_MOST_FAULTS = 5
_LONGEST_FAULT = 300


class NotApplicable(Exception):
    """There is nothing in this adapter that the rule could be about; the text says why."""


@dataclass(frozen=True, slots=True)
class Case:
    """One recording, ready to be sent."""

    recording: Recording
    adapter: AnyAdapter
    source: Source
    door: Door

    @property
    def name(self) -> str:
        return self.recording.name

    @property
    def request(self) -> Delivery:
        """The source, where it came over HTTP. NotApplicable where it was polled."""
        if isinstance(self.source, Delivery):
            return self.source
        raise NotApplicable("it was polled")

    @property
    def content(self) -> Content | None:
        return content_of(self.source)

    @property
    def has_secrets(self) -> bool:
        """Whether the account has a credential other than the secret part of its path."""
        settings = self.adapter.settings
        return any(secret != settings.secret_path for secret in settings.secrets())

    def sent(self, source: Source | None = None, *, by: AnyAdapter | None = None) -> Answer:
        """What comes of the delivery, or of a changed one, or in another account."""
        return self.door.send(by or self.adapter, self.source if source is None else source)

    def anew(self, **settings: Any) -> AnyAdapter:
        """An adapter as after a restart, with some settings of its account changed."""
        return made(type(self.adapter), {**self.recording.account, **settings})

    @property
    def unlocked(self) -> "Case":
        """The same without a check of authenticity: for contents that nobody could sign."""
        return replace(self, adapter=made(_unlocked(type(self.adapter)), self.recording.account))


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is tried: an adapter, its recordings, the door they go through, and how hard."""

    adapter: type[AnyAdapter]
    recordings: tuple[Recording, ...]
    door: Door
    manifest: Manifest = field(default_factory=Manifest)
    tries: int = TRIES
    """Changed copies of each recording; the same ones every time."""

    @property
    def cases(self) -> list[Case]:
        return [self._case(one) for one in self.recordings]

    @property
    def requests(self) -> list[Case]:
        """What came over HTTP and is a real delivery. NotApplicable for what only polls."""
        if not issubclass(self.adapter, WebhookAdapter):
            raise NotApplicable("nobody calls it: it polls")
        return [case for case in self.deliveries if isinstance(case.source, Delivery)]

    @property
    def deliveries(self) -> list[Case]:
        """All but handshakes and what is refused."""
        told = ("handshake", "rejected")
        return [case for case in self.cases if case.recording.expect["outcome"] not in told]

    @property
    def some(self) -> list[Case]:
        """Up to eight of them, of all sorts: for what takes long."""
        step = -(-len(self.deliveries) // _SOME)
        return self.deliveries[:: max(step, 1)]

    def random(self, case: Case) -> Random:
        return Random(f"{case.name}/{self.tries}")  # noqa: S311 - the same copies every time

    def _case(self, recording: Recording) -> Case:
        adapter = made(self.adapter, recording.account)
        return Case(recording, adapter, recording.source(self.adapter), self.door)


@dataclass(frozen=True, slots=True)
class Rule:
    """A promise, and what finds its breaches."""

    name: str
    word: Word
    promise: str
    find: Callable[[Subject], Iterator[str]]

    def faults(self, subject: Subject) -> list[str]:
        """The first few breaches, each in a line; empty where it holds. May raise NotApplicable."""
        found: list[str] = []
        for fault in self.find(subject):
            line = fault.encode("utf-8", "backslashreplace").decode()[:_LONGEST_FAULT]
            if line not in found:
                found.append(line)
            if len(found) == _MOST_FAULTS:
                break
        return found


Finder = Callable[[Subject], Iterator[str]]


def rule(word: Word) -> Callable[[Finder], Rule]:
    """Make a rule of a function: its name is the rule's, its docstring the promise."""

    def named(find: Finder) -> Rule:
        promise = (find.__doc__ or "").partition("\n\n")[0]
        return Rule(find.__name__.replace("_", "-"), word, " ".join(promise.split()), find)

    return named


def made(adapter: type[AnyAdapter], account: dict[str, Any]) -> AnyAdapter:
    """The adapter of an account; ValueError where its settings are wrong."""
    return adapter(adapter.Settings.from_table({"name": adapter.account_type, **account}))


def _unlocked(adapter: type[AnyAdapter]) -> type[AnyAdapter]:
    """The adapter with its door open. Its module stays, for its recordings lie there."""

    def verify(self: AnyAdapter, delivery: Delivery) -> None:
        del self, delivery

    return type(adapter.__name__, (adapter,), {"verify": verify, "__module__": adapter.__module__})
