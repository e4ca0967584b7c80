"""Templates → HTML in one language. Everything is escaped."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import jinja2

from projections.desk.card_names import CardNames
from projections.desk.icons import ICONS
from projections.desk.language import LANGUAGES, translations
from projections.moments import write_moment

PLOTLY_SCRIPT: Final = "/static/plotly.min.js"
PLOTLY_MAPS_STYLE: Final = "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53"
"""The id of the style element that the script adds for maps, which we have none of, unless there is
one already: the pages' policy refuses it. tests/browser tells when another plotly has another."""


def render(language: str, template: str, **values: Any) -> str:
    """The page named `template` in a language."""
    return environment(language).get_template(template).render(**values)


@cache
def environment(language: str) -> jinja2.Environment:
    env = jinja2.Environment(
        loader=jinja2.PackageLoader("projections.desk"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined] # the extension adds it
    named = CardNames(language)
    env.globals |= {
        "icons": ICONS,
        "language": language,
        "languages": LANGUAGES,
        "named": named,
        "plotly_script": PLOTLY_SCRIPT,
        "plotly_maps_style": PLOTLY_MAPS_STYLE,
    }
    env.filters |= {"number": named.number, "percent": named.percent, "moment": _moment}
    return env


def _moment(milliseconds: int) -> str:
    return write_moment(milliseconds)[:16].replace("T", " ") + " UTC"


def bars(counts: Sequence[int], *, height: int) -> list[tuple[int, float, float]]:
    """(index, top, height) of bars, the tallest `height` high."""
    most = max(counts, default=0) or 1
    return [
        (n, round(height - height * count / most, 2), round(height * count / most, 2))
        for n, count in enumerate(counts)
    ]
