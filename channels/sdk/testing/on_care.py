"""What an adapter owes its users beside being right: a page, recordings, the way back.

The lab sees whether the page and the recordings are there. The others cannot be measured here; an
adapter's manifest says of each whether it is done, to be done, or needless, and why.
"""

import re
from collections.abc import Iterator

from channels.sdk.settings import AccountSettings
from channels.sdk.testing.recordings import home
from channels.sdk.testing.rule import Rule, Subject, rule


@rule("care")
def has_a_page(subject: Subject) -> Iterator[str]:
    """A page tells the account's owner how to connect it, and explains each setting."""
    manifest = subject.manifest
    page = home(subject.adapter) / manifest.page
    if not page.is_file():
        yield f"there is no {manifest.page} beside the adapter"
        return
    text = page.read_text(encoding="utf-8")
    if manifest.title.lower() not in text.lower():
        yield f"{manifest.page} does not speak of {manifest.title}"
    missing = [
        name for name in _own_settings(subject) if not re.search(rf"\b{name}(_file)?\b", text)
    ]
    if missing:
        yield f"{manifest.page} does not explain the settings {', '.join(missing)}"


@rule("care")
def records_each_kind(subject: Subject) -> Iterator[str]:
    """Of each kind of delivery that the provider has there is a recording."""
    kinds = subject.manifest.kinds
    if not kinds:
        yield "the manifest names no kinds of deliveries"
    recorded = {recording.kind for recording in subject.recordings}
    for kind in kinds:
        if kind not in recorded:
            yield f"no recording {subject.adapter.account_type}_{kind}.json"
    for kind in recorded - set(kinds):
        yield f"the manifest does not name the kind {kind}, of which there is a recording"


@rule("care")
def answers_customers(subject: Subject) -> Iterator[str]:
    """Operators can answer the customer through the same account."""
    yield from _declared(subject)


@rule("care")
def fetches_what_it_missed(subject: Subject) -> Iterator[str]:
    """After an outage longer than the provider's repeats, what was missed is fetched."""
    yield from _declared(subject)


@rule("care")
def was_seen_live(subject: Subject) -> Iterator[str]:
    """It was run against the provider itself, or a real server of its kind."""
    yield from _declared(subject)


def _declared(subject: Subject) -> Iterator[str]:
    del subject
    yield "not said to be done"


def _own_settings(subject: Subject) -> list[str]:
    common = set(AccountSettings.__struct_fields__)
    return [
        name for name in subject.adapter.Settings.__struct_encode_fields__ if name not in common
    ]


DECLARED: tuple[Rule, ...] = (answers_customers, fetches_what_it_missed, was_seen_live)
"""The lab has to believe the manifest about these."""
