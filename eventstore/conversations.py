"""To which pipeline a lead goes: by the rules, else as its conversation (SEMANTICS 4.1).

What a rule goes by often comes once: a bot's start parameter with the first message, the labels of
an advertisement with the click. So what no rule fits goes where the first touch of its thread went
that a rule fitted, and only then to the default pipeline. Which touch that was is kept as a key.
It hangs on the thread alone, not on who is whom: no link and no undo changes it.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from channels.sdk.lead import LeadContent
from eventstore.describing import thread_of
from eventstore.domain.events import Id
from eventstore.domain.routing import Route
from eventstore.keyring import derived
from eventstore.work import Work


def load_conversations(work: Work, contents: Iterable[LeadContent]) -> None:
    """Read what `route` will ask for, in two queries; none where there are no rules."""
    if work.policy.router.only:
        return
    wanted = {_key(content) for content in contents if content.thread}
    if wanted:
        found = work.source.keyed(wanted)
        work.threads |= dict.fromkeys(wanted, b"") | found
        work.load_leads(set(found.values()))


def route(work: Work, content: LeadContent, lead_id: Id) -> Route:
    """The route of a new lead; notes that its thread goes there, where a rule chose."""
    chosen = work.policy.router.choose(content)
    if not content.thread or chosen.why is None:
        return chosen
    key = _key(content)
    first = work.threads.get(key, b"")
    if not first:
        if chosen.why.rule:
            work.threads[key] = work.changes.keys[key] = lead_id
        return chosen
    return chosen if chosen.why.rule else _as(work, first) or chosen


def _as(work: Work, first: Id) -> Route | None:
    """Where this touch went; None where its pipeline is configured no more."""
    before = work.leads[first].newest
    if before.pipeline not in work.policy.pipelines or before.routed is None:
        return None
    return Route(before.pipeline, replace(before.routed, follows=first))


def _key(content: LeadContent) -> Id:
    return derived(b"conversation/" + thread_of(content))
