"""What keeps two persons apart is named, also where they meet only through others (2.4.12)."""

import pytest
from support.desks import claimed, client, feed, lead, opened

from leadlog.operations import run

OFFICE, ANNA, BORIS = "phone:+74950000001", "email:anna@x.ru", "email:boris@x.ru"
BROWSER, VERA, GLEB = "visitor:v1", "email:vera@x.ru", "email:gleb@x.ru"


@pytest.fixture
def system(tmp_path):
    with opened(tmp_path) as system:
        feed(
            system,
            lead(1, claimed(OFFICE), claimed(ANNA)),
            lead(2, claimed(OFFICE), claimed(BORIS), hour=10),
            lead(3, claimed(BROWSER), claimed(VERA)),
            lead(4, claimed(BROWSER), claimed(GLEB)),
        )
        yield system


def decide(system, name, **given):
    (told,) = run(system, f"card.{name}", given)
    return told["decision"]


def why(system, a, b):
    (told,) = run(system, "card.explain", {"id": a, "other": b})
    names = ("because", "vetoes", "shared", "rules")
    return {name: told[name] for name in names if name in told}


def test_two_who_met_at_a_number_that_is_shared_are_apart_because_of_it(system):
    decide(system, "mark", id=OFFICE, shared=True)
    assert why(system, ANNA, BORIS) == {"because": "shared", "shared": [OFFICE]}
    assert why(system, ANNA, OFFICE) == {"because": "shared", "shared": [OFFICE]}
    (told,) = run(system, "card.explain", {"id": ANNA, "other": BORIS})
    assert {frozenset((link["a"], link["b"])) for link in told["links"]} == {
        frozenset((OFFICE, ANNA)),
        frozenset((OFFICE, BORIS)),
    }


def test_a_veto_is_named_before_what_else_keeps_them_apart(system):
    veto = decide(system, "unmerge", id=ANNA, other=BORIS)
    assert why(system, ANNA, BORIS) == {"because": "veto", "vetoes": [veto]}
    decide(system, "mark", id=OFFICE, shared=True)
    assert why(system, ANNA, BORIS) == {
        "because": "veto", "vetoes": [veto], "shared": [OFFICE],
    }  # fmt: skip


def test_a_veto_on_somebody_in_between_is_named(system):
    vetoes = {decide(system, "unmerge", id=OFFICE, other=name) for name in (ANNA, BORIS)}
    told = why(system, ANNA, BORIS)
    assert (told["because"], set(told["vetoes"])) == ("veto", vetoes)


def test_the_rule_that_does_not_link_is_named_for_a_pair_and_through_a_browser(system):
    assert why(system, VERA, BROWSER) == {
        "because": "rule", "shared": [BROWSER], "rules": ["device"],
    }  # fmt: skip
    assert why(system, VERA, GLEB)["rules"] == ["device"]


def test_withdrawn_evidence_is_none(system):
    decide(system, "withdraw", id=ANNA, other=OFFICE)
    assert why(system, ANNA, OFFICE) == {"because": "no evidence"}
    assert why(system, ANNA, BORIS) == {"because": "no evidence"}


def test_nothing_in_common_is_no_evidence(system):
    assert why(system, ANNA, VERA) == {"because": "no evidence"}


def test_the_api_tells_the_same(system):
    decide(system, "mark", id=OFFICE, shared=True)
    with client(system) as api:
        told = api.get(f"/api/v1/cards/{ANNA}/explain", params={"other": BORIS}).json()
    assert (told["because"], told["shared"]) == ("shared", [OFFICE])
