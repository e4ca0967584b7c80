"""The shapes of the API, as its description has them; answers may have more."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

_Name = Annotated[str, Meta(max_length=400)]
CardId = Annotated[
    _Name, Meta(description="a card's or leaf card's id, or kind:value in any spelling")
]
Reason = Annotated[str, Meta(max_length=2000)]
MOST_OF_A_NOTE = 20_000
"""Characters."""


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is sent: an unknown field is an error, for it would have no effect."""


class Deciding(Given, frozen=True, kw_only=True):
    reason: Reason = ""
    actor: Annotated[_Name, Meta(description="who decides; by default whoever signed in")] = ""
    dry_run: Annotated[bool, Meta(description="tell what would change, change nothing")] = False


CardVersion = Annotated[
    int | None,
    Meta(description="`version` of the cards as seen: refuse (409) if one changed since"),
]


class OnCards(Deciding, frozen=True, kw_only=True):
    version: CardVersion = None


class OneCard(OnCards, frozen=True, kw_only=True):
    id: CardId


class TwoCards(OnCards, frozen=True, kw_only=True):
    a: CardId
    b: CardId


class Merge(TwoCards, frozen=True, kw_only=True):
    deals: Annotated[
        dict[str, int],
        Meta(
            description="`deal` and `version` of what was told of `deals` with `dry_run`: refuse"
            " (409) if one of them changed since"
        ),
    ] = msgspec.field(default_factory=dict)


class OneDecision(OnCards, frozen=True, kw_only=True):
    decision: _Name


class Withdrawal(Deciding, frozen=True, kw_only=True):
    """Which evidence; all that is given must fit, and something must be given."""

    a: CardId | None = None
    b: CardId | None = None
    rule: _Name | None = None
    version: Annotated[int | None, Meta(description="of the rules")] = None
    card_version: CardVersion = None
    identity: CardId | None = None
    since: Annotated[_Name | None, Meta(description="a day or an RFC 3339 time")] = msgspec.field(
        name="from", default=None
    )
    until: _Name | None = msgspec.field(name="to", default=None)


class Moving(Given, frozen=True, kw_only=True):
    """What every command on a deal may carry."""

    actor: _Name = ""
    version: Annotated[
        int | None, Meta(description="refuse (409) if the deal changed since this version")
    ] = None


class Staged(Moving, frozen=True, kw_only=True):
    stage: _Name
    amount: _Name | None = None


class Won(Moving, frozen=True, kw_only=True):
    amount: _Name | None = None


class Closed(Moving, frozen=True, kw_only=True):
    reason: Annotated[_Name, Meta(description="from the pipeline's list")]


class Owned(Moving, frozen=True, kw_only=True):
    owner: _Name


class Noted(Moving, frozen=True, kw_only=True):
    text: Annotated[str, Meta(max_length=MOST_OF_A_NOTE, description="for those who read it later")]


class Joined(Deciding, frozen=True, kw_only=True):
    other: Annotated[_Name, Meta(description="the deal to join it with")]
    version: Annotated[
        int | None, Meta(description="refuse (409) if the deal changed since this version")
    ] = None
    other_version: Annotated[int | None, Meta(description="the same of the other deal")] = None


class Split(Deciding, frozen=True, kw_only=True):
    lead: Annotated[_Name | None, Meta(description="put this touch apart")] = None
    version: int | None = None


class Retried(Given, frozen=True, kw_only=True):
    ids: Annotated[list[_Name], Meta(min_length=1, max_length=1000)]


class Leaf(msgspec.Struct, frozen=True, kw_only=True):
    """One identity of a person."""

    id: str
    kind: str
    value: str
    raw: str
    proof: Literal["attested", "claimed"]
    shared: bool
    first_seen: str | None
    last_seen: str | None
    mailbox: bool | UnsetType = UNSET
    """No lead brings it: it is the mailbox of addresses that leads bring."""


class Carried(msgspec.Struct, frozen=True, kw_only=True):
    """What leads carry to their card or deal, each field as last told."""

    fields: dict[str, str]
    """All that has no place of its own, known or not."""
    answers: dict[str, str] | UnsetType = UNSET
    """Those of them that somebody filled in: a form, an order, a booking."""
    profile: dict[str, Any] | UnsetType = UNSET
    campaign: dict[str, Any] | UnsetType = UNSET
    order: dict[str, Any] | UnsetType = UNSET
    booking: dict[str, Any] | UnsetType = UNSET
    consents: list[dict[str, Any]] | UnsetType = UNSET
    """Every different one, oldest first."""
    extra: dict[str, Any] | UnsetType = UNSET


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """Touches that joined a deal after it was won or lost, and about which nobody decided yet."""

    touches: int
    first: str
    """The lead of the first of them, …"""
    last: str
    """… and of the last."""
    since: str
    """When the first one happened."""


class Deal(Carried, frozen=True, kw_only=True):
    id: str
    pipeline: str
    stage: str
    status: Literal["open", "won", "lost", "declined", "joined", "withdrawn"]
    leads: list[str]
    touches: int
    more_touches: bool | UnsetType = UNSET
    """There are more touches than are named, or counted."""
    into: str | UnsetType = UNSET
    """Of a joined one: the deal that it went into."""
    repeat_of: str | None
    owner: str | None
    amount: str | None
    currency: str | None
    returned: Returned | UnsetType = UNSET
    """What came after its end; `POST …/anew` or `…/leave` decides about it."""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """How far something is that goes on in pieces."""

    of: int
    done: int


class Following(msgspec.Struct, frozen=True, kw_only=True):
    """A decision about much that is still carried out, as far as it concerns this person."""

    touches: int
    """Whose deals are brought after it; 0 where nothing is to be done about deals."""
    done: int
    evidence: Done | UnsetType = UNSET
    """Items of evidence that are withdrawn, or given back."""
    rematch: Done | UnsetType = UNSET
    """Leaf cards judged again by another version of the matching."""


class Card(Carried, frozen=True, kw_only=True):
    """A person."""

    id: str
    name: str
    leaves: list[Leaf]
    leads: list[str]
    deals: list[Deal]
    pending: Following | UnsetType = UNSET


class Older(msgspec.Struct, frozen=True, kw_only=True):
    before: str
    touches: int
    more: bool
    """There are more touches than these; nobody counted them."""


class ShownCard(Card, frozen=True, kw_only=True):
    timeline: list[dict[str, Any]]
    """Touches, moves of deals and decisions, oldest first; `type` tells which."""
    older: Older | UnsetType | None = UNSET
    """With a `limit`: what is before this page of the timeline."""
    decisions: list[dict[str, Any]] | UnsetType = UNSET
    """With a `limit`: every decision, whenever it was taken."""
    versions: dict[str, int] | UnsetType = UNSET
    """With a `limit`: deal and its version, for commands."""
    more_deals: bool | UnsetType = UNSET
    """With a `limit`: there are more deals than these, the latest and those of these touches."""
    as_of: int | UnsetType = UNSET
    version: int | UnsetType = UNSET
    """For a decision that is to be refused if the card changed since; not of a past card."""


class ListedCard(Card, frozen=True, kw_only=True):
    score: float | UnsetType = UNSET
    """How alike the name is, of 1; where one was searched for."""


class CardPage(msgspec.Struct, frozen=True, kw_only=True):
    items: list[ListedCard]
    next: str | None
    """The cursor of the next page."""


class ListedDeal(Deal, frozen=True, kw_only=True):
    person: str
    name: str
    pending: Following | UnsetType = UNSET


class RoutedBy(msgspec.Struct, frozen=True, kw_only=True):
    """Which rule chose the deal's pipeline."""

    rule: str | None
    """None: none fitted, and the first pipeline took it."""
    version: int
    """Of the routing rules."""
    follows: str | None
    """The lead of the same thread that the rule chose for, where it did not for this one."""


class ShownDeal(ListedDeal, frozen=True, kw_only=True):
    routed: RoutedBy | None
    """None where there were no rules when it was opened."""
    version: int
    card_version: int
    """That of the person's card, for `anew`, `leave` and an undo."""
    timeline: list[dict[str, Any]]
    """Its touches, oldest first."""
    history: list[dict[str, Any]]
    """What happened to it, with actors and both times; what came of a decision, with its reason."""
    also_open: list[str]
    """The person's other open deals in this pipeline."""
    joined: list[str]
    """The deals that were joined into this one."""
    decisions: list[dict[str, Any]]
    """What people decided about these deals, each with its reason and the id for its undo."""


class DealPage(msgspec.Struct, frozen=True, kw_only=True):
    items: list[ListedDeal]
    next: str | None


class ExplainedLink(msgspec.Struct, frozen=True, kw_only=True):
    a: str
    b: str
    rule: str
    version: int
    evidence: list[str]
    by: str
    decision: Annotated[str | UnsetType, Meta(description="of a merge by hand, for its undo")] = (
        UNSET
    )
    reason: Annotated[str | UnsetType, Meta(description="of a merge by hand, as typed")] = UNSET


class FirstLead(msgspec.Struct, frozen=True, kw_only=True):
    lead: str
    channel: str
    at: str


class CutLink(ExplainedLink, frozen=True, kw_only=True):
    first: Annotated[FirstLead | UnsetType, Meta(description="of a rule")] = UNSET


class Withdrawn(msgspec.Struct, frozen=True, kw_only=True):
    """Evidence of a pair that a decision withdrew; its undo brings the link back."""

    a: str
    b: str
    decision: str
    actor: str | None
    reason: str
    recorded_at: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    together: bool
    links: list[ExplainedLink]
    apart_without: list[str]
    withdrawn: list[Withdrawn]
    because: Literal["veto", "shared", "rule", "no evidence"] | UnsetType = UNSET
    vetoes: Annotated[
        list[str] | UnsetType, Meta(description="decisions that keep the two apart")
    ] = UNSET
    shared: Annotated[
        list[str] | UnsetType,
        Meta(description="identities of the way between them that are shared"),
    ] = UNSET
    rules: Annotated[
        list[str] | UnsetType, Meta(description="rules that judged what they have, and do not link")
    ] = UNSET
    pending: Following | UnsetType = UNSET


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    persons: int
    deals: int
    leads: int


class Rematch(Given, frozen=True, kw_only=True):
    """Which version is applied to the past stands in the configuration."""

    reason: Reason = ""
    actor: _Name = ""
    dry_run: bool = False


class DealFate(msgspec.Struct, frozen=True, kw_only=True):
    """One deal, and what would become of it."""

    deal: str
    version: int
    """0 for one that would be new."""
    lead: str
    """That opened it."""
    what: Literal["joined", "separated", "opened", "withdrawn", "restored", "stays"]
    """`stays`: open, with another that goes into it, or beside one of whom was another person."""
    into: str | None
    """Of one that is joined: the deal that it goes into, …"""
    by: str | None
    """… by which rule, or by whose decision."""
    pipeline: str
    stage: str
    status: Literal["open", "won", "lost", "declined"]
    owner: str | None
    amount: str | None
    currency: str | None
    channel: str
    """Of the touch that opened it."""
    opened_at: str


class DecisionTaken(msgspec.Struct, frozen=True, kw_only=True):
    """A decision, or what it would change."""

    decision: str
    changed: Changed
    follow: Annotated[
        int | UnsetType, Meta(description="touches whose deals follow in pieces; at most so many")
    ] = UNSET
    dry_run: bool | UnsetType = UNSET
    cuts: Annotated[
        list[CutLink] | UnsetType,
        Meta(description="of a veto with `dry_run`: the links that it cuts"),
    ] = UNSET
    deals: Annotated[
        list[DealFate] | UnsetType,
        Meta(
            description="with `dry_run`: what would become of deals; of a merge, which become one"
            " and which stay open beside each other"
        ),
    ] = UNSET


class CommandDone(msgspec.Struct, frozen=True, kw_only=True):
    deal: str
    version: int
    command: str


class Suggestions(msgspec.Struct, frozen=True, kw_only=True):
    items: list[dict[str, Any]]
    """Each with `id`, `why`, `score`, `reasons`, the two sides `a` and `b`, and the `version` for
    deciding; best first. Before them those of kind `returned`: what came to an ended deal, with
    the person `a`, the `deal` and its owner, the first `touch` and how many `touches`; and of kind
    `redecided`: to how many `deals` one decision (`because`) brought such touches."""
    next: str | None
    """The cursor of the next page."""


class QuarantinePage(msgspec.Struct, frozen=True, kw_only=True):
    items: list[dict[str, Any]]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 9457. A 409 for a stale version has what `changes` it met, and the `version` now."""

    type: str
    title: str
    status: int
    detail: str
    version: int | UnsetType = UNSET
    changes: list[dict[str, Any]] | UnsetType = UNSET
