"""Finding out what a delivery is believed by: its parts without which it is refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from msgspec.structs import replace

from channels.sdk.delivery import Delivery
from channels.sdk.testing.content import content_of
from channels.sdk.testing.rule import Case
from channels.sdk.testing.spoiling import Path, at, places, with_value, without

_NOT_CREDENTIALS = {"content-type", "content-length", "host", "user-agent"}
_MOST_PLACES = 120
_MOST_ALTERED = 8


@dataclass(frozen=True, slots=True)
class Part:
    """A header, a field of the query or a value in the body."""

    where: Literal["header", "query", "body"]
    way: Path
    text: str

    @property
    def name(self) -> str:
        return f"{self.where} {'.'.join(map(str, self.way))}"

    def altered(self, source: Delivery) -> Iterator[Delivery]:
        """The delivery with one character of the part changed, at up to eight places of it."""
        step = max(1, len(self.text) // _MOST_ALTERED)
        for index in range(0, len(self.text), step):
            other = _other(self.text[index])
            yield self.replaced(source, self.text[:index] + other + self.text[index + 1 :])

    def replaced(self, source: Delivery, text: str | None) -> Delivery:
        """The delivery with another text in its place; None leaves the part out."""
        match self.where:
            case "header":
                return _with_header(source, self.way[0], text)
            case "query":
                return _with_query(source, self.way[0], text)
            case "body":
                return _with_content(source, self.way, text)


def credentials(case: Case) -> list[Part]:
    """The parts that the adapter asks for: without any one of them the delivery is refused."""
    source = case.request
    return [part for part in _parts(source) if is_refused(case, part.replaced(source, None))]


def without_credentials(source: Delivery, parts: list[Part]) -> Delivery:
    """The delivery as a stranger would send it, who knows none of them."""
    for part in reversed(parts):  # later places first: a list's earlier ones keep their numbers
        source = part.replaced(source, None)
    return source


def is_refused(case: Case, source: Delivery) -> bool:
    answer = case.sent(source)
    return not answer.stored and answer.status in {401, 403}


def _parts(source: Delivery) -> Iterator[Part]:
    for name, text in source.headers.items():
        if name not in _NOT_CREDENTIALS:
            yield Part("header", (name,), text)
    for name, text in _query(source):
        yield Part("query", (name,), text)
    content = content_of(source) if source.body else None
    ways = list(places(content.tree)) if content else []
    for way in ways[:_MOST_PLACES]:
        value = at(content.tree, way) if content else None
        if isinstance(value, str | int):
            yield Part("body", way, str(value))


def _other(character: str) -> str:
    """Another character of the same sort, and not the same in another case."""
    for sort in ("0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
        if character in sort:
            return sort[(sort.index(character) + 5) % len(sort)]
    return "x"


def _with_header(source: Delivery, name: str, text: str | None) -> Delivery:
    headers = {key: value for key, value in source.headers.items() if key != name}
    return replace(source, headers=headers if text is None else {**headers, name: text})


def _query(source: Delivery) -> list[tuple[str, str]]:
    return parse_qsl(source.query, keep_blank_values=True)


def _with_query(source: Delivery, name: str, text: str | None) -> Delivery:
    pairs = [(n, text if n == name else value) for n, value in _query(source)]
    query = urlencode([(n, value) for n, value in pairs if value is not None])
    return replace(source, url=urlunsplit(urlsplit(source.url)._replace(query=query)))


def _with_content(source: Delivery, way: Path, text: str | None) -> Delivery:
    content = content_of(source)
    if content is None:
        return source
    if text is None:
        tree = without(content.tree, way)
    else:
        was_number = isinstance(at(content.tree, way), int)
        value: Any = int(text) if was_number and text.isdigit() else text
        tree = with_value(content.tree, way, value)
    closed = content.close(tree)
    return closed if isinstance(closed, Delivery) else source
