"""Cards, explanations and the review queue as a person at a terminal reads them."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table

from leadlog.cli.deal_event import happened
from projections.terminal import Terminal

Found = Iterable[dict[str, Any]]
_NOT_CERTAIN = 0.99
"""The most that is told of a score: 1.00 would read as certain, which needs nobody to decide."""


def table(found: Found) -> None:
    """Cards in brief, a line each."""
    shown = Table("person", "name", "identities", "leads", "deals", box=None)
    shown.columns[0].no_wrap = True
    shown.columns[0].min_width = 36
    for card in found:
        identities = ", ".join(leaf["value"] for leaf in card["leaves"][:3])
        deals = ", ".join(f"{deal['stage']} ({deal['status']})" for deal in card["deals"][:3])
        deals += f" {following(card)}" if "pending" in card else ""
        leads = f"{card['leads']:,}{'+' if 'more_leads' in card else ''}"
        shown.add_row(card["id"], card["name"], identities, leads, deals)
    Terminal().print(shown)


def cards(found: Found) -> None:
    """Each with a page of its timeline, oldest first."""
    console = Terminal()
    for card in found:
        console.print(card["name"] or "(no name)", style="bold", end="   ")
        console.print(card["id"])
        for leaf in card["leaves"]:
            shared = "  shared" if leaf["shared"] else ""
            proof = "mailbox" if "mailbox" in leaf else leaf["proof"]
            console.print(f"  {leaf['kind']:10} {leaf['value']:28} {proof}{shared}")
        if "pending" in card:
            console.print(f"  {following(card)}", style="yellow")
        for line, style in _deals(card):
            console.print(line, style=style)
        if "more_deals" in card:
            console.print("  … and more deals; see `leadlog deal list`")
        for name, text in card["fields"].items():
            console.print(f"  {name}: {text}")
        if older := card["older"]:
            some = f"{older['touches']:,}{' or more' if older['more'] else ''}"
            console.print(f"  … {some} earlier touches; --most tells more")
        for entry in card["timeline"]:
            console.print(_entry(entry))
        if "version" in card:
            console.print(f"  version {card['version']}")


def _deals(card: Mapping[str, Any]) -> Iterable[tuple[str, str | None]]:
    """Lines, and in which style."""
    for deal in card["deals"]:
        standing = (deal.get("pipeline"), deal.get("stage"), deal["status"], deal.get("amount"))
        yield f"  deal {deal['id']}  {'  '.join(part for part in standing if part)}", None
        if "returned" in deal:
            yield f"    {returned(deal)}", "yellow"


def returned(deal: Mapping[str, Any]) -> str:
    """What came to a deal after it was won or lost, and waits."""
    came = f"{deal['returned']['touches']:,} came after it was {deal['status']}"
    return f"{came}: `leadlog deal anew` opens a new deal, `leadlog deal leave` leaves it there"


def following(card: Mapping[str, Any]) -> str:
    """How far a decision about the card is that is carried out in pieces."""
    pending = card["pending"]
    told = []
    if pending["touches"]:
        told.append(f"deals follow: {pending['done']:,} of {pending['touches']:,} touches done")
    if evidence := pending.get("evidence"):
        far = f"{evidence['done']:,} of {evidence['of']:,} links done"
        told.append(f"a withdrawal, or its undo, is carried out: {far}")
    if rematch := pending.get("rematch"):
        told.append(f"a rematch goes on: {rematch['done']:,} of {rematch['of']:,} cards done")
    return "; ".join(told)


def _entry(entry: dict[str, Any]) -> str:
    if entry["type"] in ("touch", "reply"):
        text = entry.get("text") or entry.get("subject") or entry.get("call_state") or ""
        kind = entry.get("state") or entry["kind"]
        way = "→ " if entry["direction"] == "out" else ""
        return f"  {entry['at']}  {entry['channel']:10} {kind:9} {way}{text[:70]}"
    by = entry["actor"] or ""
    if entry["type"] == "deal":
        return f"  {entry['at']}  deal       {happened(entry)}  {by} {entry['deal']}"
    named = entry.get("decision")
    return f"  {entry['at']}  {entry['type']:10} {entry['what']:8} {by} {named}{_reason(entry)}"


def explanations(found: Found) -> None:
    console = Terminal()
    for one in found:
        console.print("one person" if one["together"] else f"apart: {one['because']}")
        if "pending" in one:
            console.print(f"  {following(one)}", style="yellow")
        for link in one["links"]:
            console.print(f"  {link_line(link)}")
        if one["apart_without"]:
            console.print(f"  apart without: {', '.join(one['apart_without'])}")
        for what in ("vetoes", "shared", "rules"):
            if what in one:
                console.print(f"  {what}: {', '.join(one[what])}")
        for held in one["withdrawn"]:
            line = f"  withdrawn: {held['a']} - {held['b']}, decision {held['decision']}"
            console.print(f"{line}, by {held['actor'] or 'nobody named'}{_reason(held)}")


def link_line(link: dict[str, Any]) -> str:
    """Which two identities, by which rule or merge, and the first leads or the decision."""
    rule = f"{link['rule']} (version {link['version']})"
    what = rule if link["version"] else link["rule"]
    on = ", ".join(link["evidence"][:3]) or f"decision {link['decision']}"
    return f"{link['a']} - {link['b']}: {what}, by {link['by']}  {on}{_reason(link)}"


def _reason(told: dict[str, Any]) -> str:
    return f": {told['reason']}" if told.get("reason") else ""


def queue(found: Found) -> None:
    shown = Table("n", "score", "one", "other", "why", box=None)
    for item in found:
        one = f"{item['a']['name']} {item['a']['identity']}"
        why = "; ".join(item["reasons"])
        score = f"{min(item['score'], _NOT_CERTAIN):.2f}"
        shown.add_row(str(item["n"]), score, one, _other(item), why)
    Terminal().print(shown)


def _other(item: dict[str, Any]) -> str:
    """What stands beside the person."""
    match item["kind"]:
        case "limit":
            return ", ".join(side["identity"] for side in item["split"])
        case "returned":
            deal, touch = item["deal"], item["touch"]
            owner = f" of {deal['owner']}" if deal["owner"] else ""
            ended = f"{deal['status']} {deal['closed_at'][:10]}"
            came = f"{touch['kind']} {touch['at'][:16]} {touch['text'][:40]}".rstrip()
            return f"deal {deal['id']}{owner}, {ended}: {came}"
        case "redecided":
            more = "+" if "more_deals" in item else ""
            return f"{item['deals']}{more} deals; see --of {item['because']}"
    return f"{item['b']['name']} {item['b']['identity']}"
