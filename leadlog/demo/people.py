"""Who comes to the workshop: made-up people with all the addresses that they can be reached by.

Nobody real is meant: the numbers are of codes that no operator has, the mail domains are reserved
for examples (RFC 2606), the account ids are beyond those given out.
"""

from dataclasses import dataclass, replace
from random import Random

from leadlog.demo.names import CITIES, FIRST_NAMES, LAST_NAMES, latin
from leadlog.phone_spellings import SPELLINGS, Spelling

_CODES = ("907", "935", "972", "973", "974", "975", "976")
_MAIL = ("post.example", "mail.example", "pochta.example")
_OFFICE = "+74950000777"
_FIRST_TELEGRAM = 9_000_000_000_000
_FIRST_VK = 1_900_000_000
_COMES_AGAIN = 0.14
_SPELLINGS: tuple[Spelling, ...] = (*SPELLINGS, lambda d: f"{d[:3]} {d[3:6]}-{d[6:8]}-{d[8:]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody, with every address that a journey may use."""

    first_name: str
    last_name: str
    city: str
    phone: str
    """E.164."""
    email: str
    username: str
    telegram: int
    vk: int
    visitor: str
    """The client id of the browser."""

    @property
    def digits(self) -> str:
        """The number as exchanges and messengers give it, without the plus."""
        return self.phone.removeprefix("+")


class People:
    """Everybody who came so far; who comes next is drawn from the seed."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._met: list[Person] = []
        self._count = 0

    def next(self) -> Person:
        """Somebody new, or now and then one who came before, by whatever channel it was."""
        if self._met and self._rng.random() < _COMES_AGAIN:
            return self._rng.choice(self._met)
        return self._meet(self._made_up())

    def colleague(self) -> Person:
        """Somebody of the one office whose people all give its switchboard as their number."""
        return self._meet(replace(self._made_up(), phone=_OFFICE))

    def relative(self, of: Person) -> Person:
        """Somebody with the same number and the same browser, who writes from an own account."""
        return self._meet(replace(self._made_up(), phone=of.phone, visitor=of.visitor))

    def _meet(self, person: Person) -> Person:
        self._met.append(person)
        return person

    def _made_up(self) -> Person:
        rng = self._rng
        self._count += 1
        first_name, ending = rng.choice(FIRST_NAMES)
        last_name = rng.choice(LAST_NAMES) + ending
        username = f"{latin(first_name)}_{latin(last_name)}{self._count}"
        return Person(
            first_name=first_name,
            last_name=last_name,
            city=rng.choice(CITIES),
            phone=f"+7{rng.choice(_CODES)}{rng.randrange(10**7):07d}",
            email=f"{username.replace('_', '.')}@{rng.choice(_MAIL)}",
            username=username,
            telegram=_FIRST_TELEGRAM + rng.randrange(10**12),
            vk=_FIRST_VK + rng.randrange(10**8 - 1),
            visitor=f"{rng.randrange(10**8, 10**9)}.{rng.randrange(10**9, 2 * 10**9)}",
        )


def typed_phone(person: Person, rng: Random) -> str:
    """The person's number as a form gets it."""
    return rng.choice(_SPELLINGS)(person.phone.removeprefix("+7"))


def typed_email(person: Person, rng: Random) -> str:
    """The person's address as a form gets it: some phones begin it with a capital."""
    return rng.choice((person.email, person.email, person.email.capitalize(), f" {person.email} "))


def typed_name(person: Person, rng: Random) -> str:
    """The person's name as a form gets it."""
    first, last = person.first_name, person.last_name
    return rng.choice((first, first, f"{first} {last}", f"{last} {first}", first.lower()))
