"""What we wrote, as people read it in a card's timeline."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from eventstore.card_source import CardSource
from eventstore.domain.events import Id
from eventstore.domain.replies import Reply, replies_of
from eventstore.rows import Card
from eventstore.told import Json, Told, text_id, time_text


def replies_to(source: CardSource, cards: dict[Id, Card]) -> list[Reply]:
    """What we wrote to these leaf cards, and to those of leads that have moved to them."""
    aliases = source.cards({alias for card in cards.values() for alias in card.aliases})
    leaves = {*cards, *(own for own, (_, card) in aliases.items() if card.moved_to in cards)}
    found: list[Reply] = []
    for events in source.streams(leaves, personal=True).values():
        found += replies_of(e.event for e in events).values()
    return found


def with_replies(
    standing: Sequence[Told], replies: Collection[Reply], deal_of: Mapping[Id, Id]
) -> list[Json]:
    """The touches' entries and the replies', each message once; `deal_of` has each lead's deal.

    A message that its provider delivered back to us is a touch: it is told once, as that touch.
    """
    of_echo = {reply.echo: reply for reply in replies if reply.echo}
    entries = []
    echoed = set()
    for told in standing:
        entry = told.shown()
        if reply := of_echo.get(told.lead):
            echoed.add(reply.id)
            entry |= fate(reply)
        entries.append(entry)
    for reply in replies:
        if reply.id not in echoed:
            deal = deal_of.get(reply.written.lead, b"")
            entries.append(shown_reply(reply) | {"deal": text_id(deal)})
    return entries


def shown_reply(reply: Reply) -> Json:
    """An entry of the timeline; without what was written where that is forgotten."""
    written = reply.written
    shown: Json = {
        "type": "reply",
        "at": time_text(written.at),
        "channel": written.channel,
        "account": written.account,
        "kind": "message",
        "direction": "out",
        **fate(reply),
    }
    if reply.message:
        plain = msgspec.to_builtins(reply.message)
        names = ("subject", "text", "attachments")
        shown |= {name: plain[name] for name in names if plain.get(name)}
    return shown


def fate(reply: Reply) -> Json:
    """Who wrote it, and what became of it."""
    told: Json = {
        "reply": text_id(reply.id),
        "answers": text_id(reply.written.lead),
        "actor": reply.written.actor or None,
        "state": reply.state,
        "since": time_text(reply.since),
    }
    if reply.reason:
        told["reason"] = reply.reason
    if reply.repeated:
        told["repeated"] = True
    return told
