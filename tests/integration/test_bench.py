"""`leadlog bench` runs and tells what it measured; no figure is asserted, machines differ."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from servers.kafka_security import PASSWORD, USER
from servers.postgres import fresh_database

LEADLOG = str(Path(sys.executable).with_name("leadlog"))


def bench(*arguments, cache, **settings):
    command = [LEADLOG, "bench", *arguments, "--quick", "--rounds", "1", "--cache", str(cache)]
    environ = {**os.environ, **settings}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=300, env=environ
    )


def test_pairs_are_measured_and_told_as_json(tmp_path):
    names = ["accept-16", "processor", "hot", "hot-shared"]
    done = bench(*names, "--json", cache=tmp_path)
    assert done.returncode == 0, done.stderr
    every = [json.loads(line) for line in done.stdout.splitlines()]
    assert [told["name"] for told in every] == names
    for told in every:
        assert told["ratio"] == pytest.approx(told["a"]["rate"] / told["b"]["rate"])
        assert told["a"]["cpu_us"] > 0
        assert told["b"]["cpu_us"] > 0
        assert told["publishable"] is False
    assert list(tmp_path.iterdir()) == []


def test_a_cost_is_held_to_an_amount_where_there_is_nothing_to_compare_with(tmp_path):
    done = bench("sealing", "--json", cache=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["ratio"], told["b"], told["aim_of"]) == (None, None, "cpu_us")
    assert told["met"] == (told["a"]["cpu_us"] <= told["aim"])


def test_people_get_a_table_that_says_what_was_compared(tmp_path):
    done = bench("processor", cache=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "raw resolve loop" in done.stdout
    assert "not for publishing" in done.stdout


def test_an_unknown_name_is_answered_with_those_that_there_are(tmp_path):
    done = bench("nonsense", cache=tmp_path)
    assert done.returncode == 2
    assert "accept-16" in done.stderr


def test_pairs_on_distributed_stores_are_measured_where_the_servers_are_given(
    secured_kafka, postgres, tmp_path
):
    """Two commands side by side: what is measured does not matter here, and they wait a lot."""
    security = secured_kafka.security
    access = {"LEADLOG_KAFKA_USER": USER, "LEADLOG_KAFKA_PASSWORD": PASSWORD}
    config = tmp_path / "other.toml"
    config.write_text(f'[kafka]\ntls = true\nca_file = "{security.authority.file}"\n')

    def measured(*names):
        servers = ("--kafka", security.address("SECURE"), "--postgres", fresh_database(postgres))
        given = (*servers, "--config", str(config), "--json")
        done = bench(*names, *given, cache=tmp_path / names[0], **access)
        assert done.returncode == 0, done.stderr
        return [json.loads(line)["name"] for line in done.stdout.splitlines()]

    halves = [("kafka-accept", "kafka-faust"), ("kafka-2-processors", "postgres-append")]
    with ThreadPoolExecutor() as threads:
        assert list(threads.map(lambda names: tuple(measured(*names)), halves)) == halves


def test_a_pair_whose_server_is_not_given_says_which_it_needs(tmp_path):
    done = bench("kafka-faust", cache=tmp_path)
    assert done.returncode == 2
    assert "needs --kafka and --postgres" in done.stderr
