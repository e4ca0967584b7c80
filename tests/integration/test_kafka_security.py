"""Kafka by TLS and with passwords: a lead all the way, and what is told where we are not taken."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from contracts.lead_logs import KEYRING, number_of, record
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth
from servers.certificates import Authority
from servers.kafka_security import NOWHERE, ONLY_512, PASSWORD, USER
from support.cluster import Cluster, store_settings
from support.deliveries import form
from support.raw_http import ask
from support.waiting import wait_until

from ingest.log.kafka import append_now
from ingest.log.kafka_access import MECHANISMS, OPEN, KafkaAccess
from ingest.log.kafka_reach import Unreachable
from ingest.log.kafka_reader import KafkaLogReader
from ingest.log.kafka_topic import KafkaTopic, prepare
from ingest.processor.faust_app import credentials
from leadlog.doctor import examine
from leadlog.settings import load
from leadlog.system import System


def named(value):
    """The access in the names of tests."""
    if not isinstance(value, KafkaAccess):
        return None
    return "-".join(filter(None, [value.protocol, value.user and value.sasl, value.cert_file]))


AS_USER = KafkaAccess(user=USER, password=PASSWORD)
TLS = KafkaAccess(tls=True)
BY_TLS_AS_USER = replace(AS_USER, tls=True)


@pytest.fixture
def trusting(secured_kafka):
    """An access that knows who signed the server's certificate."""

    def with_authority(access: KafkaAccess) -> KafkaAccess:
        known = str(secured_kafka.security.authority.file)
        return replace(access, ca_file=known) if access.tls and not access.ca_file else access

    return with_authority


@pytest.fixture
def topic_at(secured_kafka):
    def topic(listener: str, access: KafkaAccess) -> KafkaTopic:
        plain = listener == "PLAINTEXT"
        server = secured_kafka.address if plain else secured_kafka.security.address(listener)
        return KafkaTopic.of(f"kafka://{server}/log{time.time_ns()}?partitions=1", access)

    return topic


@pytest.mark.parametrize(
    ("listener", "access"),
    [
        ("PLAINTEXT", OPEN),
        ("TLS", TLS),
        ("MUTUAL", replace(TLS, cert_file="client")),
        *(("SECURE", replace(BY_TLS_AS_USER, sasl=name)) for name in MECHANISMS),
        *(("CLEAR", replace(AS_USER, sasl=name)) for name in MECHANISMS),
    ],
    ids=named,
)
def test_the_log_is_written_and_read(secured_kafka, trusting, topic_at, listener, access):
    if access.cert_file:
        access = replace(access, cert_file=str(secured_kafka.security.client))
    topic = topic_at(listener, trusting(access))
    append_now(topic, KEYRING, [record(number) for number in range(3)])
    reader = KafkaLogReader(topic)
    found = reader.read(f"{topic.name}-0", -1, 10)
    reader.close()
    assert [number_of(one.value) for one in found] == [0, 1, 2]


@pytest.mark.parametrize(
    "access",
    [OPEN, TLS, *(replace(AS_USER, sasl=m, tls=tls) for m in MECHANISMS for tls in (False, True))],
    ids=named,
)
def test_faust_is_told_the_same_as_every_other_client(access, trusting):
    access = trusting(access)
    told = dict(credentials_to_aiokafka_auth(credentials(access)))
    wanted = access.client_settings()
    contexts = told.pop("ssl_context", None), wanted.pop("ssl_context", None)
    assert told == wanted
    assert (contexts[0] is None) == (contexts[1] is None)


@pytest.mark.parametrize(
    ("listener", "access", "told", "remedy"),
    [
        *(
            (
                "SECURE",
                replace(BY_TLS_AS_USER, sasl=name, password="guessed"),
                f"refuses the user '{USER}' with this password by {name}",
                "check user, password and sasl in [kafka]",
            )
            for name in MECHANISMS
        ),
        (
            "SECURE",
            replace(BY_TLS_AS_USER, user=ONLY_512, sasl="SCRAM-SHA-256"),
            "by SCRAM-SHA-256",
            "made for this very mechanism",
        ),
        ("SECURE", replace(BY_TLS_AS_USER, ca_file="other"), "not to be trusted", "ca_file"),
        ("TLS", OPEN, "it speaks TLS on this port", "set tls = true"),
        ("SECURE", AS_USER, "it speaks TLS on this port", "set tls = true"),
        ("PLAINTEXT", TLS, "does not speak TLS on this port", "set tls = false"),
        ("CLEAR", BY_TLS_AS_USER, "does not speak TLS on this port", "set tls = false"),
        ("SECURE", TLS, "does not say who he is", "set user and password_file"),
        ("CLEAR", OPEN, "does not say who he is", "set user and password_file"),
        ("TLS", BY_TLS_AS_USER, "asks nobody for a password", "take user and password out"),
        ("PLAINTEXT", AS_USER, "asks nobody for a password", "take user and password out"),
        ("MUTUAL", TLS, "does not say who he is", "or cert_file"),
        ("MUTUAL", replace(TLS, cert_file="other"), "does not take our certificate", "signed by"),
    ],
    ids=named,
)
async def test_a_refusal_says_why_and_what_to_do(
    trusting, topic_at, tmp_path, listener, access, told, remedy
):
    other = Authority(tmp_path, "other")
    if access.ca_file:
        access = replace(access, ca_file=str(other.file))
    if access.cert_file:
        access = replace(access, cert_file=str(other.signed("stranger")))
    with pytest.raises(Unreachable) as refused:
        await prepare(topic_at(listener, trusting(access)))
    assert told in str(refused.value)
    assert remedy in refused.value.remedy
    assert PASSWORD not in f"{refused.value} {refused.value.remedy} {access!r}"


@pytest.mark.parametrize(
    ("server", "told"), [("127.0.0.1:1", "nobody listens there"), ("kafka.invalid", "no such host")]
)
async def test_a_server_that_is_not_there_is_told(server, told):
    with pytest.raises(Unreachable, match=told):
        await prepare(KafkaTopic.of(f"kafka://{server}/leads"))


def settings_of(listener: str, kafka, folder: Path, *, password: str = PASSWORD, sasl="PLAIN"):
    (folder / "kafka_password").write_text(f"{password}\n")
    lines = [
        "[kafka]",
        "tls = true",
        f'ca_file = "{kafka.security.authority.file}"',
        f'user = "{USER}"',
        f'password_file = "{folder / "kafka_password"}"',
        f'sasl = "{sasl}"',
    ]
    return kafka.security.address(listener), "\n".join(lines)


@pytest.mark.parametrize(("runner", "sasl"), [("faust", "scram-sha-512"), ("loop", "PLAIN")])
def test_a_lead_goes_all_the_way(tmp_path, secured_kafka, database, runner, sasl):
    address, access = settings_of("SECURE", secured_kafka, tmp_path, sasl=sasl)
    settings = f"{store_settings(address, database, runner=runner)}\n{access}"
    with Cluster(tmp_path, settings) as cluster:
        process = cluster.start("all", "gateway", "processor", "outbox")
        for number in range(20):
            post = form(f"f{number}", phone=f"8912000{number:04d}")
            assert ask(process.port, post.as_bytes).status == 202
        wait_until(lambda: lag_of(process) == 0)
        assert len(process.objects("card", "list")) == 20
        wait_until(lambda: published_by(process) >= 20)
        assert process.stop() == 0, process.said()
        assert PASSWORD not in process.said()


def lag_of(process):
    told = process.get("/readyz").json()
    assert told["ready"], told
    return told["lag"]["processor"]


def published_by(process) -> float:
    name = "leadlog_events_published_total "
    lines = process.get("/metrics").text.splitlines()
    return next(float(line.removeprefix(name)) for line in lines if line.startswith(name))


def finding_of(text: str, folder: Path):
    """What the doctor says of the lead log."""
    return found_by_doctor(text, folder)["stores.log"]


def found_by_doctor(text: str, folder: Path):
    file = folder / "leadlog.toml"
    file.write_text(text)
    system = System(load(file, data=folder / "data", environ={}))
    try:
        return {found.subject: found for found in examine(system)}
    finally:
        system.close()


def test_the_doctor_looks_at_servers_before_anything_was_started(tmp_path, secured_kafka, database):
    """No data directory yet; and with Kafka away it says nothing of what it cannot know."""
    text = store_settings(secured_kafka.address, database, runner="loop")
    site = '[[accounts]]\ntype = "webform"\nname = "site"\n'
    found = found_by_doctor(f"{text}\n{site}", tmp_path)
    assert {found[name].state for name in ("stores.log", "stores.events", "disk")} == {"good"}
    assert found["account site"].told == "nothing has ever come"
    found = found_by_doctor(f"{text}\n{site}".replace(secured_kafka.address, NOWHERE), tmp_path)
    assert found["stores.log"].state == "broken"
    assert found["stores.events"].state == "good"
    found = found_by_doctor(f"{text}\n{site}".replace("postgresql://", "postgresql://x"), tmp_path)
    assert found["stores.events"].state == "broken"
    assert "account site" not in found


def test_the_doctor_names_a_wrong_password_and_the_setting(tmp_path, secured_kafka):
    address, access = settings_of("SECURE", secured_kafka, tmp_path, password="guessed")
    found = finding_of(f'[stores]\nlog = "kafka://{address}/leads"\n{access}', tmp_path)
    assert found.state == "broken"
    assert "refuses the user 'leadlog'" in found.told
    assert "check user, password and sasl in [kafka]" in found.remedy


def test_the_doctor_says_how_it_came_in_and_warns_of_a_password_in_the_clear(
    tmp_path, secured_kafka
):
    address, access = settings_of("SECURE", secured_kafka, tmp_path)
    found = finding_of(f'[stores]\nlog = "kafka://{address}/leads"\n{access}', tmp_path)
    assert (found.state, "by SASL_SSL as leadlog" in found.told) == ("good", True)
    address, access = settings_of("CLEAR", secured_kafka, tmp_path)
    open_ = access.replace("tls = true", "tls = false").replace("ca_file", "# ca_file")
    found = finding_of(f'[stores]\nlog = "kafka://{address}/leads"\n{open_}', tmp_path)
    assert (found.state, "in the clear" in found.told) == ("odd", True)


async def test_a_broker_whose_own_address_is_wrong_for_us_is_named(topic_at):
    with pytest.raises(
        Unreachable, match=f"broker 1 is at {NOWHERE}, and that is not to be"
    ) as why:
        await prepare(topic_at("LOST", OPEN))
    assert "advertised.listeners" in why.value.remedy
