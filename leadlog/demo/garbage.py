"""What else reaches an intake: bots, forgeries, mistakes, noise. Each has its expected fate."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from leadlog.demo import words
from leadlog.demo.cast import Cast
from leadlog.demo.journeys import Journey
from leadlog.demo.people import Person
from leadlog.demo.providers import mango, messengers, telegram, vk
from leadlog.demo.providers.course import missed
from leadlog.demo.providers.forms import site_form, tilda_ping, typed
from leadlog.demo.request import Expected, Step

_NOW = timedelta(0)


def trapped_bot(cast: Cast, person: Person) -> Iterator[Step]:
    """A script fills in every field, the one that people don't see too."""
    filled = replace(typed(cast, person), more={"website": "https://spam.example"})
    yield Step(_NOW, site_form(cast, person, filled, expected=Expected.IGNORED))


def spam_form(cast: Cast, person: Person) -> Iterator[Step]:
    """An advertisement that a form cannot tell from a customer: an operator declines it."""
    filled = typed(cast, person, comment=words.SPAM, with_email=True)
    yield Step(_NOW, site_form(cast, person, filled))


def refused_form(cast: Cast, person: Person) -> Iterator[Step]:
    """A number with two digits missing: told so, the customer sends it again."""
    filled = typed(cast, person, comment="Прихожая")
    wrong = replace(filled, phone="8 9")
    yield Step(_NOW, site_form(cast, person, wrong, expected=Expected.REJECTED))
    yield Step(timedelta(minutes=4), site_form(cast, person, filled))


def broken_update(cast: Cast, person: Person) -> Iterator[Step]:
    """Half an update: kept aside; Telegram, answered with success, doesn't repeat it."""
    yield Step(_NOW, telegram.broken(cast, person))


def forgeries(cast: Cast, person: Person) -> Iterator[Step]:
    """Somebody tries addresses without knowing the secrets: answered 403, not kept."""
    yield mango.forged(cast, person.digits)
    yield Step(timedelta(minutes=1), telegram.forged(cast, person))


def hidden_caller(cast: Cast, person: Person) -> Iterator[Step]:
    """A caller without a number: a lead nobody can be matched by, on a card of its own."""
    del person
    yield from mango.incoming(cast, "", missed(cast))


def noise(cast: Cast, person: Person) -> Iterator[Step]:
    """Known things that are no leads."""
    yield Step(_NOW, vk.joined(cast, person))
    yield Step(timedelta(minutes=1), messengers.whatsapp_delivered(cast, person))
    yield Step(timedelta(minutes=2), telegram.blocked(cast, person))
    yield mango.among_colleagues(cast)
    yield Step(timedelta(minutes=3), tilda_ping(cast))


GARBAGE: tuple[tuple[float, Journey], ...] = (
    (4, trapped_bot),
    (3, spam_form),
    (3, refused_form),
    (2, broken_update),
    (2, forgeries),
    (2, hidden_caller),
    (2, noise),
)
"""How often each happens, against the customers' journeys."""
