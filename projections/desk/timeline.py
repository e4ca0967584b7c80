"""A card or a deal → what its page shows: the newest first, decisions apart."""

from collections.abc import Iterable

from eventstore.told import FILLED_IN
from projections.desk.answers import answers, machinery
from projections.desk.services import Json


def card_values(card: Json, why: Json) -> Json:
    """The values of the template, of a card with a page of its timeline."""
    entries = list(reversed(card["timeline"]))
    leaves = {leaf["id"]: f"{leaf['kind']}:{leaf['value']}" for leaf in card["leaves"]}
    touches = {entry["lead"]: entry for entry in entries if entry.get("type") == "touch"}
    return {
        "card": card,
        "timeline": [_told(entry) for entry in entries if not _is_told(entry, card["decisions"])],
        "older": card["older"],
        "decisions": card["decisions"][::-1],
        "identity_of": leaves,
        "touch_of": touches,
        "links": why["links"],
        "deals": sorted(_deals(card), key=lambda deal: deal["status"] != "open"),
        "answers": sorted(answers(card.get("answers") or {}).items()),
    }


def deal_values(deal: Json) -> Json:
    """The values of the template, of a deal with its touches, history and decisions."""
    happened = [*deal["timeline"], *deal["history"], *deal["decisions"]]
    entries = sorted(happened, key=lambda entry: str(entry["at"]))[::-1]
    return {
        "deal": deal,
        "timeline": [_told(entry) for entry in entries if not _is_told(entry, deal["decisions"])],
        "decisions": deal["decisions"][::-1],
        "openers": {entry["lead"] for entry in deal["history"] if entry["what"] == "opened"},
        "answers": sorted(answers(deal.get("answers") or {}).items()),
    }


def _deals(card: Json) -> Iterable[Json]:
    """Each deal with the version that its buttons are for."""
    for deal in card["deals"]:
        yield {**deal, "version": card["versions"].get(deal["id"], 0)}


def _is_told(entry: Json, decisions: Iterable[Json]) -> bool:
    """A deal was joined by a decision that stands beside it, with who and why."""
    return entry.get("what") == "joined" and any(
        one["decision"] == entry.get("command") for one in decisions
    )


def _told(entry: Json) -> Json:
    """An entry with what somebody filled in apart from what came along with it."""
    if entry["type"] != "touch":
        return entry
    fields = entry.get("fields") or {}
    if entry["kind"] in FILLED_IN:
        return {**entry, "filled_in": answers(fields), "folded": machinery(fields)}
    return {**entry, "filled_in": {}, "folded": fields}
