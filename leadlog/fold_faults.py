"""What is wrong with `[[matching.folds]]`: each fault with its place and its remedy."""

from collections.abc import Iterator
from typing import Any

from channels.sdk.identities import normalise_email
from leadlog.toml_lines import Place

_PATTERN = frozenset("*?")
_ORDINARY = "letters, digits, dots and underscores are in ordinary addresses"


def of_folds(folds: Any) -> Iterator[tuple[Place, str]]:
    """Folds that would fit nobody, or would make one person of strangers."""
    tables = [one if isinstance(one, dict) else {} for one in _list(folds)]
    known: dict[str, int] = {}
    for number, fold in enumerate(tables):
        here: Place = ("matching", "folds", number)
        for domain in _texts(fold.get("domains")):
            if told := _wrong_domain(domain):
                yield (*here, "domains"), f"matching.folds: {told}"
            elif domain in known:
                told = f"{domain!r} is given twice; the first fold that has a domain folds it"
                yield (*here, "domains"), f"matching.folds: {told}"
            known.setdefault(domain, number)
        if _list(fold.get("domains")) == [] and "domains" in fold:
            told = 'domains is empty; name whose addresses are folded: ["gmail.com"]'
            yield (*here, "domains"), f"matching.folds: {told}"
        yield from _of_tags(fold.get("tags"), here)
    for number, fold in enumerate(tables):
        yield from _of_target(fold, number, known)


def _of_tags(tags: Any, here: Place) -> Iterator[tuple[Place, str]]:
    wrong = [tag for tag in tags if tag.isalnum() or tag in "._@"] if isinstance(tags, str) else []
    if wrong:
        told = f'tags: {wrong[0]!r} begins no tag; {_ORDINARY}. For most servers write tags = "+"'
        yield (*here, "tags"), f"matching.folds: {told}"


def _of_target(
    fold: dict[str, Any], number: int, known: dict[str, int]
) -> Iterator[tuple[Place, str]]:
    here: Place = ("matching", "folds", number)
    target, domains = fold.get("as"), _texts(fold.get("domains"))
    if isinstance(target, str) and "as" in fold:
        if told := _wrong_domain(target):
            yield (*here, "as"), f"matching.folds: as: {told}"
        elif known.get(target, number) != number:
            told = f"as: {target!r} is folded itself by another fold; put all its domains into one"
            yield (*here, "as"), f"matching.folds: {told}"
    named = target or next(iter(domains), None)
    if domains and not fold.get("dots") and not fold.get("tags") and set(domains) == {named}:
        told = 'this one changes no address; say dots = true, tags = "+", or several domains'
        yield here, f"matching.folds: {told}"


def _wrong_domain(domain: str) -> str:
    """Why no address is ever kept with this domain; empty for one that is right."""
    if "@" in domain:
        return f"{domain!r} is no domain; write what stands after the @"
    normal = normalise_email(f"somebody@{domain}")
    if normal is None or not _PATTERN.isdisjoint(domain):
        return f"{domain!r} is no domain; write one such as gmail.com, without patterns"
    written = normal.rpartition("@")[2]
    return "" if written == domain else f"{domain!r} fits nobody so; write {written}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    return [one for one in _list(value) if isinstance(one, str)]
