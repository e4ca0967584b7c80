"""How customers come: each journey is what one person does, by however many channels."""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

from leadlog.demo import words
from leadlog.demo.cast import Cast
from leadlog.demo.chance import between
from leadlog.demo.people import Person
from leadlog.demo.providers import mango, messengers, telegram, vk, zadarma
from leadlog.demo.providers.course import answered, missed
from leadlog.demo.providers.forms import quiz, site_form, tilda_form, tilda_order, typed
from leadlog.demo.request import Step

Journey = Callable[[Cast, Person], Iterable[Step]]

_NOW = timedelta(0)


def form(cast: Cast, person: Person) -> Iterator[Step]:
    """The form on the site, behind an advertisement or not."""
    filled = typed(
        cast, person, comment=words.wish(cast.rng, cast.good()), with_email=cast.rng.random() < 0.6
    )
    campaign = cast.campaign() if cast.rng.random() < 0.7 else None
    yield Step(_NOW, site_form(cast, person, filled, campaign=campaign))


def corrected_form(cast: Cast, person: Person) -> Iterator[Step]:
    """The same form sent twice, with the address added: one lead, two deliveries."""
    submission, campaign = cast.uuid(), cast.campaign()
    for after, with_email in ((_NOW, False), (timedelta(minutes=2), True)):
        filled = typed(cast, person, comment="Шкаф в прихожую", with_email=with_email)
        yield Step(after, site_form(cast, person, filled, campaign=campaign, submission=submission))


def call(cast: Cast, person: Person) -> Iterator[Step]:
    """A call to the office that is answered."""
    yield from mango.incoming(cast, person.digits, answered(cast))


def call_then_form(cast: Cast, person: Person) -> Iterator[Step]:
    """Asked by telephone, then left the details on the site."""
    yield from mango.incoming(cast, person.digits, answered(cast))
    filled = typed(cast, person, comment="Звонил вам сегодня", with_email=True)
    yield Step(_soon(cast, hours=6), site_form(cast, person, filled))


def missed_call_then_form(cast: Cast, person: Person) -> Iterator[Step]:
    """Nobody picked up, so a form; then an operator rings back. One deal, three touches."""
    yield from mango.incoming(cast, person.digits, missed(cast))
    filled = typed(cast, person, comment="Не дозвонился, перезвоните")
    later = _soon(cast, hours=4)
    yield Step(later, site_form(cast, person, filled))
    yield mango.callback(cast, person.digits, answered(cast), after=later + _soon(cast, hours=3))


def showroom_call(cast: Cast, person: Person) -> Iterator[Step]:
    """A call to the showroom, at another exchange; every third is missed."""
    course = missed(cast) if cast.rng.random() < 0.33 else answered(cast)
    yield from zadarma.incoming(cast, person.phone, course)


def bot(cast: Cast, person: Person) -> Iterator[Step]:
    """A talk with the bot, a picture, and the shared number at the end."""
    campaign = cast.campaign() if cast.rng.random() < 0.5 else None
    yield Step(_NOW, telegram.message(cast, person, telegram.start(campaign)))
    question = {"text": words.question(cast.rng, cast.good())}
    yield Step(timedelta(minutes=3), telegram.message(cast, person, question))
    picture = telegram.photo(cast, "Вот наша комната")
    yield Step(timedelta(minutes=9), telegram.message(cast, person, picture))
    if cast.rng.random() < 0.6:
        card = telegram.own_contact(person)
        yield Step(_soon(cast, hours=5), telegram.message(cast, person, card))


def bot_edited(cast: Cast, person: Person) -> Iterator[Step]:
    """A message that its writer puts right."""
    before, now = telegram.edited(cast, person, "Стол 120 на 60", "Стол 120 на 80")
    yield Step(_NOW, before)
    yield Step(_NOW, now, timedelta(seconds=30))


def form_then_bot(cast: Cast, person: Person) -> Iterator[Step]:
    """A form, then the bot with the same number: two channels become one card."""
    filled = typed(cast, person, comment=words.wish(cast.rng, cast.good()), with_email=True)
    yield Step(_NOW, site_form(cast, person, filled, campaign=cast.campaign()))
    later = _soon(cast, hours=30)
    yield Step(later, telegram.message(cast, person, {"text": "Я оставлял заявку на сайте"}))
    card = telegram.own_contact(person)
    yield Step(later + timedelta(minutes=5), telegram.message(cast, person, card))


def quiz_then_call(cast: Cast, person: Person) -> Iterator[Step]:
    """The quiz, and half of the time a call to the showroom about its result."""
    campaign = cast.campaign()
    yield Step(_NOW, quiz(cast, typed(cast, person), cast.good(), campaign=campaign))
    if cast.rng.random() < 0.5:
        yield from zadarma.incoming(cast, person.phone, answered(cast), after=_soon(cast, hours=24))


def kitchen(cast: Cast, person: Person) -> Iterator[Step]:
    """The page about kitchens, then WhatsApp with the number that was typed there."""
    filled = typed(cast, person, comment="Нужен замер")
    campaign = cast.campaign() if cast.rng.random() < 0.8 else None
    yield Step(_NOW, tilda_form(cast, filled, campaign=campaign, visitor=person.visitor))
    if cast.rng.random() < 0.4:
        text = "Здравствуйте! Отправил заявку, вот размеры"
        yield Step(_soon(cast, hours=8), messengers.whatsapp(cast, person, text))


def cart(cast: Cast, person: Person) -> Iterator[Step]:
    """An order in the little shop, paid or not."""
    filled = typed(cast, person, with_email=True)
    paid = cast.rng.random() < 0.5
    yield Step(_NOW, tilda_order(cast, filled, cast.good(), visitor=person.visitor, paid=paid))


def community(cast: Cast, person: Person) -> Iterator[Step]:
    """VK: a comment now and then, a message, and the ad's form for some."""
    if cast.rng.random() < 0.3:
        yield Step(_NOW, vk.comment(cast, person, "А доставка в область есть?"))
    campaign = cast.campaign() if cast.rng.random() < 0.5 else None
    text = words.question(cast.rng, cast.good())
    yield Step(timedelta(minutes=15), vk.message(cast, person, text, campaign=campaign))
    if cast.rng.random() < 0.4:
        yield Step(_soon(cast, hours=12), vk.lead_form(cast, person, cast.good()))


def whatsapp(cast: Cast, person: Person) -> Iterator[Step]:
    """WhatsApp, from an advertisement or from the number on the van."""
    from_ad = cast.rng.random() < 0.5
    text = words.question(cast.rng, cast.good())
    yield Step(_NOW, messengers.whatsapp(cast, person, text, from_ad=from_ad))
    yield Step(_soon(cast, hours=2), messengers.whatsapp(cast, person, "Когда ждать замерщика?"))


def avito(cast: Cast, person: Person) -> Iterator[Step]:
    """A talk under an advertisement on Avito."""
    chat = f"u2i-{cast.number()}"
    for after, text in ((_NOW, "Ещё продаёте?"), (timedelta(minutes=20), "А дешевле?")):
        yield Step(after, messengers.avito(cast, person, text, chat=chat))


def max_bot(cast: Cast, person: Person) -> Iterator[Step]:
    """A question to the bot in MAX."""
    text = words.question(cast.rng, cast.good())
    yield Step(_NOW, messengers.max_message(cast, person, text))


def family(cast: Cast, person: Person) -> Iterator[Step]:
    """Two of one household: one number and one browser, two Telegram accounts."""
    relative = cast.people.relative(person)
    first = typed(cast, person, comment="Детская", with_email=True)
    yield Step(_NOW, site_form(cast, person, first))
    card = telegram.own_contact(relative)
    yield Step(_soon(cast, hours=20), telegram.message(cast, relative, card))
    second = typed(cast, relative, comment="Ещё шкаф", with_email=True)
    yield Step(_soon(cast, hours=60), site_form(cast, relative, second))


def office(cast: Cast, person: Person) -> Iterator[Step]:
    """A colleague of one office leaves its switchboard: after some of them it links nobody."""
    del person
    colleague = cast.people.colleague()
    filled = typed(cast, colleague, comment="Столы в офис", with_email=True)
    yield Step(_NOW, tilda_form(cast, filled, campaign=None, visitor=colleague.visitor))


JOURNEYS: tuple[tuple[float, Journey], ...] = (
    (14, form),
    (3, corrected_form),
    (8, call),
    (8, call_then_form),
    (8, missed_call_then_form),
    (6, showroom_call),
    (10, bot),
    (2, bot_edited),
    (8, form_then_bot),
    (8, quiz_then_call),
    (8, kitchen),
    (4, cart),
    (8, community),
    (7, whatsapp),
    (5, avito),
    (3, max_bot),
    (2, family),
    (5, office),
)
"""How often each happens, against the others."""


def _soon(cast: Cast, *, hours: int) -> timedelta:
    return between(cast.rng, timedelta(minutes=40), timedelta(hours=hours))
