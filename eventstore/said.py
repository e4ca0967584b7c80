"""What is told to people in English, kept so that pages can tell it in their language.

`said("the deal is %(status)s", status="won")` is a plain text wherever a text is wanted; a page
translates the template and puts the values in (projections.desk.problems). The first argument is
what the catalogue has, so it is always written out where `said` is called.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from eventstore.domain.events import Id

Value = str | Id | Sequence[str]
"""A text, an id, or some texts that are told with commas between."""


class Said(str):
    """The text in English."""

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, Value]


def said(template: str, **values: Value) -> Said:
    """`template` with its `%(name)s` filled in."""
    text = Said(template % {name: plain(value) for name, value in values.items()})
    text.template, text.values = template, values
    return text


def plain(value: Value) -> str:
    """A value as it stands in the text."""
    if isinstance(value, bytes):
        return str(UUID(bytes=value))
    return value if isinstance(value, str) else ", ".join(value)


def unsaid(value: object) -> str:
    """For msgspec as `enc_hook`: programs are given the text in English."""
    if isinstance(value, Said):
        return str(value)
    raise NotImplementedError(f"no JSON for {type(value).__name__}")


def text_of(error: Exception) -> str:
    """The text of an error as it was said."""
    return error.args[0] if error.args and isinstance(error.args[0], str) else str(error)
