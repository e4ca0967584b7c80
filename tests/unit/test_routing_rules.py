"""Which pipeline a lead goes to, by what it brings (SEMANTICS 4.1)."""

import msgspec
import pytest
from support.worlds import lead

from channels.sdk.lead import Call, Campaign, Profile
from eventstore.domain.events import Routed
from eventstore.domain.routing import Route, Router, Routing, RoutingRule, When

FORM = msgspec.structs.replace(
    lead(1, kind="form"),
    account="site",
    campaign=Campaign(utm_source="Yandex", utm_campaign="[Remont] kotlov?", start="r_1", ref="p"),
    profile=Profile(city="Тула", language="ru-RU"),
    call=Call(line="+74951234567"),
    fields={"Тема": " Ремонт котла ", "empty": ""},
)


def router(*rules, version=3):
    made = [RoutingRule(f"rule {n}", When(**when), to) for n, (when, to) in enumerate(rules)]
    return Router(Routing(version, tuple(made)), default="sales")


def chosen(**when):
    return router((when, "service")).choose(FORM).pipeline == "service"


@pytest.mark.parametrize(
    "when",
    [
        {"channel": "test"},
        {"account": ["office", "site"]},
        {"kind": "form"},
        {"line": "+7495*"},
        {"utm_source": "yandex"},
        {"utm_campaign": "[remont]*"},
        {"utm_campaign": "*kotlov?"},
        {"start": "r_*"},
        {"ref": "*"},
        {"city": "тула"},
        {"language": "ru*"},
        {"fields": {"Тема": "*ремонт*"}},
        {"fields": {"Тема": ["замер", "Ремонт котла"]}, "kind": "form"},
    ],
)
def test_a_rule_fits_what_the_lead_brings_in_any_case_of_letters(when):
    assert chosen(**when)


@pytest.mark.parametrize(
    "when",
    [
        {"channel": "tes"},
        {"utm_source": "yande."},
        {"utm_campaign": "r*"},  # brackets are brackets
        {"utm_medium": "*"},  # it brings none
        {"fields": {"empty": "*"}},
        {"fields": {"Имя": "*"}},
        {"kind": "form", "account": "office"},
        {"fields": {"Тема": "*ремонт*", "empty": "x"}},
    ],
)
def test_a_rule_fits_not_where_one_condition_does_not(when):
    assert not chosen(**when)


def test_what_a_lead_lacks_altogether_fits_nothing():
    bare = lead(1)
    for name in ("line", "utm_source", "start", "city", "language"):
        assert router(({name: "*"}, "service")).choose(bare).pipeline == "sales"


def test_the_first_rule_that_fits_chooses_and_is_named_with_its_version():
    rules = router(({"kind": "call"}, "a"), ({"kind": "form"}, "b"), ({"account": "site"}, "c"))
    assert rules.choose(FORM) == Route("b", Routed("rule 1", 3))


def test_what_no_rule_fits_goes_to_the_default_by_no_rule_of_that_version():
    assert router(({"kind": "call"}, "a")).choose(FORM) == Route("sales", Routed("", 3))


def test_without_rules_there_is_nothing_to_tell():
    assert router().choose(FORM) == Route("sales", None)
