"""What customers and others write."""

from random import Random

from leadlog.demo.workshop import Good

_QUESTIONS = (
    "Здравствуйте! Сколько будет стоить {}?",
    "Добрый день, интересует {}. Есть рассрочка?",
    "{} — делаете? За какой срок?",
    "Подскажите по цене: {}",
)
_WISHES = (
    "{}, хочу замер на этой неделе",
    "Нужна консультация: {}",
    "{}. Позвоните после 18",
    "{}, есть проект от дизайнера",
)
SPAM = "Продвижение сайтов, SEO под ключ, гарантия топ-10"


def question(rng: Random, good: Good) -> str:
    return rng.choice(_QUESTIONS).format(good.name.lower())


def wish(rng: Random, good: Good) -> str:
    return rng.choice(_WISHES).format(good.name)
