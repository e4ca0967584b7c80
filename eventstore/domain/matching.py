"""Matching rules: what two identities in one lead say about two leaf cards (SEMANTICS 2.3).

One versioned piece of configuration. A lead is judged by the rules and the order of kinds that
were in force when it was first recorded; limits, lists and folds concern all leads at once.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from fnmatch import translate
from functools import lru_cache
from itertools import combinations
from typing import Final, Literal

import msgspec

from eventstore.domain.events import LeadIdentity
from eventstore.domain.folds import Fold, mailbox

ANY: Final = "*"

ProofSaid = Literal["attested", "claimed", "*"]
Kinds = tuple[str, ...] | str
"""The kinds that one side of a rule names; `*` for any."""


class Action(StrEnum):
    """What a rule says of a pair."""

    LINK = "link"
    SUGGEST = "suggest"
    NEVER = "never"


class LinkRule(StrEnum):
    """The names of the default rules."""

    DEVICE = "device"
    OWN_ACCOUNTS = "own accounts"
    TYPED_CONTACT = "typed contact"
    ONE_FORM = "one form"
    OTHERWISE = "otherwise"
    """What holds where no rule fits: suggest."""
    ONE_MAILBOX = "one mailbox"
    """An address and its mailbox, by a fold: link, whatever the rules say of two addresses."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`kinds` and `proofs` name the two sides; a pair fits in either order."""

    name: str
    kinds: tuple[Kinds, Kinds] = ((ANY,), (ANY,))
    proofs: tuple[ProofSaid, ProofSaid] = (ANY, ANY)
    action: Action = Action.SUGGEST

    def fits(self, a: LeadIdentity, b: LeadIdentity) -> bool:
        return (self._side(0, a) and self._side(1, b)) or (self._side(0, b) and self._side(1, a))

    def _side(self, side: int, identity: LeadIdentity) -> bool:
        kinds, proof = self.kinds[side], self.proofs[side]
        named = (kinds,) if isinstance(kinds, str) else kinds
        return (ANY in named or identity.kind in named) and (
            proof == ANY or (proof == "attested") == identity.attested
        )


BY_FOLD: Final = 1 << 30
"""The place of `ONE_MAILBOX` among the rules of any version: after them all."""

DEFAULT_ORDER = (
    "telegram", "vk", "whatsapp", "instagram", "max", "avito", "phone", "email", "visitor",
)  # fmt: skip
DEFAULT_RULES = (
    Rule(LinkRule.DEVICE, (("visitor",), (ANY,)), action=Action.SUGGEST),
    Rule(LinkRule.OWN_ACCOUNTS, proofs=("attested", "attested"), action=Action.LINK),
    Rule(
        LinkRule.TYPED_CONTACT,
        ((ANY,), ("phone", "email")),
        ("attested", "claimed"),
        Action.LINK,
    ),
    Rule(
        LinkRule.ONE_FORM,
        (("phone", "email"), ("phone", "email")),
        ("claimed", "claimed"),
        Action.LINK,
    ),
)
DEFAULT_SHARED = ("phone:+7800*",)
"""8 800 numbers belong to companies (SEMANTICS 2.1.2)."""


class Matching(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The matching configuration, as `[matching]` has it."""

    version: int = 1
    anchors: tuple[str, ...] = DEFAULT_ORDER
    limits: dict[str, int] = msgspec.field(default_factory=lambda: {"default": 5, "visitor": 1})
    shared: tuple[str, ...] = DEFAULT_SHARED
    """Identities that count as shared, as `kind:value`; `*` stands for any text."""
    rules: tuple[Rule, ...] = DEFAULT_RULES
    join_unsorted: bool = True
    """Two unsorted deals of persons who turn out to be one are joined (SEMANTICS 3.4)."""
    folds: tuple[Fold, ...] = ()
    """Which addresses are one mailbox, by their domains (SEMANTICS 2.3.7)."""

    def limit(self, kind: str) -> int:
        """With more than so many partners of one kind, an identity of `kind` is shared."""
        return self.limits.get(kind, self.limits.get("default", 5))

    def is_listed(self, kind: str, value: str) -> bool:
        text = f"{kind}:{value}"
        exact, patterns = _listed(self.shared)
        return text in exact or patterns.fullmatch(text) is not None

    def mailbox(self, kind: str, value: str) -> str:
        """Of an e-mail address that a fold reads otherwise: the address of its mailbox."""
        return mailbox(self.folds, value) if self.folds and kind == "email" else ""

    def judge(self, a: LeadIdentity, b: LeadIdentity) -> tuple[int, str, Action]:
        """Position, name and action of the first rule that fits the pair."""
        for position, rule in enumerate(self.rules):
            if rule.fits(a, b):
                return position, rule.name, rule.action
        return len(self.rules), LinkRule.OTHERWISE, Action.SUGGEST

    def strength(self, kind: str, value: str, *, attested: bool) -> tuple[int, int, int, str, str]:
        """A sort key: the strongest identity of a lead comes first (SEMANTICS 2.2.5)."""
        contact = 0 if attested else _CONTACT_FIRST.get(kind, 2)
        try:
            place, name = self.anchors.index(kind), ""
        except ValueError:
            place, name = len(self.anchors), kind
        return (0 if attested else 1, contact, place, name, value)

    def in_order(self, identities: Sequence[LeadIdentity]) -> tuple[LeadIdentity, ...]:
        """A lead's identities, strongest first, from another version's order.

        Those of one kind and proof stay in their order: it is that of their values.
        """
        return tuple(
            sorted(identities, key=lambda i: self.strength(i.kind, "", attested=i.attested))
        )


_CONTACT_FIRST = {"phone": 0, "email": 1}
_WILDCARD = re.compile(r"[*?[]")


@lru_cache(maxsize=16)
def _listed(shared: tuple[str, ...]) -> tuple[frozenset[str], re.Pattern[str]]:
    """A list of shared identities: those written out, and what the patterns among them fit."""
    patterns = [text for text in shared if _WILDCARD.search(text)]
    fits = "|".join(translate(pattern) for pattern in patterns) or "(?!)"
    return frozenset(shared) - frozenset(patterns), re.compile(fits)


@lru_cache(maxsize=64)
def _judgements(
    rules: "RulesInForce", shape: tuple[tuple[str, bool], ...]
) -> tuple[tuple[int, int, int, str, Action], ...]:
    identities = [
        LeadIdentity(index.to_bytes(16, "big"), kind, attested, index)
        for index, (kind, attested) in enumerate(shape)
    ]
    return tuple(
        (i, j, *rules.matching.judge(identities[i], identities[j]))
        for i, j in combinations(range(len(identities)), 2)
    )


class RulesInForce:
    """A `Matching` whose judgements are remembered by the shape of leads: kinds and proofs."""

    def __init__(self, matching: Matching) -> None:
        self.matching = matching

    def pairs(
        self, identities: Sequence[LeadIdentity]
    ) -> tuple[tuple[int, int, int, str, Action], ...]:
        """(index, index, rule position, rule name, action) for each two identities of a lead."""
        if len(identities) < 2:
            return ()
        return _judgements(self, tuple((i.kind, i.attested) for i in identities))
