"""The oracle of the partition: each rule of SEMANTICS 2.2 to 2.4 with its expected answer."""

from eventstore.domain.events import LeadIdentity
from eventstore.domain.matching import Matching
from eventstore.domain.partition import Facts, Lead, partition

RULES = Matching(limits={"default": 2, "visitor": 1})
NAMES: dict[bytes, tuple[str, str]] = {}


def leaf(text: str) -> bytes:
    kind, _, value = text.partition(":")
    name = text.encode().ljust(16, b".")
    NAMES[name] = (kind, value)
    return name


def lead(number: int, *identities: str, at: int = 0) -> Lead:
    """Identities as `kind:value` (claimed) or `kind:value!` (attested)."""
    texts = sorted(text.rstrip("!") for text in identities)
    found = [
        LeadIdentity(
            leaf(text.rstrip("!")),
            text.partition(":")[0],
            text.endswith("!"),
            texts.index(text.rstrip("!")),
        )
        for text in identities
    ]
    found.sort(key=lambda i: RULES.strength(i.kind, NAMES[i.leaf][1], attested=i.attested))
    number_ = number.to_bytes(16, "big")
    return Lead(number_, at or number, found, 1, b"own" + number_[3:])


def opened_by(*leads: Lead) -> dict[bytes, tuple[str, str]]:
    return {i.leaf: NAMES[i.leaf] for lead in leads for i in lead.identities}


def persons(
    *leads: Lead, matching: Matching = RULES, before: tuple[Lead, ...] = (), **hand
) -> set[frozenset[str]]:
    """The persons as sets of `kind:value`; `before`: the same leads as they were told of once."""
    facts = Facts(
        leads=leads,
        rules={1: matching},
        current=matching,
        values=opened_by(*before, *leads),
        marks=hand.get("marks", {}),
        merges=hand.get("merges", []),
        vetoes=hand.get("vetoes", []),
        withdrawn=frozenset(hand.get("withdrawn", ())),
    )
    found, _, _ = partition(facts)
    groups: dict[bytes, set[str]] = {}
    for name, root in found.items():
        groups.setdefault(root, set()).add(":".join(NAMES.get(name, ("lead", ""))))
    return {frozenset(group) for group in groups.values()}


def stands(*leads: Lead, **hand) -> list[str]:
    facts = Facts(
        leads=leads, rules={1: RULES}, current=RULES, values=opened_by(*leads),
        marks=hand.get("marks", {}), merges=[], vetoes=[], withdrawn=frozenset(),
    )  # fmt: skip
    _, _, anchors = partition(facts)
    return [":".join(NAMES.get(anchors[one.id], ("own", ""))) for one in leads]


def one(*texts: str) -> frozenset[str]:
    return frozenset(texts)


def test_a_form_with_phone_and_email_makes_one_person():
    assert persons(lead(1, "phone:1", "email:a")) == {one("phone:1", "email:a")}


def test_a_telegram_user_who_types_a_phone_is_one_person():
    assert persons(lead(1, "telegram:7!", "phone:1")) == {one("telegram:7", "phone:1")}


def test_two_claimed_accounts_are_only_suggested():
    assert persons(lead(1, "telegram:7", "phone:1")) == {one("telegram:7"), one("phone:1")}


def test_a_visitor_links_nobody():
    assert persons(lead(1, "visitor:v", "phone:1!")) == {one("visitor:v"), one("phone:1")}


def test_a_phone_with_more_partners_of_one_kind_than_the_limit_is_shared_and_links_nobody():
    leads = [lead(n, "phone:office", f"email:{n}") for n in (1, 2, 3)]
    assert persons(*leads) == {one("phone:office"), *(one(f"email:{n}") for n in (1, 2, 3))}


def test_visitors_are_not_counted_as_partners():
    leads = [lead(n, "phone:1", f"visitor:{n}") for n in (1, 2, 3)]
    both = lead(9, "phone:1", "email:a")
    assert one("phone:1", "email:a") in persons(*leads, both)


def test_a_withdrawn_pair_still_counts_as_a_partner():
    leads = [lead(n, "phone:office", f"email:{n}") for n in (1, 2, 3)]
    low, high = sorted((leaf("phone:office"), leaf("email:1")))
    assert one("phone:office") in persons(*leads, withdrawn=[(low, high, leads[0].id)])


def test_a_mark_not_shared_outranks_the_limit():
    leads = [lead(n, "phone:office", f"email:{n}") for n in (1, 2, 3)]
    together = one("phone:office", "email:1", "email:2", "email:3")
    assert persons(*leads, marks={leaf("phone:office"): False}) == {together}


def test_an_8800_number_is_shared_from_the_start():
    assert persons(lead(1, "phone:+78001234567", "email:a")) == {
        one("phone:+78001234567"),
        one("email:a"),
    }


def test_the_list_that_is_given_replaces_the_default():
    own = Matching(shared=("email:info@*",))
    both = lead(1, "phone:+78001234567", "email:a")
    assert persons(both, matching=own) == {one("phone:+78001234567", "email:a")}
    assert one("email:info@x.ru") in persons(lead(2, "phone:2", "email:info@x.ru"), matching=own)


def test_a_veto_holds_by_whatever_path_and_the_newcomer_is_refused():
    first, second = lead(1, "phone:1", "email:a"), lead(2, "phone:2", "email:a")
    vetoes = [(leaf("phone:1"), leaf("phone:2"))]
    assert persons(first, second, vetoes=vetoes) == {one("phone:1", "email:a"), one("phone:2")}


def test_a_veto_is_inherited_by_the_person_who_absorbs_a_vetoed_card():
    leads = [
        lead(1, "phone:1", "email:a"),
        lead(2, "email:a", "phone:2"),
        lead(3, "phone:2", "email:b"),
    ]
    vetoes = [(leaf("phone:1"), leaf("email:b"))]
    assert one("phone:1", "email:a", "phone:2") in persons(*leads, vetoes=vetoes)
    assert one("email:b") in persons(*leads, vetoes=vetoes)


def test_what_happened_first_stays_in_whatever_order_it_is_told():
    late, early = lead(1, "phone:1", "email:a", at=20), lead(2, "phone:2", "email:a", at=10)
    vetoes = [(leaf("phone:1"), leaf("phone:2"))]
    assert persons(late, early, vetoes=vetoes) == {one("phone:2", "email:a"), one("phone:1")}


def test_a_merge_by_hand_counts_for_a_shared_identity_too():
    leads = [lead(n, "phone:office", f"email:{n}") for n in (1, 2, 3)]
    merges = [(leaf("phone:office"), leaf("email:1"))]
    assert one("phone:office", "email:1") in persons(*leads, merges=merges)


def test_merges_by_hand_come_before_what_rules_say():
    linked = lead(1, "phone:1", "email:a")
    merges = [(leaf("email:a"), leaf("phone:2"))]
    vetoes = [(leaf("phone:1"), leaf("phone:2"))]
    assert persons(linked, lead(2, "phone:2"), merges=merges, vetoes=vetoes) == {
        one("email:a", "phone:2"),
        one("phone:1"),
    }


def test_a_withdrawn_lead_no_longer_links_but_a_later_one_does():
    first, later = lead(1, "phone:1", "email:a"), lead(2, "phone:1", "email:a")
    low, high = sorted((leaf("phone:1"), leaf("email:a")))
    withdrawn = [(low, high, first.id)]
    assert persons(first, withdrawn=withdrawn) == {one("phone:1"), one("email:a")}
    assert persons(first, later, withdrawn=withdrawn) == {one("phone:1", "email:a")}


def test_a_lead_stands_on_its_strongest_identity():
    assert stands(
        lead(1, "email:a", "phone:1"),
        lead(2, "email:b!", "phone:2"),
        lead(3, "telegram:7", "phone:3"),
        lead(4, "vk:1!", "telegram:8!"),
        lead(5),
    ) == ["phone:1", "email:b", "phone:3", "telegram:8", "own:"]


def test_a_lead_does_not_stand_on_a_shared_identity_unless_it_has_no_other():
    marks = {leaf("phone:1"): True}
    assert stands(lead(1, "phone:1!", "email:a"), lead(2, "phone:1!"), marks=marks) == [
        "email:a",
        "phone:1",
    ]


def test_the_leaf_card_stays_of_an_identity_that_a_lead_brings_no_more():
    once, now = lead(1, "phone:1", "email:a"), lead(1, "phone:1")
    assert persons(now, before=(once,)) == {one("phone:1"), one("email:a")}
