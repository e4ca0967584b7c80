"""The configuration is checked whole, before anything starts; every fault says where and what."""

from pathlib import Path

import pytest

from ingest.log.kafka_access import KafkaAccess
from leadlog.settings import ConfigurationError, load

MANGO = '[[accounts]]\ntype = "mango"\nname = "office"\nkey = "k"\nsalt = "s"\n'


@pytest.fixture
def loaded(tmp_path):
    def load_text(text, **environ):
        file = tmp_path / "leadlog.toml"
        file.write_text(text, encoding="utf-8")
        return load(file, environ=environ)

    return load_text


@pytest.fixture
def faults(loaded, tmp_path):
    def faults_of(text, **environ):
        with pytest.raises(ConfigurationError) as refused:
            loaded(text, **environ)
        return [fault.replace(f"{tmp_path}/", "") for fault in refused.value.faults]

    return faults_of


# --- the file ---


def test_without_a_file_everything_has_its_default(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = load(environ={})
    assert settings.data == tmp_path / "data"
    assert settings.stores.log == "sqlite:///leadlog.db"
    assert [pipeline.id for pipeline in settings.sales_pipelines] == ["sales"]


def test_a_file_that_was_named_must_be_there(tmp_path):
    with pytest.raises(ConfigurationError, match=r"other\.toml: there is no such file"):
        load(tmp_path / "other.toml", environ={})


def test_a_file_that_is_no_toml_is_told_with_its_line(faults):
    (fault,) = faults("[server]\nport = = 1\n")
    assert fault.startswith("leadlog.toml: ")
    assert "line 2" in fault


def test_an_unknown_key_is_named_with_its_line_and_the_nearest_known(faults):
    (fault,) = faults("[server]\nhost = '0.0.0.0'\nprot = 1\n")
    assert fault == (
        "leadlog.toml line 3: server.prot: unknown setting 'prot'; did you mean 'port'? "
        "known here: host, port, max_connections"
    )


def test_the_value_of_an_unknown_key_is_not_repeated_as_it_may_be_a_secret(faults):
    (fault,) = faults("tokn = 'very secret'\n")
    assert "very secret" not in fault


def test_a_wrong_type_is_named_with_its_line_and_what_was_given(faults):
    (fault,) = faults("[server]\nport = 'eighty'\n")
    assert fault.startswith("leadlog.toml line 2: server.port: ")
    assert "'eighty'" in fault


@pytest.mark.parametrize("text", ["server = 4", "accounts = 'x'", "accounts = ['x']", "data = 5"])
def test_a_value_in_place_of_a_table_is_one_fault(faults, text):
    (fault,) = faults(text)
    assert fault.startswith("leadlog.toml line 1: ")


def test_an_address_of_no_known_store_is_refused_without_repeating_its_password(faults):
    (fault,) = faults("[stores]\nlog = 'mysql://root:hidden@db/x'\n")
    assert fault.startswith("leadlog.toml line 2: stores.log: ")
    assert "sqlite:// or kafka://" in fault
    assert "hidden" not in fault


def test_all_faults_come_at_once(faults):
    found = faults(
        "[server]\nport = -1\nprot = 1\n" + MANGO.replace('key = "k"\n', "") + MANGO,
        LEADLOG_NO_SUCH="1",
    )
    assert len(found) == 5
    assert any("LEADLOG_NO_SUCH" in fault for fault in found)
    assert any("server.port" in fault for fault in found)
    assert any("server.prot" in fault for fault in found)
    assert any("missing required field `key`" in fault for fault in found)
    assert any("'office' is given twice" in fault for fault in found)


# --- accounts ---


def test_a_missing_credential_is_named_with_the_account_and_its_line(faults):
    (fault,) = faults("data = 'd'\n" + MANGO.replace('salt = "s"\n', ""))
    assert fault.startswith("leadlog.toml line 2: accounts.office: ")
    assert "`salt`" in fault


def test_an_unknown_setting_of_an_account_is_named_with_its_own_line(faults):
    (fault,) = faults(MANGO + 'slat = "s"\n')
    assert fault.startswith("leadlog.toml line 6: accounts.office: ")
    assert "`slat`" in fault
    assert "known settings: " in fault


def test_a_wrong_type_in_an_account_is_named_with_its_own_line(faults):
    (fault,) = faults(MANGO.replace('salt = "s"', "salt = 7"))
    assert fault.startswith("leadlog.toml line 5: accounts.office: ")


def test_two_accounts_of_one_name_are_refused_at_the_second(faults):
    (fault,) = faults(MANGO + MANGO)
    assert fault.startswith("leadlog.toml line 8: accounts: the name 'office' is given twice")


def test_an_account_without_a_name_is_refused(faults):
    (fault,) = faults("[[accounts]]\ntype = 'marquiz'\n")
    assert fault.startswith("leadlog.toml line 1: accounts: every account needs a name")


@pytest.mark.parametrize("name", ["our office", "a/b", "a?b", "100%"])
def test_a_name_that_cannot_be_an_address_is_refused(faults, name):
    (fault,) = faults(f"[[accounts]]\ntype = 'marquiz'\nname = '{name}'\n")
    assert fault.startswith("leadlog.toml line 3: ")


def test_an_unknown_type_is_refused_with_the_nearest_known(faults):
    (fault,) = faults("[[accounts]]\ntype = 'telegramm'\nname = 'bot'\n")
    assert fault.startswith("leadlog.toml line 2: accounts.bot: type 'telegramm' is unknown; ")
    assert "did you mean 'telegram'?" in fault


def test_an_impossible_country_is_refused_at_its_account(faults):
    (fault,) = faults(MANGO + 'country = "Russia"\n')
    assert fault.startswith("leadlog.toml line 1: accounts.office: country 'Russia'")


# --- rules and pipelines ---


def test_a_wrong_rule_is_named_with_its_line(faults):
    (fault,) = faults("[matching]\nversion = 2\n[[matching.rules]]\nname = 'a'\naction = 'lnk'\n")
    assert fault.startswith("leadlog.toml line 5: matching: ")
    assert "'lnk'" in fault


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ('shared = ["phone:8 (912) 000-00-01"]', "write phone:+79120000001"),
        ('shared = ["email:Info@Shop.ru"]', "write email:info@shop.ru"),
        ('shared = ["phone:112"]', "'phone:112' is no phone"),
        ('shared = ["+79120000001"]', "write kind:value"),
        ("limits = { default = -1 }", "0 is the least"),
        ("version = 0", "numbered from 1"),
    ],
)
def test_what_would_have_no_effect_in_matching_is_refused_with_what_to_write(faults, setting, told):
    (fault,) = faults(f"[matching]\n{setting}\n")
    assert fault.startswith("leadlog.toml line 2: matching.")
    assert told in fault


GMAIL = 'domains = ["gmail.com"]\n'


@pytest.mark.parametrize(
    ("fold", "line", "told"),
    [
        ('domains = ["Gmail.com"]\ndots = true', 3, "write gmail.com"),
        ('domains = ["почта.рф"]\ndots = true', 3, "write xn--80a1acny.xn--p1ai"),
        ('domains = ["a@gmail.com"]\ndots = true', 3, "write what stands after the @"),
        ('domains = ["*.com"]\ndots = true', 3, "write one such as gmail.com, without patterns"),
        ("domains = []\ndots = true", 3, 'name whose addresses are folded: ["gmail.com"]'),
        ('domains = ["gmail.com", "gmail.com"]\ndots = true', 3, "is given twice"),
        (f'{GMAIL}tags = "+a"', 4, "'a' begins no tag"),
        (f'{GMAIL}tags = "."', 4, 'write tags = "+"'),
        (f'{GMAIL}as = "Gmail.com"\ndots = true', 4, "write gmail.com"),
        (f'{GMAIL}as = "gmail.com"', 2, "this one changes no address"),
        (f"{GMAIL}dots = 1", 4, "Expected `bool`"),
        (f"{GMAIL}dot = true\ndots = true", 4, "unknown field `dot`"),
        (
            f'{GMAIL}as = "box.ru"\n[[matching.folds]]\ndomains = ["box.ru"]\ndots = true',
            4,
            "put all its domains into one",
        ),
    ],
)
def test_a_fold_that_fits_nobody_or_strangers_is_refused_with_its_line(faults, fold, line, told):
    (fault,) = faults(f"[matching]\n[[matching.folds]]\n{fold}\n")
    assert fault.startswith(f"leadlog.toml line {line}: matching")
    assert told in fault


def test_a_fold_says_by_domain_what_a_mailbox_is(loaded):
    rules = loaded(
        "[[matching.folds]]\ndomains = ['gmail.com', 'googlemail.com']\ndots = true\ntags = '+'\n"
    ).matching_rules
    assert rules.mailbox("email", "a.b+shop@googlemail.com") == "ab@gmail.com"
    assert rules.mailbox("email", "a.b@ya.ru") == ""
    assert rules.mailbox("telegram", "a.b@gmail.com") == ""


def test_patterns_and_other_kinds_of_shared_identities_are_taken(loaded):
    settings = loaded('[matching]\nshared = ["phone:+7800*", "shop:a b", "email:*@shop.ru"]\n')
    assert settings.matching_rules.is_listed("shop", "a b")


def test_every_wrong_pipeline_is_named(faults):
    first = "[[pipelines]]\nid = 'a'\nstages = [{ id = 'offer' }]\n"
    second = "[[pipelines]]\nid = 'b'\nreopen_window = 'a month'\n"
    found = faults(first + second)
    assert [fault.split(": ")[0] for fault in found] == [
        "leadlog.toml line 1",
        "leadlog.toml line 4",
    ]
    assert "unsorted" in found[0]
    assert "reopen_window" in found[1]


def test_two_pipelines_of_one_id_are_refused(faults):
    (fault,) = faults("[[pipelines]]\nid = 'a'\n[[pipelines]]\nid = 'a'\n")
    assert fault.startswith("leadlog.toml line 4: pipelines: the id 'a' is given twice")


# --- the environment ---


def test_the_environment_outranks_the_file(loaded):
    text = "data = '/a'\n[server]\nport = 1\n"
    settings = loaded(text, LEADLOG_SERVER_PORT="2", LEADLOG_DATA="/b")
    assert (settings.server.port, settings.data) == (2, Path("/b"))


def test_the_command_line_outranks_the_environment(tmp_path):
    file = tmp_path / "leadlog.toml"
    file.write_text("data = 'a'\n")
    assert load(file, data=tmp_path, environ={"LEADLOG_DATA": "b"}).data == tmp_path


def test_a_wrong_value_from_the_environment_is_named_by_its_variable(faults):
    (fault,) = faults("", LEADLOG_SERVER_PORT="eighty")
    assert fault.startswith("LEADLOG_SERVER_PORT: server.port: ")


def test_a_variable_that_is_no_setting_is_named(faults):
    (fault,) = faults("", LEADLOG_SERVER_PROT="80")
    assert fault.startswith("LEADLOG_SERVER_PROT: no such setting")


def test_addresses_for_tests_are_no_settings(loaded):
    assert loaded("", LEADLOG_TEST_KAFKA="127.0.0.1:9092").server.port == 8080


def test_an_account_takes_its_settings_from_the_environment(loaded):
    settings = loaded(MANGO.replace('salt = "s"\n', ""), LEADLOG_OFFICE_SALT="from outside")
    assert settings.accounts[0]["salt"] == "from outside"


def test_of_two_accounts_the_longer_name_is_meant(loaded):
    second = MANGO.replace("office", "office-2")
    settings = loaded(MANGO + second, LEADLOG_OFFICE_2_KEY="other")
    assert [account["key"] for account in settings.accounts] == ["k", "other"]


def test_a_text_of_digits_stays_text(loaded):
    assert loaded(MANGO, LEADLOG_OFFICE_KEY="12345").accounts[0]["key"] == "12345"


def test_what_is_no_text_is_written_as_in_the_file(loaded):
    settings = loaded(
        "[[accounts]]\ntype = 'email'\nname = 'mail'\n",
        LEADLOG_MAIL_IMAP_PORT="143",
        LEADLOG_MAIL_OWN_DOMAINS='["a.example", "b.example"]',
    )
    assert settings.accounts[0]["imap_port"] == 143
    assert settings.accounts[0]["own_domains"] == ["a.example", "b.example"]


def test_what_an_adapter_does_not_take_is_named_by_its_variable(faults):
    (fault,) = faults("[[accounts]]\ntype = 'email'\nname = 'mail'\n", LEADLOG_MAIL_IMAP_PORT="x")
    assert fault.startswith("LEADLOG_MAIL_IMAP_PORT: accounts.mail: ")


def test_lists_and_rules_come_from_the_environment_too(loaded):
    settings = loaded(
        "",
        LEADLOG_PIPELINES='[{ id = "repairs" }]',
        LEADLOG_MATCHING_VERSION="3",
        LEADLOG_MATCHING_LIMITS="{ default = 9 }",
    )
    assert [pipeline.id for pipeline in settings.sales_pipelines] == ["repairs"]
    assert settings.matching_rules.version == 3
    assert settings.matching_rules.limit("phone") == 9


def test_rules_of_routing_come_from_the_environment_too(loaded):
    settings = loaded(
        "",
        LEADLOG_ROUTING_VERSION="2",
        LEADLOG_ROUTING_RULES='[{ name = "x", when = { kind = "call" }, pipeline = "sales" }]',
    )
    (rule,) = settings.routing_rules.rules
    assert (settings.routing_rules.version, rule.name, rule.when.kind) == (2, "x", "call")


def test_a_list_that_is_none_says_how_to_write_it(faults):
    (fault,) = faults("", LEADLOG_PIPELINES="repairs")
    assert fault.startswith("LEADLOG_PIPELINES: write it as in the file")


# --- secrets in files ---


def test_a_secret_comes_from_a_file(loaded, tmp_path):
    (tmp_path / "salt").write_text("from a file\n")
    text = MANGO.replace('salt = "s"', f'salt_file = "{tmp_path}/salt"')
    assert loaded(text).accounts[0]["salt"] == "from a file"


def test_a_relative_file_is_found_below_the_data(loaded, tmp_path):
    (tmp_path / "salt").write_text("below")
    text = f'data = "{tmp_path}"\n' + MANGO.replace('salt = "s"', 'salt_file = "salt"')
    assert loaded(text).accounts[0]["salt"] == "below"


def test_a_secret_file_is_named_by_the_environment_too(loaded, tmp_path):
    (tmp_path / "salt").write_text("named outside")
    text = MANGO.replace('salt = "s"\n', "")
    settings = loaded(text, LEADLOG_OFFICE_SALT_FILE=str(tmp_path / "salt"))
    assert settings.accounts[0]["salt"] == "named outside"


def test_of_several_secrets_each_has_a_line(loaded, tmp_path):
    (tmp_path / "tokens").write_text("new\nold\n")
    text = f"[[accounts]]\ntype = 'twilio'\nname = 'us'\nauth_tokens_file = '{tmp_path}/tokens'\n"
    assert loaded(text).accounts[0]["auth_tokens"] == ["new", "old"]


def test_the_address_of_a_store_comes_from_a_file(loaded, tmp_path):
    (tmp_path / "events").write_text("postgresql://leadlog:secret@db/leadlog\n")
    key = f"[keys]\nidentity = '{'ab' * 32}'\n"
    settings = loaded(f"[stores]\nevents_file = '{tmp_path}/events'\n{key}")
    assert settings.stores.events == "postgresql://leadlog:secret@db/leadlog"


def test_a_secret_file_that_is_missing_is_one_fault_at_its_line(faults):
    (fault,) = faults(MANGO.replace('salt = "s"', 'salt_file = "/no/such"'))
    assert fault == (
        "leadlog.toml line 5: accounts.office: cannot read salt_file /no/such: "
        "No such file or directory"
    )


def test_a_secret_and_its_file_together_are_refused(faults):
    (fault,) = faults(MANGO + 'salt_file = "/no/such"\n')
    assert "both salt and salt_file are given" in fault


def test_an_empty_secret_file_is_refused(faults, tmp_path):
    (tmp_path / "salt").write_text("\n")
    (fault,) = faults(MANGO.replace('salt = "s"', f'salt_file = "{tmp_path}/salt"'))
    assert fault.endswith("salt is empty")


def test_a_shared_event_store_needs_a_key_that_is_shared(faults):
    (fault,) = faults("[stores]\nevents = 'postgresql://db/leadlog'\n")
    assert fault.startswith("leadlog.toml line 2: keys.identity: processes that share")
    assert "openssl rand" in fault


def test_a_key_that_is_no_key_is_not_repeated(faults):
    (fault,) = faults("[keys]\nidentity = 'hunter2'\n")
    assert fault == "leadlog.toml line 2: keys.identity: 64 hexadecimal digits are needed, or more"


def test_the_key_of_identities_comes_from_a_file(loaded, tmp_path):
    (tmp_path / "key").write_text("ab" * 32 + "\n")
    assert loaded(f"[keys]\nidentity_file = '{tmp_path}/key'\n").keys.identity == "ab" * 32


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("kafka://host:9092", "write kafka://host:9092/topic"),
        ("kafka://host:9092/leads?partition=3", "no setting 'partition'"),
        ("redis://host", "begins with sqlite:// or kafka://"),
    ],
)
def test_an_address_of_no_lead_log_is_told(faults, url, told):
    (fault,) = faults(f"[stores]\nlog = '{url}'\n")
    assert told in fault


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("clickhouse://ann:se/cret@host/leadlog", "in a password write / as %2F"),
        ("clickhouse://host/leadlog?shards=2", "may stand only: ca, cluster, database"),
    ],
)
def test_an_address_of_no_analytics_is_told(faults, url, told):
    (fault,) = faults(f"[stores]\nanalytics = '{url}'\n")
    assert told in fault
    assert "cret" not in fault


# --- how Kafka is spoken to ---


def test_the_password_of_kafka_comes_from_a_file_and_all_else_from_the_environment(
    loaded, tmp_path
):
    (tmp_path / "password").write_text("p@ss/word\n")
    access = loaded(
        f"[kafka]\npassword_file = '{tmp_path}/password'\n",
        LEADLOG_KAFKA_TLS="true",
        LEADLOG_KAFKA_USER="leadlog",
        LEADLOG_KAFKA_SASL="scram-sha-256",
    ).kafka.access
    assert access == KafkaAccess(
        tls=True, user="leadlog", password="p@ss/word", sasl="SCRAM-SHA-256"
    )
    assert "p@ss" not in repr(access)


def test_what_kafka_is_told_must_fit_together_and_no_password_is_repeated(faults, tmp_path):
    found = faults(f"[kafka]\npassword = 'hunter2'\nca_file = '{tmp_path}'\nkey_file = 'key'\n")
    assert found == [
        "leadlog.toml line 2: kafka.password: whose is it? set kafka.user",
        "leadlog.toml line 3: kafka.ca_file: only TLS has certificates; set kafka.tls = true",
        "leadlog.toml line 4: kafka.key_file: only TLS has certificates; set kafka.tls = true",
        "leadlog.toml line 4: kafka.key_file: there is no cert_file that it belongs to",
    ]


def test_a_user_of_kafka_without_a_password_is_refused(faults):
    (fault,) = faults("[kafka]\nuser = 'leadlog'\n")
    assert fault.endswith("give it as kafka.password_file")


def test_a_file_of_certificates_is_looked_into_before_anything_starts(faults, tmp_path):
    (tmp_path / "none.pem").write_text("no certificate\n")
    missing, none = faults(
        f"[kafka]\ntls = true\nca_file = 'missing.pem'\ncert_file = '{tmp_path}/none.pem'\n"
    )
    assert missing.startswith("leadlog.toml line 3: kafka.ca_file: cannot be used: ")
    assert "missing.pem: No such file" in missing
    assert none.startswith("leadlog.toml line 4: kafka.cert_file: cannot be used: none.pem")


def test_an_unknown_way_to_prove_a_password_is_told_with_those_that_are(faults):
    (fault,) = faults("[kafka]\nsasl = 'gssapi'\n")
    assert "'PLAIN', 'SCRAM-SHA-256' or 'SCRAM-SHA-512'" in fault


def test_a_password_in_the_address_of_kafka_is_refused_and_not_repeated(faults):
    (fault,) = faults("[stores]\nlog = 'kafka://leadlog:hunter2@host:9092/leads'\n")
    assert "stand in [kafka]" in fault
    assert "hunter2" not in fault


@pytest.mark.parametrize(
    "text",
    [
        "[stores]\nlog = 'kafka://host:9092/leads?sasl_password=hunter2'\n",
        "[stores]\nlog = 'kafka://host:9092/two words?sasl_password=hunter2'\n",
    ],
)
def test_an_address_of_kafka_is_not_repeated_for_it_may_have_a_secret(faults, text):
    (fault,) = faults(text)
    assert "hunter2" not in fault


@pytest.mark.parametrize(
    "name", ["kafka.password", "desk.token", "metrics.token", "keys.identity", "stores.events"]
)
def test_a_secret_of_the_wrong_type_is_not_repeated(faults, name):
    section, key = name.split(".")
    (fault,) = faults(f"[{section}]\n{key} = 1234567890\n")
    assert fault == f"leadlog.toml line 2: {name}: Input should be a valid string"


def test_only_kafka_has_a_spool(faults):
    (fault,) = faults("[stores]\nspool = 'sqlite:///spool.db'\n")
    assert "only a lead log on Kafka" in fault
