"""Made-up leads as the intake would have put them on the log, the same for the same seed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple
from uuid import uuid5

import msgspec

from channels.registry import make_adapter
from channels.sdk.adapter import WebhookAdapter
from channels.sdk.delivery import Delivery
from channels.sdk.ids import NAMESPACE
from channels.sdk.intake import Examined, examine
from channels.sdk.lead import Identity, Kind, LeadEvent
from channels.sdk.outcome import Accepted
from channels.sdk.settings import AccountSettings
from channels.sdk.times import Timestamp, format_time
from ingest.log.port import Logged, Record
from ingest.log.records import lead_record
from ingest.log.sqlite import PARTITION

ACCOUNT = "site"
_START = datetime(2026, 3, 1, 6, tzinfo=UTC)
_APART = timedelta(milliseconds=700)
_NAMES = ("Анна", "Борис", "Вера", "Глеб", "Дарья", "Егор", "Жанна", "Захар", "Ирина", "Кирилл")
_GOODS = ("кухню", "шкаф-купе", "гардеробную", "стол", "кровать")
_SOURCES = ("yandex", "vk", "google", "avito")


class Mix(NamedTuple):
    """What kind of traffic it is."""

    returning: float = 0.5
    """Share of leads from somebody who wrote before."""
    with_email: float = 0.5
    """Share of people who give an e-mail beside their phone: leads have one or two identities."""


def logged(
    offset: int, name: str, at: Timestamp, identities: tuple[Identity, ...], *, kind: Kind
) -> Logged:
    """The record of a lead that has identities and nothing else; its ids follow from its name."""
    lead_id = str(uuid5(NAMESPACE, name))
    lead = LeadEvent(
        lead_id=lead_id,
        event_id=lead_id,
        channel="mango" if kind == "call" else "webform",
        account=ACCOUNT,
        kind=kind,
        direction="in",
        occurred_at=at,
        received_at=at,
        identities=identities,
    )
    record = lead_record(lead)
    return Logged(PARTITION, offset, record.type, record.value)


def form_body(person: int, mix: Mix, rng: Random) -> bytes:
    """What the browser of this person posts: some 200 bytes of JSON with Cyrillic text."""
    form = {
        "name": _NAMES[person % len(_NAMES)],
        "phone": _spelled(person, rng),
        "message": f"Хочу {rng.choice(_GOODS)}, {rng.randint(100, 400)} см",
        "utm_source": rng.choice(_SOURCES),
        "utm_campaign": f"spring-{rng.randint(1, 20)}",
        "submission_id": f"{rng.getrandbits(64):016x}",
    }
    if (person * 0x9E3779B1 & 0xFFFF) < mix.with_email * 0x10000:
        form["email"] = f"client{person}@example.ru"
    return msgspec.json.encode(form)


def _spelled(person: int, rng: Random) -> str:
    digits = f"9{person % 10**9:09d}"
    if rng.random() < 0.5:
        return f"+7{digits}"
    return f"8 ({digits[:3]}) {digits[3:6]}-{digits[6:8]}-{digits[8:]}"


def persons(count: int, mix: Mix, rng: Random, *, first: int = 0) -> Iterator[int]:
    """Who writes, one number a lead; those who return are drawn from all who wrote before."""
    known = first
    for _ in range(count):
        if known and rng.random() < mix.returning:
            yield rng.randrange(known)
        else:
            yield known
            known += 1


def form_adapter() -> WebhookAdapter[AccountSettings]:
    """The adapter of our own form with nothing configured but its name."""
    adapter = make_adapter({"type": "webform", "name": ACCOUNT})
    assert isinstance(adapter, WebhookAdapter)  # noqa: S101 - a form is posted
    return adapter


def logged_leads(count: int, mix: Mix, *, seed: int, first: int = 0) -> Iterator[Logged]:
    """Records of the log, offsets from 0: forms read by the real adapter, as the gateway does.

    The first `first` persons count as known: leads that return may come from them.
    """
    rng = Random(seed)  # noqa: S311 - the same leads for the same seed
    adapter = form_adapter()
    moment = _START
    for offset, person in enumerate(persons(count, mix, rng, first=first)):
        moment += _APART
        record = _record(adapter, form_body(person, mix, rng), moment)
        yield Logged(PARTITION, offset, record.type, record.value)


def _record(adapter: WebhookAdapter[AccountSettings], body: bytes, moment: datetime) -> Record:
    delivery = Delivery(
        url=f"/in/{ACCOUNT}",
        headers={"content-type": "application/json"},
        body=body,
        received_at=format_time(moment),
        segments=(),
    )
    match examine(adapter, delivery):
        case Examined((Accepted(lead),)):
            return lead_record(lead)
        case other:
            raise ValueError(f"the made-up form was not accepted: {other}")
