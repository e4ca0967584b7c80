"""Templates → HTML in one language. Everything is escaped."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import jinja2
from babel.numbers import format_decimal, format_percent

from projections.desk import words
from projections.desk.language import LANGUAGES, translations
from projections.funnel.result import Step
from projections.moments import write_moment

PLOTLY_SCRIPT: Final = "/static/plotly.min.js"


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
    named = Names(language)
    env.globals |= {
        "language": language,
        "languages": LANGUAGES,
        "named": named,
        "plotly_script": PLOTLY_SCRIPT,
    }
    env.filters |= {"number": named.number, "percent": named.percent, "moment": _moment}
    return env


class Names:
    """Ids and numbers as a person of one language reads them."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._translate = translations(language).gettext

    @property
    def others(self) -> str:
        return self._translate(words.OTHERS)

    def channel(self, channel: str) -> str:
        return self._known(words.CHANNELS, channel)

    def step(self, step: Step) -> str:
        """A configured name, or ours for a stage of the default pipeline."""
        usual = words.STEPS.get(step.id, step.id)
        return self._translate(usual) if step.name in {step.id, usual} else step.name

    def dimension(self, dimension: str) -> str:
        return self._known(words.DIMENSIONS, dimension)

    def value(self, dimension: str, value: str) -> str:
        return self._known(words.VALUES.get(dimension, {}), value) if value else "—"

    def values(self, by: Mapping[str, str]) -> str:
        return " · ".join(self.value(*one) for one in by.items())

    def basis(self, basis: str) -> str:
        return self._known(words.BASES, basis)

    def number(self, number: float) -> str:
        return format_decimal(number, locale=self._language)

    def percent(self, share: float | None) -> str:
        if share is None:
            return "—"
        return format_percent(share, "#,##0.#%" if share < 0.1 else "#,##0%", self._language)

    def _known(self, names: Mapping[str, str], name: str) -> str:
        return self._translate(names[name]) if name in names else name


def _moment(milliseconds: int) -> str:
    return write_moment(milliseconds)[:16].replace("T", " ") + " UTC"


def bars(counts: Sequence[int], *, height: int) -> list[tuple[int, float, float]]:
    """(index, top, height) of bars, the tallest `height` high."""
    most = max(counts, default=0) or 1
    return [
        (n, round(height - height * count / most, 2), round(height * count / most, 2))
        for n, count in enumerate(counts)
    ]
