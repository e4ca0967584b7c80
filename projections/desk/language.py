"""Russian and English for the pages: by `?lang=`, then by cookie, then as the browser asks.

The catalogues are text (locale/*/LC_MESSAGES/leadlog.po) and are compiled in memory when first
used, so no build step is needed and nothing binary is kept.
"""

import io
from collections.abc import Iterator
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from typing import Final

from babel import negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES: Final = {"en": "English", "ru": "Русский"}
DEFAULT: Final = "en"


def choose(asked: str | None, kept: str | None, accepted: str) -> str:
    """The language for a request: asked by the query, kept in the cookie, accepted by header."""
    for name in (asked, kept):
        if name in LANGUAGES:
            return str(name)
    return negotiate_locale(list(_preferred(accepted)), list(LANGUAGES), sep="-") or DEFAULT


def _preferred(accepted: str) -> Iterator[str]:
    """The languages of an Accept-Language header, the dearest first."""
    weighed = []
    for number, part in enumerate(accepted.split(",")[:20]):
        name, _, weight = part.partition(";")
        try:
            share = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        weighed.append((-share, number, name.strip()))
    yield from (name for share, _, name in sorted(weighed) if name and share)


@cache
def translations(language: str) -> NullTranslations:
    """The catalogue of a language; the sources themselves are English."""
    if language == DEFAULT:
        return NullTranslations()
    folder = resources.files("projections") / "locale" / language / "LC_MESSAGES"
    source = io.BytesIO((folder / "leadlog.po").read_bytes())
    compiled = io.BytesIO()
    write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)
