"""Which evidence a withdrawal by query concerns: what all of its conditions fit (2.3.10)."""

from dataclasses import dataclass
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.worlds import KEYRING, Fed, lead

from eventstore.adoption import adopt
from eventstore.customer_base import CustomerBase
from eventstore.domain.matching import Matching
from eventstore.domain.pipeline import SALES
from eventstore.evidence import Selection, select
from eventstore.policy import Policy
from eventstore.recorders.sqlite import SQLiteCustomerRecorder
from eventstore.touches import bytes_of
from eventstore.versions import effective_policy

HOUR, START = 3600, 1_700_000_000
PHONE, MAIL = ("phone", "+79120000001", "claimed"), ("email", "a@x.ru", "claimed")
OTHER, MORE = ("phone", "+79120000002", "claimed"), ("email", "b@x.ru", "claimed")
TELEGRAM, VK = ("telegram", "7", "attested"), ("vk", "8", "attested")
CLAIMED_VK = ("vk", "8", "claimed")
BROWSER = ("visitor", "v", "claimed")
"""By the default rules: two claimed addresses are one form, an account and a claimed address a
typed contact, two accounts a person's own; a browser and a claimed account link nobody."""

LEADS = {
    1: [(1, 0, (PHONE, MAIL)), (2, 1, (TELEGRAM, PHONE)), (3, 2, (VK, TELEGRAM))],
    2: [(4, 0, (PHONE, MAIL)), (5, 2, (OTHER, MORE)), (6, 3, (TELEGRAM, OTHER, MORE)),
        (7, 1, (CLAIMED_VK, MAIL)), (8, 1, (BROWSER, PHONE))],
}  # fmt: skip
"""By the version of the rules: number, hour, identities."""
RULES = {
    frozenset({"attested"}): "own accounts",
    frozenset({"attested", "claimed"}): "typed contact",
    frozenset({"claimed"}): "one form",
}


@dataclass(frozen=True)
class Known:
    """A link that a lead brings, and what queries ask of it."""

    pair: frozenset[tuple[str, str]]
    lead: bytes
    rule: str
    version: int
    at: int

    def fits(self, pair, rule, version, identity, since, until) -> bool:
        return (
            pair in (None, self.pair)
            and rule in (None, self.rule)
            and version in (None, self.version)
            and (identity is None or identity in self.pair)
            and (since is None or self.at >= since)
            and (until is None or self.at < until)
        )


LINKS = [
    Known(
        frozenset({one[:2], other[:2]}),
        bytes_of(lead(number).lead_id),
        RULES[frozenset({one[2], other[2]})],
        version,
        1000 * (START + hour * HOUR),
    )
    for version, leads in LEADS.items()
    for number, hour, found in leads
    if not {CLAIMED_VK, BROWSER} & set(found)
    for place, one in enumerate(found)
    for other in found[place + 1 :]
]
IDENTITIES = sorted({one for link in LINKS for one in link.pair} | {BROWSER[:2]})
MOMENTS = [1000 * (START + hour * HOUR) + late for hour in range(4) for late in (0, 1)]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Leads under two versions of the rules."""
    recorder = SQLiteCustomerRecorder(tmp_path_factory.mktemp("selected") / "events.db")
    offsets = count()
    for version, leads in LEADS.items():
        policy = Policy.of(Matching(version=version), [SALES])
        base = CustomerBase(recorder, KEYRING, effective_policy(recorder, KEYRING, policy))
        adopt(base)
        fed = Fed(base, offsets)
        fed.feed(*(lead(number, *found, at=START + hour * HOUR) for number, hour, found in leads))
    yield base
    recorder.close()


def leaf(identity) -> bytes:
    return KEYRING.leaf(*identity)


def pairs():
    two = st.lists(st.sampled_from(IDENTITIES), min_size=2, max_size=2, unique=True)
    return st.sampled_from([tuple(sorted(one.pair)) for one in LINKS]) | two.map(tuple)


@settings(deadline=None)
@given(
    pair=st.none() | pairs(),
    turned=st.booleans(),
    rule=st.sampled_from([None, *RULES.values(), "device"]),
    version=st.sampled_from([None, 1, 2, 3]),
    identity=st.none() | st.sampled_from(IDENTITIES),
    since=st.none() | st.sampled_from(MOMENTS),
    until=st.none() | st.sampled_from(MOMENTS),
)
def test_what_fits_every_condition_is_selected_once_and_nothing_else(
    recorded, pair, turned, rule, version, identity, since, until
):
    named = tuple(map(leaf, pair[::-1] if turned else pair)) if pair else None
    selection = Selection(
        pair=named, rule=rule, version=version, identity=leaf(identity) if identity else None,
        since=since, until=until,
    )  # fmt: skip
    asked = (frozenset(pair) if pair else None, rule, version, identity, since, until)
    expected = [(*sorted(map(leaf, one.pair)), one.lead) for one in LINKS if one.fits(*asked)]
    assert sorted(select(recorded, selection)) == sorted(expected)
