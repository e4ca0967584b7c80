"""Rules that could not be followed are named, with their line and what to do, before anything."""

import pytest

from leadlog.doctor import of_settings
from leadlog.settings import ConfigurationError, load

RULE = """
[[pipelines]]
id = "sales"

[[pipelines]]
id = "service"

[[routing.rules]]
name = "repairs"
pipeline = "service"
when = { utm_campaign = "remont*" }
"""


@pytest.fixture
def faults(tmp_path):
    def read(text):
        file = tmp_path / "leadlog.toml"
        file.write_text(text)
        with pytest.raises(ConfigurationError) as caught:
            load(file, environ={})
        return [fault.removeprefix(f"{file} ") for fault in caught.value.faults]

    return read


def test_a_rule_that_can_be_followed_is_taken(tmp_path):
    (tmp_path / "leadlog.toml").write_text(RULE)
    (rule,) = load(tmp_path / "leadlog.toml", environ={}).routing_rules.rules
    assert (rule.name, rule.pipeline, rule.when.utm_campaign) == ("repairs", "service", "remont*")


def test_a_pipeline_that_is_not_there_is_named_with_those_that_are(faults):
    (fault,) = faults(RULE.replace('pipeline = "service"', 'pipeline = "servise"'))
    assert fault == (
        "line 10: routing.rules 'repairs': unknown pipeline 'servise'; did you mean 'service'?"
        " known here: sales, service"
    )


def test_without_pipelines_of_ones_own_there_is_one(faults):
    (fault,) = faults(RULE[RULE.index("[[routing") :])
    assert fault.endswith("unknown pipeline 'service'; known here: sales")


def test_a_condition_that_is_none_is_named_with_those_that_are(faults):
    (fault,) = faults(RULE.replace("utm_campaign", "utm_campain"))
    assert fault.startswith(
        "line 11: routing.rules 'repairs': unknown condition 'utm_campain'; did you mean"
        " 'utm_campaign'? known here: channel, account, kind, "
    )


def test_a_rule_that_asks_for_nothing_is_refused(faults):
    (fault,) = faults(RULE.replace('{ utm_campaign = "remont*" }', "{}"))
    assert fault.startswith("line 8: routing: rule 'repairs': `when` names no condition; ")


@pytest.mark.parametrize("nothing", ['""', "[]", '["a", " "]'])
def test_a_condition_that_nothing_fits_is_refused(faults, nothing):
    (fault,) = faults(RULE.replace('"remont*"', nothing))
    assert "'repairs': utm_campaign names nothing; give a value, or leave it out" in fault


def test_a_rule_without_a_name_or_a_pipeline_is_refused(faults):
    assert "needs a name" in faults(RULE.replace('"repairs"', '""'))[0]
    assert "`pipeline`" in faults(RULE.replace('pipeline = "service"\n', ""))[0]


def test_two_rules_of_one_name_are_refused(faults):
    twice = RULE + RULE[RULE.index("[[routing") :]
    assert faults(twice) == [
        "line 13: routing.rules: the name 'repairs' is given twice; give one another name"
    ]


def test_a_kind_that_never_comes_is_refused(faults):
    (fault,) = faults(RULE.replace("utm_campaign", "kind").replace("remont*", "calls"))
    assert "unknown kind of lead 'calls'; did you mean 'call'?" in fault


def test_versions_begin_with_1(faults):
    assert faults(RULE.replace("[[routing", "[routing]\nversion = 0\n[[routing")) == [
        "line 9: routing.version: versions are numbered from 1"
    ]


def test_every_fault_is_told_at_once_whatever_is_written(faults):
    assert len(faults(RULE.replace("service", "x", 1).replace("when", "wenn"))) == 2
    assert faults("routing = 5") != []
    assert faults("[routing]\nrules = 5") == [
        "line 2: routing.rules: a list of tables; write [[routing.rules]] before each rule"
    ]
    assert "known here: name, when, pipeline" in faults(RULE + 'team = "a"')[0]


ACCOUNTS = """
[[accounts]]
type = "webform"
name = "site"
form_id = "site"

[[accounts]]
type = "telegram"
name = "sales_bot"
token = "1:x"
secret_token = "0123456789abcdef0123456789abcdef"
"""


@pytest.mark.parametrize(
    ("account", "named"),
    [
        ('"Sales_Bot"', []),
        ('["sit*", "*bot"]', []),
        ('"*"', []),
        ('["site", "sales_bott"]', ["sales_bott"]),
        ('["shop*", "old"]', ["shop*", "old"]),
    ],
)
def test_the_doctor_names_accounts_of_rules_that_are_not_configured(tmp_path, account, named):
    file = tmp_path / "leadlog.toml"
    file.write_text(RULE.replace('utm_campaign = "remont*"', f"account = {account}") + ACCOUNTS)
    odd = [one for one in of_settings(load(file, environ={}), file) if one.subject == "routing"]
    assert [one.told.partition(";")[0] for one in odd] == [
        f"rule 'repairs' waits for an unknown account {name!r}" for name in named
    ]
    assert {one.state for one in odd} <= {"odd"}
