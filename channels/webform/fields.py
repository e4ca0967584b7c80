"""What a form's field means, by its name: one table for all form builders.

To teach a spelling, add it to `NAMES`, in words, as people write it: case, punctuation, numbers
and `ё` don't matter. `channels.webform.meanings` says how a name is looked up.
"""

from channels.sdk.campaigns import LABELS


def listed(text: str) -> frozenset[str]:
    """The words of a table that is written as running text."""
    return frozenset(text.split())


NAMES: dict[str, tuple[str, ...]] = {
    # --- the person
    "name": (
        *("name", "full name", "fullname", "fio", "f i o", "person", "contact person", "nome"),
        *("first and last name", "имя", "фио", "ф и о", "имя и фамилия", "фамилия и имя"),
        *("имя фамилия", "фамилия имя", "фамилия имя отчество", "полное имя", "контактное лицо"),
        *("как вас зовут", "как к вам обращаться", "как к вам можно обращаться"),
        *("имя отчество", "имя и отчество", "представьтесь", "what is your name"),
    ),
    "first_name": ("first name", "firstname", "fname", "given name", "name first", "forename"),
    "last_name": (
        *("last name", "lastname", "lname", "surname", "family name", "name last"),
        *("second name", "фамилия"),
    ),
    "company": (
        *("company", "company name", "organization", "organisation", "organization name", "org"),
        *("компания", "название компании", "организация", "название организации"),
        *("наименование организации", "фирма", "юрлицо", "юридическое лицо"),
    ),
    "city": ("city", "town", "locality", "город", "населенный пункт", "ваш город"),
    "language": ("language", "lang", "locale", "язык"),
    # --- addresses
    "phone": (
        *("phone", "phone number", "phonenumber", "telephone", "telephone number", "tel"),
        *("telefon", "mobile", "mobile phone", "mobile number", "cell", "cell phone", "cellphone"),
        *("msisdn", "viber", "work phone", "home phone", "user phone", "телефон"),
        *("номер телефона", "тел", "мобильный", "мобильный телефон", "мобильник", "сотовый"),
        *("сотовый телефон", "моб", "моб тел", "контактный телефон", "контактный номер"),
        *("телефон для связи", "номер для связи", "рабочий телефон", "вайбер"),
    ),
    "email": (
        *("email", "e mail", "mail", "email address", "e mail address", "mail address"),
        *("work email", "user email", "почта", "эл почта", "электронная почта", "емейл", "имейл"),
        *("емайл", "мейл", "мыло", "адрес электронной почты", "электронный адрес"),
        *("электронной почты", "адрес почты", "е mail"),
    ),
    "telegram": (
        *("telegram", "tg", "telegram username", "telegram nick", "telegram login"),
        *("телеграм", "телеграмм", "тг", "ник в телеграм", "ник в telegram"),
    ),
    "whatsapp": (
        *("whatsapp", "whats app", "wa", "whatsapp number", "ватсап", "вотсап", "вацап", "ватцап"),
        *("номер whatsapp",),
    ),
    "vk": ("vk", "vkontakte", "вк", "вконтакте", "vk com", "страница вк"),
    "instagram": ("instagram", "insta", "инстаграм", "инстаграмм", "инста"),
    "contact": (
        *("contact", "contacts", "контакт", "контакты", "контактные данные", "связь"),
        *("input", "field", "text field", "contact info", "способ связи"),
    ),
    # --- the customer's own words
    "text": (
        *("message", "msg", "text", "textarea", "comment", "comments", "note", "notes"),
        *("question", "questions", "description", "details", "body", "enquiry", "inquiry"),
        *("request text", "сообщение", "текст", "текст сообщения", "текст обращения"),
        *("комментарий", "комментарии", "коммент", "вопрос", "ваш вопрос", "пожелания"),
        *("примечание", "примечания", "описание", "заметка", "опишите задачу", "описание задачи"),
        *("ваше сообщение", "комментарий к заказу"),
    ),
    "subject": (
        *("subject", "topic", "theme", "тема", "тема сообщения", "тема обращения"),
        *("тема письма",),
    ),
    # --- where they came from
    **{
        label: (label, label.replace("utm_", "utm "))
        for label in LABELS
        if label not in {"start", "referrer", "landing", "gclid"}
    },
    "gclid": ("gclid", "gcl id"),
    "referrer": (
        *("referrer", "referer", "ref url", "document referrer", "http referrer", "http referer"),
        *("referrer url", "referer url", "источник перехода"),
    ),
    "landing": (
        *("landing", "landing page", "landing url", "landing page url", "page", "page url", "url"),
        *("href", "page location", "page link", "source url", "site url", "страница"),
        *("адрес страницы", "url страницы", "ссылка на страницу"),
    ),
    "visitor": (
        *("ga", "ga client id", "gaclientid", "ga cid", "google client id", "client id", "cid"),
        *("clientid", "ym uid", "ymuid", "ym client id", "ya client id", "yandex client id"),
        *("metrika client id", "metrica client id", "ym cid", "yclientid", "visitor"),
        *("visitor id", "visitor uid"),
    ),
    "cookies": ("cookies", "cookie"),
    # --- consent
    "consent": (
        *("consent", "consents", "agree", "agreement", "agreed", "acceptance", "accept"),
        *("accepted", "privacy", "privacy policy", "policy", "personal data", "gdpr", "terms"),
        *("согласие", "согласен", "согласна", "политика", "политика конфиденциальности"),
        *("персональные данные", "обработка персональных данных", "subscribe", "newsletter"),
        *("marketing", "подписка", "рассылка"),
    ),
    "consent_version": (
        *("consent version", "consent text version", "consent text", "policy version"),
        *("privacy version", "version of consent", "версия согласия"),
    ),
    # --- keys, credentials, machinery
    "submission_id": ("submission id", "submissionid", "submission uuid", "submission uid"),
    "secret": (
        *("api key", "apikey", "access token", "auth token", "password", "пароль", "secret"),
        *("google key", "wpnonce", "csrf token", "csrf", "csrfmiddlewaretoken", "authorization"),
        *("g recaptcha response", "h captcha response", "cf turnstile response", "smart token"),
        *("recaptcha token", "captcha", "wpcf recaptcha response"),
    ),
}
"""Role → the names that mean it, as people write them."""

FILLERS = listed(
    """your my the please enter input user customer client contact lead ma ваш ваше ваша ваши вашу
    введите укажите напишите оставьте контактный контактная контактное номер number клиента клиент
    заявителя required обязательно"""
)
"""Words that say nothing about a field."""

OTHERS = listed(
    """friend friends manager referral recipient spouse model site shop store product модель друга
    друг подруги менеджера получателя супруга супруги ребенка марка"""
)
"""Words by which a field speaks of somebody or something else: no address of the sender."""

WRAPPERS = listed(
    """contacts contact client customer user lead person buyer visitor fields form data values
    answers payload profile submission meta extra tracking analytics page request params"""
)
"""Parents under which `name`, `city` or `message` are the sender's (`client.name`, not
`product.name`)."""

TYPES = {
    "tel": "phone",
    "phone": "phone",
    "phone_number": "phone",
    "email": "email",
    "name": "name",
    "textarea": "text",
    "long_text": "text",
    "acceptance": "consent",
    "agreement": "consent",
    "legal": "consent",
}
"""A builder's type of field → role, for fields whose name is not in the table."""

TELLING: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("consent", ("соглас", "consent", "agree", "gdpr")),
    ("whatsapp", ("whatsapp", "ватсап", "вотсап")),
    ("telegram", ("telegram", "телеграм")),
    ("phone", ("телефон", "phone", "tel", "mobile", "мобильн", "сотов")),
    ("email", ("email", "mail", "почт", "имейл", "емейл")),
    ("text", ("комментар", "сообщени", "message", "comment", "пожелани")),
)
"""Role → beginnings of words that make it likely; its value must then bear it out."""
