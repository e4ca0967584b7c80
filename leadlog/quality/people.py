"""A town of made-up people: who they are, how they can be reached, and with whom they share it.

The numbers are of codes that no operator has, the mail hosts are reserved for examples (RFC 2606).
"""

from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from leadlog.quality.names import Name, family_of, made_up, relative
from leadlog.quality.spelling import latin

_BLOCKS = ("90712", "90713", "90714", "93540", "93541", "97200", "97201", "97310", "97311", "97455")
"""Where the town's operators have their numbers: 100,000 each, so that a slip may hit somebody."""
_MAIL = ("post.example", "mail.example", "pochta.example", "inbox.example")
_FIRST_TELEGRAM = 9_000_000_000_000
_DAY = 86_400
PERIOD = 730 * _DAY
"""Two years, in seconds."""
_QUARANTINE = 90 * _DAY
"""How long an operator keeps a number that was given back before somebody else gets it."""
MADE_UP = ("+79999999999", "+79000000000", "+79111111111", "+79123456789")
"""What is typed by those who want no call."""


class Cause(StrEnum):
    """Why people come together who are not one, or why one person stays in pieces."""

    FAMILY = "family"
    """A number or a browser of a household."""
    OFFICE = "office"
    """A switchboard or info@ of a company."""
    RECYCLED = "recycled"
    """A number that the operator gave to somebody else."""
    TYPO = "typo"
    """Typed wrongly."""
    MADE_UP = "made up"
    """Typed by those who do not want to be called."""
    BOT = "bot"
    BROWSER = "browser"
    """A public computer."""
    NO_IDENTITY = "no identity"
    """An anonymous call."""
    APART = "nothing in common"
    """The leads have no identity in common, and none links theirs."""
    SUGGESTED = "only suggested"
    """A lead brings both, and the rule leaves it to a person."""
    SHARED = "through a shared identity"
    """What they have in common counts as shared."""
    OTHER = "other"


@dataclass(slots=True)
class Person:
    """Somebody, with every address that a visit may bring. Times in seconds of the period."""

    number: int
    name: Name
    phone: str
    email: str
    telegram: str
    vk: str
    avito: str
    browser: str
    channels: tuple[str, ...]
    born: float = 0
    """From when on the number is theirs."""
    left: float = PERIOD
    """Until when."""
    next_phone: str = ""
    """Their number after that."""
    family_phone: str = ""
    family_browser: str = ""
    office_phone: str = ""
    office_email: str = ""

    def phone_at(self, at: float) -> str:
        return self.phone if at < self.left else self.next_phone


@dataclass
class Town:
    """Everybody so far, and what of theirs is used by several."""

    rng: Random
    people: list[Person] = field(default_factory=list)
    causes: dict[tuple[str, str], Cause] = field(default_factory=dict)
    """(kind, value) → why several people bring it; own identities are not in it."""
    _given_back: list[tuple[str, float]] = field(default_factory=list)
    """Numbers and the time from when on somebody else may have them."""
    _numbers: set[str] = field(default_factory=set)

    def household(self) -> list[Person]:
        """Somebody new alone, a family, or the people of an office."""
        chance = self.rng.random()
        if chance < 0.72:
            return [self.person(made_up(self.rng))]
        if chance < 0.985:
            return self._family()
        return self._office()

    def person(self, name: Name, host: str = "") -> Person:
        rng = self.rng
        number = len(self.people)
        phone, born = self._number()
        latin_name = f"{latin(name.first)}.{latin(name.last)}"
        nick = latin_name if rng.random() < 0.3 else f"{latin_name}{rng.randrange(50, 100)}"
        count = rng.choice((1, 1, 2, 2, 3))
        person = Person(
            number=number,
            name=name,
            phone=phone,
            email=f"{nick.lower()}.{number}@{host or rng.choice(_MAIL)}"
            if rng.random() < 0.5
            else f"{nick.lower()}{number % 97}{number // 97}@{host or rng.choice(_MAIL)}",
            telegram=str(_FIRST_TELEGRAM + number),
            vk=str(1_900_000_000 + number),
            avito=str(1_700_000_000 + number),
            browser=f"{rng.randrange(10**8, 10**9)}.{number}",
            channels=tuple(dict.fromkeys(rng.choices(*_CHANNELS, k=count))),
            born=born,
        )
        if rng.random() < 0.04:
            self._give_back(person)
        self.people.append(person)
        return person

    def landline(self, cause: Cause) -> str:
        number = f"+7495{self.rng.randrange(10**6, 10**7)}"
        self.causes["phone", number] = cause
        return number

    def _number(self) -> tuple[str, float]:
        if self._given_back and self.rng.random() < 0.5:
            number, since = self._given_back.pop(0)
            self.causes["phone", number] = Cause.RECYCLED
            self.causes["whatsapp", number[1:]] = Cause.RECYCLED
            return number, since
        while True:
            number = f"+7{self.rng.choice(_BLOCKS)}{self.rng.randrange(10**5):05d}"
            if number not in self._numbers and number not in MADE_UP:
                self._numbers.add(number)
                return number, 0

    def _give_back(self, person: Person) -> None:
        person.left = person.born + self.rng.uniform(0.2, 0.6) * (PERIOD - person.born)
        person.next_phone, _ = self._fresh()
        if person.left + _QUARANTINE < PERIOD:
            self._given_back.append((person.phone, person.left + _QUARANTINE))

    def _fresh(self) -> tuple[str, float]:
        kept, self._given_back = self._given_back, []
        found = self._number()
        self._given_back = kept
        return found

    def _family(self) -> list[Person]:
        rng = self.rng
        first = self.person(made_up(rng))
        shared_phone = self.landline(Cause.FAMILY) if rng.random() < 0.4 else first.phone
        more = rng.choice((1, 1, 2, 3))
        members = [first, *(self.person(relative(rng, family_of(first.name))) for _ in range(more))]
        for member in members:
            if rng.random() < 0.4:
                member.family_phone = shared_phone
            if rng.random() < 0.5:
                member.family_browser = first.browser
        if any(member.family_phone for member in members[1:]) or members[0].family_phone:
            self.causes.setdefault(("phone", shared_phone), Cause.FAMILY)
        self.causes["visitor", first.browser] = Cause.FAMILY
        return members

    def _office(self) -> list[Person]:
        rng = self.rng
        host = f"firm{len(self.people)}.example"
        phone, info = self.landline(Cause.OFFICE), f"info@{host}"
        self.causes["email", info] = Cause.OFFICE
        staff = [
            self.person(made_up(rng), host) for _ in range(rng.choice((2, 3, 4, 6, 9, 15, 40)))
        ]
        for one in staff:
            one.office_phone = phone if rng.random() < 0.7 else ""
            one.office_email = info if rng.random() < 0.25 else ""
        return staff


_CHANNELS = (
    ("form", "call", "telegram", "vk", "whatsapp", "email", "avito", "chat"),
    (30, 26, 14, 6, 10, 6, 5, 3),
)
