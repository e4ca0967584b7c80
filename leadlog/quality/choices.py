"""What other settings would give, by the partition itself: the function that the store must equal.

The facts are those of the run; only the matching configuration differs, for all leads alike, as
after `leadlog card rematch`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from channels.sdk.lead import LeadEvent
from eventstore.domain.events import Id
from eventstore.domain.matching import DEFAULT_ORDER, DEFAULT_RULES, Action, LinkRule, Matching
from eventstore.domain.partition import Facts, Lead, partition
from eventstore.incoming import incoming
from eventstore.touches import milliseconds, own_leaf
from leadlog.quality.run import KEYRING

_ACCOUNTS = ("telegram", "vk", "whatsapp", "instagram", "max", "avito")
Pairing = tuple[Id, Id]


class Choice(NamedTuple):
    """A setting to try, and the decisions by hand that go with it."""

    name: str
    matching: Matching
    marks: Mapping[Id, bool]
    merges: Sequence[Pairing] = ()


def choices(marks: Mapping[Id, bool], known_shared: Mapping[Id, bool]) -> Iterator[Choice]:
    """The settings of the table; `known_shared` marks all that the truth knows to be shared."""
    default = Matching()
    for limit in (2, 3, 10):
        limits = {**default.limits, "default": limit}
        yield Choice(f"limit {limit}", replace(default, limits=limits), marks)
    yield Choice("no limit", replace(default, limits={"default": 10**9, "visitor": 1}), marks)
    yield Choice(
        "phone before accounts",
        replace(default, anchors=("phone", "email", *_ACCOUNTS, "visitor")),
        marks,
    )
    yield Choice("e-mail before phone", replace(default, anchors=_email_first()), marks)
    for name in (LinkRule.ONE_FORM, LinkRule.TYPED_CONTACT, LinkRule.OWN_ACCOUNTS):
        yield Choice(f"without `{name}`", without(name), marks)
    yield Choice("browsers link", _browsers_link(), marks)
    yield Choice("no rule at all", replace(default, rules=()), marks)
    yield Choice("all shared ones marked by hand", default, {**marks, **known_shared})


def without(name: str) -> Matching:
    """The default rules but this one: its pairs are suggested."""
    return Matching(rules=tuple(rule for rule in DEFAULT_RULES if rule.name != name))


class Given(NamedTuple):
    """What a setting gives."""

    person_of: dict[str, Id]
    """Lead id → a representative of its person."""
    on_shared: frozenset[str]
    """Leads that stand on the card of a shared identity."""


def persons(leads: Sequence[LeadEvent], choice: Choice) -> Given:
    """Who is whom under this setting."""
    values: dict[Id, tuple[str, str]] = {}
    found: list[Lead] = []
    for lead in leads:
        known = incoming(lead, KEYRING, choice.matching)
        at = milliseconds(lead.occurred_at)
        found.append(Lead(known.lead_id, at, known.identities, 1, own_leaf(known.lead_id)))
        for identity in lead.identities:
            values[KEYRING.leaf(identity.kind, identity.value)] = (identity.kind, identity.value)
    mailboxes = _mailboxes(values, choice.matching)
    facts = Facts(
        leads=found,
        rules={1: choice.matching},
        current=choice.matching,
        values=values,
        marks=choice.marks,
        merges=choice.merges,
        vetoes=(),
        withdrawn=frozenset(),
        mailboxes=mailboxes,
    )
    person, shared, stands = partition(facts)
    leaf_of = {lead.lead_id: stands[known.id] for lead, known in zip(leads, found, strict=True)}
    return Given(
        {lead: person[leaf] for lead, leaf in leaf_of.items()},
        frozenset(lead for lead, leaf in leaf_of.items() if shared.get(leaf)),
    )


def _mailboxes(values: dict[Id, tuple[str, str]], matching: Matching) -> dict[Id, Id]:
    """Leaf card of each address that is folded → that of its mailbox, which `values` gets, too."""
    found: dict[Id, Id] = {}
    for leaf, identity in list(values.items()):
        if named := matching.mailbox(*identity):
            found[leaf] = KEYRING.leaf("email", named)
            values[found[leaf]] = ("email", named)
    return found


def _email_first() -> tuple[str, ...]:
    order = [kind for kind in DEFAULT_ORDER if kind != "email"]
    order.insert(order.index("phone"), "email")
    return tuple(order)


def _browsers_link() -> Matching:
    device, *rest = DEFAULT_RULES
    return Matching(rules=(replace(device, action=Action.LINK), *rest))
