"""What the made-up people send: lead events as adapters put them on the log, and who sent each.

The truth is kept apart from the leads; nothing but the measures ever reads it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from uuid import uuid5

from channels.sdk import identities
from channels.sdk.ids import NAMESPACE
from channels.sdk.lead import Identity, Kind, LeadEvent, Profile
from channels.sdk.times import time_from_epoch
from leadlog.quality.people import MADE_UP, PERIOD, Cause, Person, Town
from leadlog.quality.spelling import (
    profile_name,
    typed_email,
    typed_name,
    typed_phone,
    wrong_email,
    wrong_phone,
)

_START = datetime(2024, 1, 1, tzinfo=UTC).timestamp()
_BETWEEN = 40 * 86_400.0
"""Seconds between two visits of one person, in the mean."""
_BOTS = 0.015
_KINDS: dict[str, Kind] = {"form": "form", "call": "call"}
Sent = tuple[Identity | None, ...]


@dataclass
class Truth:
    """What nobody who matches may see."""

    person_of: dict[str, int] = field(default_factory=dict)
    """Lead id → number of the person who sent it; bots have numbers below 0."""
    causes: dict[tuple[str, str], Cause] = field(default_factory=dict)
    """(kind, value) → why more than its owner brings it, or why it is nobody's."""


@dataclass(frozen=True)
class DataSet:
    """Leads in the order of time, and the truth about them."""

    leads: list[LeadEvent]
    truth: Truth


def russian_leads(count: int, *, seed: int) -> DataSet:
    """So many leads of a town, the same for the same seed."""
    rng = Random(seed)  # noqa: S311 - the same leads for the same seed
    town = Town(rng)
    truth = Truth(causes=town.causes)
    sender = _Sender(rng, truth, seed)
    sent: list[LeadEvent] = []
    bots = _bots(sender, rng)
    while len(sent) < count:
        for person in town.household():
            sent += _visits(sender, person)
            while rng.random() < _BOTS * 2.5:
                sent.append(next(bots))
    sent = sorted(sent[:count], key=lambda lead: (lead.occurred_at, lead.lead_id))
    kept = {lead.lead_id for lead in sent}
    truth.person_of = {lead: who for lead, who in truth.person_of.items() if lead in kept}
    return DataSet(sent, truth)


class _Sender:
    def __init__(self, rng: Random, truth: Truth, seed: int) -> None:
        self.rng = rng
        self.truth = truth
        self._seed = seed

    def lead(self, who: int, channel: str, at: float, name: str, sent: Sent) -> LeadEvent:
        known = self.truth.person_of
        lead_id = str(uuid5(NAMESPACE, f"quality/{self._seed}/{len(known)}"))
        known[lead_id] = who
        time = time_from_epoch(round(_START + at, 3))
        return LeadEvent(
            lead_id=lead_id,
            event_id=lead_id,
            channel=channel,
            account=channel,
            kind=_KINDS.get(channel, "message"),
            direction="in",
            occurred_at=time,
            received_at=time,
            identities=identities.present(*sent),
            profile=Profile(name=name) if name else None,
            text="Сколько стоит кухня?" if channel != "call" else "",
        )

    def typed_phone(self, value: str) -> Identity | None:
        """A number as a form gets it: now and then a slip, or one that is nobody's."""
        chance = self.rng.random()
        if chance < 0.015 and value.startswith("+79"):
            value = wrong_phone(value, self.rng)
            self.truth.causes.setdefault(("phone", value), Cause.TYPO)
        elif chance < 0.022:
            value = self.rng.choice(MADE_UP)
            self.truth.causes["phone", value] = Cause.MADE_UP
        return identities.phone(typed_phone(value, self.rng), proof="claimed")

    def typed_email(self, value: str) -> Identity | None:
        if self.rng.random() < 0.02:
            value = wrong_email(value, self.rng)
            self.truth.causes.setdefault(("email", value.lower()), Cause.TYPO)
        return identities.email(typed_email(value, self.rng), proof="claimed")


def _visits(sender: _Sender, person: Person) -> Iterator[LeadEvent]:
    rng = sender.rng
    at = rng.uniform(person.born, PERIOD - 1)
    while at < PERIOD:
        channel = rng.choice(person.channels)
        name, sent = _BY_CHANNEL[channel](sender, person, at)
        yield sender.lead(person.number, channel, at, name, sent)
        if rng.random() < 0.38:
            return
        at += rng.expovariate(1 / _BETWEEN)


def _form(sender: _Sender, person: Person, at: float) -> tuple[str, Sent]:
    rng = sender.rng
    phone = person.phone_at(at)
    if person.office_phone and rng.random() < 0.6:
        phone = person.office_phone
    elif person.family_phone and rng.random() < 0.5:
        phone = person.family_phone
    address = person.email
    if person.office_email and rng.random() < 0.5:
        address = person.office_email
    return typed_name(person.name, rng), (
        sender.typed_phone(phone) if rng.random() < 0.95 else None,
        sender.typed_email(address) if rng.random() < 0.45 else None,
        _browser(sender, person) if rng.random() < 0.7 else None,
    )


def _browser(sender: _Sender, person: Person) -> Identity | None:
    chance = sender.rng.random()
    if person.family_browser and chance < 0.5:
        return identities.visitor(person.family_browser)
    if chance > 0.97:
        value = f"public.{sender.rng.randrange(12)}"
        sender.truth.causes["visitor", value] = Cause.BROWSER
        return identities.visitor(value)
    return identities.visitor(person.browser)


def _call(sender: _Sender, person: Person, at: float) -> tuple[str, Sent]:
    rng = sender.rng
    phone = person.phone_at(at)
    if rng.random() < 0.03:
        return "", ()
    if person.office_phone and rng.random() < 0.5:
        phone = person.office_phone
    elif person.family_phone and rng.random() < 0.4:
        phone = person.family_phone
    return "", (identities.phone(phone, proof="attested", international=True),)


def _telegram(sender: _Sender, person: Person, at: float) -> tuple[str, Sent]:
    rng = sender.rng
    phone: Identity | None = None
    chance = rng.random()
    if chance < 0.35:
        phone = identities.contact_phone(person.phone_at(at)[1:], proof="attested")
    elif chance < 0.45:
        phone = sender.typed_phone(person.phone_at(at))
    return profile_name(person.name, rng), (identities.account("telegram", person.telegram), phone)


def _vk(sender: _Sender, person: Person, at: float) -> tuple[str, Sent]:
    phone = sender.typed_phone(person.phone_at(at)) if sender.rng.random() < 0.2 else None
    full = f"{person.name.first} {person.name.last}"
    return full, (identities.account("vk", person.vk), phone)


def _whatsapp(sender: _Sender, person: Person, at: float) -> tuple[str, Sent]:
    bare = person.phone_at(at)[1:]
    return profile_name(person.name, sender.rng), (
        identities.account("whatsapp", bare),
        identities.phone(bare, proof="attested", international=True),
    )


def _email(sender: _Sender, person: Person, at: float) -> tuple[str, Sent]:
    rng = sender.rng
    address = person.email
    if person.office_email and rng.random() < 0.3:
        address = person.office_email
    phone = sender.typed_phone(person.phone_at(at)) if rng.random() < 0.15 else None
    return profile_name(person.name, rng), (identities.email(address, proof="attested"), phone)


def _avito(sender: _Sender, person: Person, at: float) -> tuple[str, Sent]:
    phone = sender.typed_phone(person.phone_at(at)) if sender.rng.random() < 0.3 else None
    return person.name.first, (identities.account("avito", person.avito), phone)


def _chat(sender: _Sender, person: Person, at: float) -> tuple[str, Sent]:
    phone = sender.typed_phone(person.phone_at(at)) if sender.rng.random() < 0.3 else None
    return "", (_browser(sender, person), phone)


_BY_CHANNEL = {
    "form": _form,
    "call": _call,
    "telegram": _telegram,
    "vk": _vk,
    "whatsapp": _whatsapp,
    "email": _email,
    "avito": _avito,
    "chat": _chat,
}


def _bots(sender: _Sender, rng: Random) -> Iterator[LeadEvent]:
    """Each bot posts forms: with one address and many numbers, or with nothing that returns."""
    number = 0
    while True:
        number -= 1
        keeps_address = rng.random() < 0.6
        for turn in range(rng.choice((1, 4, 12, 30))):
            phone = f"+7{rng.choice(('907', '935', '972'))}{rng.randrange(10**7):07d}"
            name = "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=8)).capitalize()
            address = (
                f"bot{-number}@spam.example" if keeps_address else f"{name}{turn}@spam.example"
            )
            for kind, value in (("phone", phone), ("email", address.lower())):
                sender.truth.causes.setdefault((kind, value), Cause.BOT)
            yield sender.lead(
                number,
                "form",
                rng.uniform(0, PERIOD),
                name,
                (
                    identities.phone(typed_phone(phone, rng), proof="claimed"),
                    identities.email(address, proof="claimed"),
                ),
            )
