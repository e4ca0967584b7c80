"""The deals of a world by one plain run in recorded order (SEMANTICS 3.3 to 3.5)."""

from collections import defaultdict

from eventstore.domain.deals import (
    Touch,
    absorb,
    apply,
    joins_of_unsorted,
    new_deal,
    note_touch,
    place,
)
from eventstore.domain.partition import evidence, partition
from eventstore.keyring import derived
from eventstore.replay import read_deals
from eventstore.rows import BEFORE_RETURNS
from eventstore.touches import bytes_of, deal_id


def expected_deals(fed, facts, merged, by_hand=()):  # noqa: C901, PLR0912, PLR0915 - an oracle is one plain loop
    """({lead: deal}, {deal: (status, stage, joined into, repeat of, amount)}, {deal: leads}).

    The last: what came to a deal after it was won or lost, and waits for its owner. `merged`:
    (place in the journal, pair) of the merges that count. `by_hand`: (place, kind, a, b) of the
    decisions in force about deals.
    """
    person, shared, anchors = partition(facts)
    matching = fed.base.policy.matching
    pipelines = fed.base.policy.pipelines
    order = {entry: number for number, entry in enumerate(fed.journal)}
    leads = {lead.id: lead for lead in facts.leads}
    links = []
    for lead in facts.leads:
        for edge in evidence(lead, matching, facts.mailboxes):
            a, b = edge.a, edge.b
            held = shared[a] or shared[b] or (a, b, lead.id) in facts.withdrawn
            if not held and person[a] == person[b]:
                links.append((order["lead", lead.id], 0, (a, b), edge.key[2:]))
    links = [link[:3] for link in sorted(links, key=lambda link: (link[0], link[3]))]
    merges = [(n, 0, pair) for n, pair in merged if person[pair[0]] == person[pair[1]]]
    touches = [(order["lead", i], 1, i) for i in leads]
    commands = [(n, 2, e[1:]) for n, e in enumerate(fed.journal) if e[0] == "command"]
    named_last = {what[0]: n for n, _, what in commands}

    own = {a for _, kind, a, _ in by_hand if kind in {"own", "anew"}}
    said = {
        frozenset((a, b)): (kind, a)
        for _, kind, a, b in sorted(by_hand)
        if kind in {"join", "part"}
    }
    last = {pair: kind for pair, (kind, _) in said.items()}
    taken_out = {a for kind, a in said.values() if kind == "part"}
    decided = [(n, 3, (kind, a, b)) for n, kind, a, b in by_hand]
    members = defaultdict(list)

    parent = {leaf: leaf for leaf in person}

    def find(leaf):
        while parent[leaf] != leaf:
            leaf = parent[leaf]
        return leaf

    deals_of = defaultdict(list)
    deals, openers, joined, placed, repeats = {}, {}, {}, {}, {}
    touch_of = {}
    waiting = defaultdict(list)

    def opens(what, here):
        touch = touch_of[what]
        name = deal_id(what, touch.pipeline)
        alike = [deal for deal in here if deal.pipeline == touch.pipeline]
        repeat = min(alike, key=lambda d: (-d.activity, d.id)).id if alike else b""
        deals[name] = new_deal(name, touch, repeat)
        here.append(deals[name])
        openers[name], placed[what], repeats[name] = what, name, repeat
        members[name].append(touch)

    def recount(deal):
        said = (deal.amount, deal.amount_of) if deal.amount_of[0] >= 1 << 62 else None
        deal.activity, deal.threads, deal.amount, deal.amount_of = 0, [], "", (0, b"")
        for name in deals:
            final = name
            while final in joined:
                final = joined[final]
            for touch in members[name] if final == deal.id else ():
                if touch.lead == openers[name]:
                    deal.threads = list(
                        dict.fromkeys([*deal.threads, *filter(None, [touch.thread])])
                    )
                note_touch(deal, touch)
        if said:
            deal.amount, deal.amount_of = said

    for now, kind, what in sorted(
        [*links, *merges, *touches, *commands, *decided], key=lambda s: s[:2]
    ):
        if kind == 0:
            a, b = find(what[0]), find(what[1])
            if a == b:
                continue
            ours, theirs = deals_of.pop(a, []), deals_of.pop(b, [])
            parent[b] = a
            both = [*ours, *theirs]
            for later, earlier in joins_of_unsorted(
                ours, theirs, lambda d: (order["lead", openers[d.id]],)
            ):
                if named_last.get(later.id, -1) > now or openers[later.id] in own:
                    continue
                if later.id in taken_out or last.get(frozenset((later.id, earlier.id))) == "part":
                    continue
                absorb(later, earlier)
                both.remove(later)
                joined[later.id] = earlier.id
            deals_of[a] = both
        elif kind == 1:
            folded, pipeline = fed.folded(what), pipelines[fed.pipelines[what]]
            touch = Touch(
                what,
                leads[what].occurred_at,
                folded.kind,
                folded.direction,
                pipeline.id,
                derived(f"thread/{folded.channel}/{folded.account}/{folded.thread}".encode())
                if folded.thread
                else b"",
                shared.get(anchors[what], False),
                folded.order.amount if folded.order else "",
                folded.order.currency if folded.order else "",
                keeps_thread=True,
            )
            here = deals_of[find(anchors[what])]
            touch_of[what] = touch
            placement = place(touch, here, pipeline)
            if placement.opens or (deal_id(what, pipeline.id) in named_last and what not in own):
                opens(what, here)
            elif placement.joined:
                note_touch(placement.joined, touch)
                if placement.joined.status != "open" and touch.direction == "in":
                    waiting[placement.joined.id].append(what)
                placed[what] = placement.joined.id
                members[placement.joined.id].append(touch)
        elif kind == 3:
            how, a, b = what
            if how == "leave":
                waiting.pop(a, None)
            elif how in {"own", "anew"}:
                left = placed.get(a)
                if left and openers[left] == a:
                    continue
                opens(a, deals_of[find(anchors[a])])
                going = [a]
                if how == "anew" and a in waiting[left]:
                    going = waiting[left][waiting[left].index(a) :]
                for one in going[1:]:
                    note_touch(deals[placed[a]], touch_of[one])
                    members[placed[a]].append(touch_of[one])
                    placed[one] = placed[a]
                if left:
                    for one in going:
                        members[left].remove(touch_of[one])
                    waiting[left] = [one for one in waiting[left] if one not in going]
                    while left in joined:
                        left = joined[left]
                    recount(deals[left])
            elif how == "join" and a in deals and a not in joined and b in deals:
                while b in joined:
                    b = joined[b]
                x, y = anchors[openers[a]], anchors[openers[b]]
                if a == b or person[x] != person[y] or last.get(frozenset((a, b))) == "part":
                    continue
                absorb(deals[a], deals[b])
                deals_of[find(x)].remove(deals[a])
                joined[a] = b
        else:
            name, event = what
            if name in deals:
                apply(deals[name], event)
                if deals[name].status == "open":
                    waiting.pop(name, None)
    fates = {
        i: (d.status, d.stage, joined.get(i, b""), repeats[i], d.amount) for i, d in deals.items()
    }
    return placed, fates, {name: leads for name, leads in waiting.items() if leads}


def deal_names(fed):
    """Every deal that there may be."""
    ids = [bytes_of(lead_id) for lead_id in fed.events]
    return {deal_id(i, pipeline) for i in ids for pipeline in fed.base.policy.pipelines}


def stored_deals(fed):
    """The same from the event store's streams and rows; of what waits first, last and count."""
    work = fed.base.work()
    ids = [bytes_of(lead_id) for lead_id in fed.events]
    work.load_leads(ids)
    placed = {i: work.leads[i].deal for i in ids if work.leads[i].deal}
    stored = read_deals(work, deal_names(fed))
    found = {name: deal for name, deal in stored.items() if not deal.withdrawn}
    fates = {}
    rows = {}
    for leaves in fed.stored_persons().values():
        for leaf, (_, card) in fed.base.recorder.cards(leaves).items():
            rows |= {deal.id: deal for deal in card.deals}
            if card.many_deals:
                rows |= {i: d for i, (_, d) in fed.base.recorder.deals_of([leaf]).items()}
    for name, deal in found.items():
        if deal.into:
            assert name not in rows, "a joined deal is in nobody's row"
            fates[name] = (None, None, deal.into, deal.repeat_of, None)
        else:
            row = rows.pop(name)
            assert row.repeat_of == deal.repeat_of
            fates[name] = (row.status, row.stage, b"", deal.repeat_of, row.amount)
    assert not rows, "rows know of deals that the streams do not have"
    return placed, fates, stored_returns(fed, fates)


def returned_rows(recorder):
    """What the queue has of ended deals, by every cause."""
    found = []
    for cause in (b"", *recorder.returned_causes(b"", None, most=1000)):
        found += recorder.returned(cause, None, after=BEFORE_RETURNS, most=1000)
    return found


def stored_returns(fed, deals):
    """Deals with something that came after their end, as the queue has them."""
    found = {row.deal: row for row in returned_rows(fed.base.recorder)}
    work = fed.base.work()
    told = {}
    for deal in deals:
        opened = work.source.first_events([deal], personal=False)[deal].event
        work.load_leads([opened.lead])
        row = work.deals.one(work.known_card(work.leads[opened.lead].leaf).person, deal)
        if row is not None and row.returned:
            returned = row.returned
            told[deal] = (returned.first, returned.last, returned.touches)
            assert (found[deal].since, found[deal].owner) == (returned.at, row.owner)
    assert found.keys() == told.keys()
    return told


def check_deals(fed, facts, merged, by_hand=()) -> None:
    """Touches are in the deals, and deals are, as in one plain run of the oracle."""
    work = fed.base.work()
    work.load_leads(fed.pipelines)
    assert {i: work.leads[i].newest.pipeline for i in fed.pipelines} == fed.pipelines
    placed, fates, waiting = expected_deals(fed, facts, merged, by_hand)
    stored_placed, stored_fates, returned = stored_deals(fed)
    assert placed == stored_placed
    shown = {
        i: (None, None, fate[2], fate[3], None) if fate[2] else fate for i, fate in fates.items()
    }
    assert shown == stored_fates
    standing = {deal: leads for deal, leads in waiting.items() if not fates[deal][2]}
    assert returned == {d: (leads[0], leads[-1], len(leads)) for d, leads in standing.items()}
