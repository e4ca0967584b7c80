"""`leadlog doctor` as a person calls it, on real stores."""

import json
import sqlite3
import subprocess
import sys
import uuid

import pytest

CONFIGURATION = """
data = "data"
[[accounts]]
type = "webform"
name = "site"
[[accounts]]
type = "marquiz"
name = "quiz"
"""


@pytest.fixture
def leadlog(tmp_path):
    def run(*arguments, text=None):
        return subprocess.run(
            [sys.executable, "-c", "from leadlog.cli import main; main()", *arguments],
            cwd=tmp_path,
            input=text,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def doctor(leadlog, tmp_path):
    (tmp_path / "leadlog.toml").write_text(CONFIGURATION)
    (tmp_path / "leadlog.toml").chmod(0o600)

    def run():
        done = leadlog("doctor", "--json")
        found = [json.loads(line) for line in done.stdout.splitlines()]
        assert found, done.stderr
        return done.returncode, {item["subject"]: item for item in found}

    return run


def lead(account="site"):
    return json.dumps(
        {
            "schema": 1,
            "lead_id": str(uuid.uuid4()),
            "event_id": str(uuid.uuid4()),
            "channel": "webform",
            "account": account,
            "kind": "form",
            "direction": "in",
            "occurred_at": "2026-01-01T00:00:00.000Z",
            "received_at": "2026-01-01T00:00:00.000Z",
            "identities": [{"kind": "phone", "value": "+79123456789", "proof": "claimed"}],
        }
    )


def states(found):
    return {subject: item["state"] for subject, item in found.items()}


def test_a_fresh_system_is_sound(doctor):
    status, found = doctor()
    assert status == 0
    assert {
        "stores.log": "good",
        "stores.events": "good",
        "stores.analytics": "good",
        "clock": "good",
        "lag of processor": "good",
        "lag of projector": "good",
    }.items() <= states(found).items()


def test_an_account_that_anybody_may_post_to_is_odd_but_for_a_form(doctor):
    _, found = doctor()
    assert "secret_path" in found["account quiz"]["remedy"]
    assert found["account site"]["told"] == "nothing has ever come"


def test_a_broken_configuration_is_broken_and_nothing_is_opened(leadlog, tmp_path):
    (tmp_path / "leadlog.toml").write_text("[server]\nprot = 1\n")
    done = leadlog("doctor", "--json")
    (found,) = map(json.loads, done.stdout.splitlines())
    assert (done.returncode, found["state"]) == (1, "broken")
    assert "line 2" in found["told"]
    assert not (tmp_path / "data").exists()


def test_a_lost_identity_key_is_broken_and_no_new_one_is_made(doctor, tmp_path):
    doctor()
    (tmp_path / "data" / "identity.key").unlink()
    status, found = doctor()
    assert (status, found["identity key"]["state"]) == (1, "broken")
    assert not (tmp_path / "data" / "identity.key").exists()


def test_a_store_that_is_no_database_is_broken_and_the_others_are_still_told(doctor, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "leadlog.db").write_text("no database " * 1000)
    status, found = doctor()
    assert (status, states(found)["stores.log"]) == (1, "broken")
    assert states(found)["stores.events"] == "good"


def test_leads_that_wait_are_told(doctor, leadlog):
    leadlog("feed", "-", text=lead() + "\n" + "garbage\n")
    status, found = doctor()
    assert status == 0
    assert found["lag of processor"]["told"].startswith("2 behind")


def test_what_waits_in_the_quarantine_is_odd(doctor, leadlog):
    leadlog("feed", "-", "--wait", text=lead() + "\n" + "garbage\n")
    _, found = doctor()
    assert found["quarantine"]["state"] == "odd"
    assert found["lag of processor"]["told"] == "none; no server runs"


def test_a_log_older_than_the_event_store_is_broken(doctor, leadlog, tmp_path):
    leadlog("feed", "-", "--wait", text=lead() + "\n" + lead() + "\n")
    log = sqlite3.connect(tmp_path / "data" / "leadlog.db")
    log.execute("DELETE FROM lead_log")
    log.commit()
    log.close()
    status, found = doctor()
    assert (status, found["lag of processor"]["state"]) == (1, "broken")


def test_a_file_with_secrets_that_everybody_may_read_is_odd(doctor, tmp_path):
    (tmp_path / "leadlog.toml").chmod(0o644)
    done = doctor()[1]
    assert done["settings"]["state"] == "odd"
