"""What the lab cannot know of an adapter: `manifest.toml` beside it, a table for each type.

    [acme]
    title = "Acme CRM"                      # as the page calls it
    kinds = ["message", "call"]             # of deliveries: recordings acme_message.json, …
    page = "README.md"

    [acme.rules]                            # only what differs from "done"
    refuses-changes = { exempt = "Acme signs no body, it sends a token" }
    answers-customers = { todo = "POST /messages, not before spring" }
    was-seen-live = "done"

A rule that is not named must hold; the three that cannot be measured count as to be done. A rule
that is to be done must fail: one that holds must be named so no longer.
"""

import tomllib
from collections.abc import Collection
from typing import Any, Literal

import msgspec

from channels.sdk.adapter import Adapter
from channels.sdk.testing.recordings import BadRecording, home


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a rule does not hold: exactly one of the two."""

    todo: str = ""
    """It will."""
    exempt: str = ""
    """It does not concern this adapter."""

    def __post_init__(self) -> None:
        if bool(self.todo) == bool(self.exempt):
            raise ValueError('say "done", { todo = "what" } or { exempt = "why" }')


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an adapter says of itself."""

    title: str = ""
    kinds: tuple[str, ...] = ()
    page: str = "README.md"
    rules: dict[str, Literal["done"] | Reason] = {}

    def todo(self, rule: str) -> str:
        """What is to be done before a rule holds; empty where it should already."""
        said = self.rules.get(rule)
        return said.todo if isinstance(said, Reason) else ""

    def exempt(self, rule: str) -> str:
        """Why a rule does not concern the adapter; empty where it does."""
        said = self.rules.get(rule)
        return said.exempt if isinstance(said, Reason) else ""

    def says_done(self, rule: str) -> bool:
        return self.rules.get(rule) == "done"


def read_manifest(adapter: type[Adapter[Any]], rules: Collection[str]) -> Manifest:
    """The manifest of an adapter's type; one that says nothing where there is none.

    Raises BadRecording, naming the file and what is wrong. `rules` are the names that there are.
    """
    file = home(adapter) / "manifest.toml"
    if not file.exists():
        return Manifest(title=adapter.account_type)
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
        said = msgspec.convert(tables.get(adapter.account_type, {}), Manifest)
    except ValueError as error:
        raise BadRecording(f"{file} [{adapter.account_type}]: {error}") from error
    if unknown := set(said.rules) - set(rules):
        named = ", ".join(sorted(unknown))
        raise BadRecording(f"{file} [{adapter.account_type}]: no rule is called {named}")
    return msgspec.structs.replace(said, title=said.title or adapter.account_type)
