"""Names and numbers as a person of one language reads them."""

from collections.abc import Mapping

from babel.numbers import format_decimal, format_percent

from eventstore.said import Said, Value, plain
from projections.desk import words
from projections.desk.language import translations
from projections.funnel.result import Step


class Names:
    """Ids and numbers as a person of one language reads them."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalogue = translations(language)

    def translate(self, text: str) -> str:
        if isinstance(text, words.InContext):
            return self._catalogue.pgettext(text.context, text)
        return self._catalogue.gettext(text)

    @property
    def others(self) -> str:
        return self.translate(words.OTHERS)

    def channel(self, channel: str) -> str:
        return self.known(words.CHANNELS, channel)

    def step(self, step: Step) -> str:
        return self.stage_named(step.id, step.name)

    def stage_named(self, stage: str, configured: str) -> str:
        """A stage's name as it is configured; where that is ours or none, ours in this language."""
        if configured in {"", stage, words.STEPS.get(stage)}:
            return self.known(words.STEPS, stage)
        return configured

    def dimension(self, dimension: str) -> str:
        return self.known(words.DIMENSIONS, dimension)

    def value(self, dimension: str, value: str) -> str:
        return self.known(words.VALUES.get(dimension, {}), value) if value else "—"

    def values(self, by: Mapping[str, str]) -> str:
        return " · ".join(self.value(*one) for one in by.items())

    def asked(self, parameter: str) -> str:
        return self.known(words.ASKED, parameter)

    def basis(self, basis: str) -> str:
        return self.known(words.BASES, basis)

    def number(self, number: float) -> str:
        return format_decimal(number, locale=self.language)

    def percent(self, share: float | None) -> str:
        if share is None:
            return "—"
        return format_percent(share, "#,##0.#%" if share < 0.1 else "#,##0%", self.language)

    def said(self, text: str, *, for_programs: bool = False) -> str:
        """What was refused and why, in this language; ids of ours by their names.

        Programs know them by the ids.
        """
        if not isinstance(text, Said):
            return self.translate(text)
        names = {"what": words.SAID["what"]} if for_programs else words.SAID
        values = {name: self._told(names.get(name, {}), v) for name, v in text.values.items()}
        return self.translate(text.template) % values

    def _told(self, names: Mapping[str, str], value: Value) -> str:
        if isinstance(value, str):
            return self.known(names, value)
        if isinstance(value, bytes):
            return plain(value)
        return ", ".join(self.known(names, one) for one in value)

    def known(self, names: Mapping[str, str], name: str) -> str:
        return self.translate(names[name]) if name in names else name
