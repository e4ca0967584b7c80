"""Forms: the workshop's own site, its pages made with Tilda, and its quiz."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from leadlog.demo.cast import Cast
from leadlog.demo.people import Person, typed_email, typed_name, typed_phone
from leadlog.demo.request import Build, Expected, Request, compact, form_request, json_request
from leadlog.demo.workshop import SITE, Campaign, Good

_QUIZ = "64aa00000000000000000001"
_OLD_CHARSET = "windows-1251"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What somebody filled in."""

    name: str
    phone: str = ""
    email: str = ""
    comment: str = ""
    more: Mapping[str, str] = field(default_factory=dict)


def typed(cast: Cast, person: Person, *, comment: str = "", with_email: bool = False) -> Typed:
    """What this person types: the phone always, the address of the mailbox if asked."""
    rng = cast.rng
    return Typed(
        name=typed_name(person, rng),
        phone=typed_phone(person, rng),
        email=typed_email(person, rng) if with_email else "",
        comment=comment,
    )


def site_form(
    cast: Cast,
    person: Person,
    filled: Typed,
    *,
    campaign: Campaign | None = None,
    submission: str = "",
    expected: Expected = Expected.ACCEPTED,
) -> Build:
    """The workshop's own form. The browser tells no time: it happens when we hear of it."""
    labels = _labels(campaign)
    page = f"{SITE}/zakaz?{urlencode(labels)}" if labels else f"{SITE}/zakaz"
    values = {
        "name": filled.name,
        "phone": filled.phone,
        "email": filled.email,
        "Комментарий": filled.comment,
        "Город": person.city,
        **filled.more,
        "page": page,
        "_ga": f"GA1.1.{person.visitor}",
        "consent": "on",
        "consent_version": "2026-01",
        "submission_id": submission or cast.uuid(),
    }
    given = {name: value for name, value in values.items() if value}
    request = cast.rng.choice((_as_json, _as_form, _as_form, _as_beacon, _as_old_form))(given)
    told = Request(
        account="site",
        expected=expected,
        headers={**request.headers, "origin": SITE, "referer": page.partition("?")[0]},
        body=request.body,
    )
    return lambda _: told


def _as_json(values: Mapping[str, str]) -> Request:
    return json_request("site", compact({**values, "consent": True}))


def _as_form(values: Mapping[str, str]) -> Request:
    return form_request("site", values)


def _as_old_form(values: Mapping[str, str]) -> Request:
    """A page of 2009 that nobody dares to touch."""
    return form_request("site", values, charset=_OLD_CHARSET)


def _as_beacon(values: Mapping[str, str]) -> Request:
    request = json_request("site", compact(values))
    return Request(
        account="site", headers={"content-type": "text/plain;charset=UTF-8"}, body=request.body
    )


def tilda_form(cast: Cast, filled: Typed, *, campaign: Campaign | None, visitor: str) -> Build:
    """A block of the page about kitchens."""
    told = _tilda(cast, _tilda_fields(cast, filled, campaign, visitor, form="Замер кухни"))
    return lambda _: told


def tilda_order(cast: Cast, filled: Typed, good: Good, *, visitor: str, paid: bool) -> Build:
    """The cart of the little shop."""
    price = cast.rng.randrange(good.least, good.most, 500) // 10
    payment = {
        "payment[orderid]": str(cast.number()),
        "payment[amount]": str(price),
        "payment[currency]": "RUB",
        "payment[products][0][name]": good.name,
        "payment[products][0][quantity]": "1",
        "payment[products][0][price]": str(price),
    }
    if paid:
        payment["payment[systranid]"] = str(cast.number())
    fields = _tilda_fields(cast, filled, None, visitor, form="Cart")
    told = _tilda(cast, {**fields, **payment})
    return lambda _: told


def tilda_ping(cast: Cast) -> Build:
    """What Tilda sends when somebody saves the webhook's settings."""
    told = _tilda(cast, {"test": "test"}, expected=Expected.IGNORED)
    return lambda _: told


def _tilda(
    cast: Cast, fields: Mapping[str, str], *, expected: Expected = Expected.ACCEPTED
) -> Request:
    key = str(cast.shop["kitchens"]["api_key"])
    return form_request("kitchens", fields, headers={"x-api-key": key}, expected=expected)


def _tilda_fields(
    cast: Cast, filled: Typed, campaign: Campaign | None, visitor: str, *, form: str
) -> dict[str, str]:
    labels = "|||".join(f"{name}={value}" for name, value in _labels(campaign).items())
    cookies = [f"TILDAUTM={quote(labels, safe='')}"] if labels else []
    cookies += [f"_ga=GA1.2.{visitor}", "previousUrl=mebel.example/kuhni"]
    values = {
        "Name": filled.name,
        "Phone": filled.phone,
        "Email": filled.email,
        "Comments": filled.comment,
        "tranid": f"7000001:{cast.number()}",
        "formid": f"form{len(form)}",
        "formname": form,
        "COOKIES": "; ".join(cookies),
    }
    return {name: value for name, value in values.items() if value}


def quiz(cast: Cast, filled: Typed, good: Good, *, campaign: Campaign | None) -> Build:
    """The quiz "what will it cost", which tells when it was finished."""
    answers = [
        {"q": "Что вам нужно?", "a": good.name},
        {"q": "Когда?", "a": cast.rng.choice(("В этом месяце", "Весной", "Просто считаю"))},
        {"q": "Материалы?", "a": cast.rng.sample(("МДФ", "Массив", "Шпон", "Камень"), 2)},
    ]
    contacts = {"name": filled.name, "phone": filled.phone}
    path = f"/{cast.shop['quiz']['secret_path']}"
    labels = _labels(campaign)

    def build(at: datetime) -> Request:
        body = {
            "contacts": contacts,
            "answers": answers,
            "quiz": {"id": _QUIZ, "name": "Сколько стоит мебель"},
            "created": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "extra": {"href": f"{SITE}/quiz?{urlencode(labels)}", "utm": labels},
        }
        return json_request("quiz", compact(body), path=path)

    return build


def _labels(campaign: Campaign | None) -> dict[str, str]:
    if campaign is None:
        return {}
    return {
        "utm_source": campaign.source,
        "utm_medium": campaign.medium,
        "utm_campaign": campaign.name,
    }
