"""What is wrong with the rules that choose a pipeline: each fault with its place and its remedy."""

from collections.abc import Collection, Iterator
from typing import Any, Final, get_args

from channels.sdk.lead import Kind
from eventstore.domain.pipeline import SALES
from eventstore.domain.routing import Routing, RoutingRule, When
from leadlog.setting_faults import converted, unknown
from leadlog.toml_lines import Place

_RULES: Final = ("routing", "rules")


def of_routing(routing: Any, pipelines: Any) -> Iterator[tuple[Place, str]]:
    """Every rule that could not be followed, or would never be."""
    if not isinstance(routing, dict):
        return  # told by the model, where it is given at all
    version, rules = routing.get("version"), routing.get("rules", [])
    yield from converted({**routing, "rules": []}, Routing, ("routing",))
    if isinstance(version, int) and version < 1:
        yield ("routing", "version"), "routing.version: versions are numbered from 1"
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        yield _RULES, "routing.rules: a list of tables; write [[routing.rules]] before each rule"
        return
    names: set[str] = set()
    for number, rule in enumerate(rules):
        here: Place = (*_RULES, number)
        yield from _of_rule(rule, here)
        yield from _of_pipeline(rule, here, _ids(pipelines))
        if (name := str(rule.get("name"))) in names:
            told = f"routing.rules: the name {name!r} is given twice; give one another name"
            yield (*here, "name"), told
        names.add(name)


def _of_rule(rule: dict[str, Any], here: Place) -> Iterator[tuple[Place, str]]:
    when = rule.get("when")
    strange = [name for name in when if name not in _CONDITIONS] if isinstance(when, dict) else []
    for name in strange:
        yield (*here, "when", name), f"{_named(rule)}: {unknown(name, _CONDITIONS, 'condition')}"
    for name in sorted(rule.keys() - set(RoutingRule.__struct_fields__)):
        told = unknown(name, RoutingRule.__struct_fields__)
        yield (*here, name), f"{_named(rule)}: {told}"
        strange.append(name)
    if not strange:
        yield from converted(rule, RoutingRule, here)
    yield from _of_kind(rule, here)


def _of_kind(rule: dict[str, Any], here: Place) -> Iterator[tuple[Place, str]]:
    """Kinds of leads are a closed set: another one would never come."""
    when = rule.get("when")
    given = when.get("kind", []) if isinstance(when, dict) else []
    for kind in [given] if isinstance(given, str) else given:
        if isinstance(kind, str) and "*" not in kind and kind.lower() not in get_args(Kind):
            told = unknown(kind, get_args(Kind), "kind of lead")
            yield (*here, "when", "kind"), f"{_named(rule)}: {told}"


def _of_pipeline(
    rule: dict[str, Any], here: Place, known: Collection[str]
) -> Iterator[tuple[Place, str]]:
    pipeline = rule.get("pipeline")
    if isinstance(pipeline, str) and pipeline not in known:
        told = unknown(pipeline, known, "pipeline")
        yield (*here, "pipeline"), f"{_named(rule)}: {told}"


def _ids(pipelines: Any) -> list[str]:
    tables = pipelines if isinstance(pipelines, list) else []
    return [str(table.get("id")) for table in tables if isinstance(table, dict)] or [SALES.id]


def _named(rule: dict[str, Any]) -> str:
    return f"routing.rules {rule.get('name', '')!r}"


_CONDITIONS: Final = When.__struct_fields__
