"""What the workshop's site says, in both languages."""

from typing import Final

WORDS: Final[dict[str, dict[str, str]]] = {
    "ru": {
        "title": "Мебельная мастерская",
        "intro": "Это сайт выдуманной мастерской. Оставьте заявку и посмотрите, что с ней станет.",
        "came": "Можно прийти сюда",
        "by_ad": "по рекламе в Яндексе",
        "by_vk": "из ленты ВКонтакте",
        "name": "Имя",
        "phone": "Телефон",
        "message": "Что сделать?",
        "agree": "Согласен на обработку персональных данных",
        "send": "Отправить",
        "behind": "По ту сторону формы",
        "waiting": "Здесь появится карточка, как только заявка дойдёт.",
        "open": "Открыть карточку",
        "try_more": "Попробуйте ещё: неверный телефон, двойной щелчок, отправку без сети.",
        "leads": "обращений",
        "deal": "сделка, этап",
        "from": "пришли из",
    },
    "en": {
        "title": "Furniture workshop",
        "intro": "The site of a made-up workshop. Leave a message and see what becomes of it.",
        "came": "You may come here",
        "by_ad": "by an advertisement",
        "by_vk": "from a feed",
        "name": "Name",
        "phone": "Telephone",
        "message": "What shall we make?",
        "agree": "I agree that my personal data are processed",
        "send": "Send",
        "behind": "Behind the form",
        "waiting": "The card will be here as soon as the message has arrived.",
        "open": "Open the card",
        "try_more": "Try also: a wrong telephone, a double click, sending without a network.",
        "leads": "leads",
        "deal": "deal, stage",
        "from": "came from",
    },
}  # fmt: skip
