"""What a person reads whose browser posted our form by itself, without the page's script.

Everything else is answered in JSON. What the sender typed is told back escaped, under a policy
that runs nothing: this page is served from the address of the desk.
"""

from collections.abc import Sequence
from html import escape
from typing import Final

from channels.sdk.delivery import Delivery, Reply
from channels.sdk.errors import FieldError

_HEADERS: Final = (
    ("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'"),
    ("X-Content-Type-Options", "nosniff"),
)
_THANKS: Final = {"ru": "Спасибо! Заявка принята.", "en": "Thank you! We have your message."}
_WRONG: Final = {
    "ru": "Проверьте, пожалуйста, форму: вернитесь на шаг назад, всё введённое на месте.",
    "en": "Please check the form: go one page back, what you typed is still there.",
}
_PROBLEMS: Final = {
    "missing": {"ru": "не заполнено", "en": "it is empty"},
    "phone": {"ru": "такого телефона не бывает", "en": "no telephone number has this form"},
    "email": {"ru": "такого адреса почты не бывает", "en": "no e-mail address has this form"},
}
_MOST: Final = 20


def is_page_wanted(delivery: Delivery) -> bool:
    """Whether a browser goes to the answer, instead of a script reading it."""
    mode = delivery.headers.get("sec-fetch-mode")
    if mode:
        return mode == "navigate"
    return "text/html" in delivery.headers.get("accept", "")


def thanks_page(delivery: Delivery) -> Reply:
    return _page(delivery, 202, f"<p>{_THANKS[_language(delivery)]}</p>")


def wrong_page(delivery: Delivery, errors: Sequence[FieldError], status: int) -> Reply:
    language = _language(delivery)
    items = "".join(f"<li>{_line(error, language)}</li>" for error in errors[:_MOST])
    return _page(delivery, status, f"<p>{_WRONG[language]}</p><ul>{items}</ul>")


def _line(error: FieldError, language: str) -> str:
    known = _PROBLEMS.get(error.code, {}).get(language)
    return escape(f"{error.field}: {known or f'{error.problem}; {error.expected}'}")


def _page(delivery: Delivery, status: int, content: str) -> Reply:
    language = _language(delivery)
    text = (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>leadlog</title>{content}</html>'
    )
    return Reply(status, text.encode(errors="replace"), "text/html; charset=utf-8", _HEADERS)


def _language(delivery: Delivery) -> str:
    wanted = delivery.headers.get("accept-language", "").lower()
    return "ru" if wanted.startswith("ru") else "en"
