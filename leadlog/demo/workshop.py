"""The made-up business: a furniture workshop, its accounts, pipeline, goods and campaigns."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from leadlog.settings import Server, Settings

Accounts = Mapping[str, Mapping[str, Any]]

SITE = "https://mebel.example"
OFFICE_LINE = "74950000100"
SHOWROOM_LINE = "78120000200"
PIPELINE = {
    "id": "sales",
    "name": "Sales",
    "lost_reasons": ["price", "terms", "no answer", "spam"],
    "stages": [
        {"id": "unsorted", "name": "Unsorted"},
        {"id": "contact", "name": "Contact"},
        {"id": "measure", "name": "Measuring"},
        {"id": "offer", "name": "Offer"},
        {"id": "contract", "name": "Contract", "required": ["amount"]},
    ],
}


@dataclass(frozen=True, slots=True)
class Good:
    """Something to sell; what it comes to lies between `least` and `most` roubles."""

    name: str
    least: int
    most: int


GOODS = (
    Good("Кухня на заказ", 180_000, 620_000),
    Good("Шкаф-купе", 60_000, 190_000),
    Good("Гардеробная", 90_000, 320_000),
    Good("Обеденный стол", 35_000, 120_000),
    Good("Детская", 80_000, 260_000),
    Good("Прихожая", 40_000, 140_000),
    Good("Ремонт фасадов", 9_000, 45_000),
)


@dataclass(frozen=True, slots=True)
class Campaign:
    """What the workshop pays for: how much it `pulls`, and how well its people buy."""

    source: str
    medium: str
    name: str
    pulls: float
    sells: float


CAMPAIGNS = (
    Campaign("yandex", "cpc", "kitchens_search", 5, 1.25),
    Campaign("yandex", "display", "wardrobes_retargeting", 3, 0.8),
    Campaign("vk", "social", "wardrobes_feed", 3, 0.7),
    Campaign("google", "cpc", "furniture_brand", 2, 1.1),
    Campaign("telegram", "post", "interiors", 2, 1.2),
)
SELLS = {campaign.name: campaign.sells for campaign in CAMPAIGNS}


def accounts(seed: int) -> Accounts:
    """One account of every channel that a workshop would have, by name."""
    tables = (
        {"type": "webform", "name": "site", "form_id": "order", "honeypot": "website",
         "origins": [SITE]},
        {"type": "tilda", "name": "kitchens", "api_key": _secret(seed, "kitchens")},
        {"type": "marquiz", "name": "quiz", "secret_path": _secret(seed, "quiz")},
        {"type": "mango", "name": "office", "key": _secret(seed, "office"),
         "salt": _secret(seed, "office salt")},
        {"type": "zadarma", "name": "showroom", "secret": _secret(seed, "showroom")},
        {"type": "telegram", "name": "sales_bot", "token": f"700000001:{_secret(seed, 'bot')}",
         "secret_token": _secret(seed, "sales_bot")},
        {"type": "vk", "name": "community", "group_id": 222_000_222, "confirmation": "a1b2c3d4",
         "secret": _secret(seed, "community")},
        {"type": "whatsapp", "name": "whatsapp", "app_secret": _secret(seed, "whatsapp"),
         "verify_token": _secret(seed, "verify")},
        {"type": "avito", "name": "avito", "user_id": 100_200_300,
         "secret_path": _secret(seed, "avito")},
        {"type": "max", "name": "max_bot", "secret": _secret(seed, "max_bot")},
    )  # fmt: skip
    return {str(table["name"]): table for table in tables}


def settings(seed: int, *, data: Path, host: str, port: int) -> Settings:
    """The configuration of a system that serves this workshop and nothing else."""
    return Settings(
        data=data,
        server=Server(host=host, port=port),
        accounts=tuple(dict(table) for table in accounts(seed).values()),
        pipelines=(PIPELINE,),
    )


def _secret(seed: int, name: str) -> str:
    """A credential of the story: anybody can work it out, so it guards made-up data only."""
    return sha256(f"{seed}/{name}".encode()).hexdigest()[:32]
