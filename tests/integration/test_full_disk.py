"""No space left: 503 and no false success, then all goes on by itself."""

import subprocess
import time

import httpx
import pytest
from support.deliveries import form
from support.leadlog_up import LEADLOG, Leadlog
from support.small_disk import LimitedFiles, mounted

BACK_WITHIN_S = 60


def test_a_full_disk_costs_no_lead_and_mends_itself(tmp_path):
    """Here files may not grow; tests/chaos fills a disk of its own."""
    with Leadlog(tmp_path) as server:
        server.start()
        outlives_its_disk(server, LimitedFiles(server))


def outlives_its_disk(server, disk):
    """Fill the disk under a running server that is under load, and free it."""
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client:
        taken, _ = send(client, "before", 30)
        assert len(taken) == 30

        disk.fill()
        some, refusal = send(client, "while", 400)
        taken |= some
        assert refusal is not None, "the disk was never full: this shows nothing"
        assert refusal.headers["retry-after"].isdigit()
        assert refusal.headers["content-type"] == "application/problem+json"
        assert client.get("/healthz").status_code == 200
        state = client.get("/readyz")
        assert state.status_code == 503
        assert "the lead log did not take it" in state.json()["reasons"]["log"]

        disk.free()
        began = time.monotonic()
        while not send(client, "back", 1)[0] or client.get("/readyz").status_code != 200:
            assert time.monotonic() - began < BACK_WITHIN_S
            time.sleep(0.1)
        more, refusal = send(client, "after", 30)
        assert refusal is None
        taken |= more | send(client, "back", 1)[0]

    (audit,) = server.objects("audit", "--wait", "60", "--full")
    assert audit["ok"], audit
    found = [lead for card in server.objects("card", "list") for lead in card["leads"]]
    assert sorted(found) == sorted(taken)


def send(client, name, count):
    """The leads that were taken, and the last refusal."""
    taken, refusal = set(), None
    for number in range(count):
        post = form(f"{name}-{number}", phone=f"7912{number:07d}", comment="x" * 20_000)
        answer = client.post(post.path, content=post.body, headers=post.headers)
        assert answer.status_code in {202, 503}, answer.text
        if answer.status_code == 202:
            taken.add(post.lead)
        else:
            refusal = answer
    return taken, refusal


def test_starting_on_a_full_disk_is_refused_in_one_line(tmp_path):
    try:
        with mounted(tmp_path / "disk") as disk:
            disk.fill()
            assert " full" in refused_start(tmp_path / "disk" / "data")
    except PermissionError as error:
        pytest.skip(f"may not mount: {error}")


def test_a_file_in_the_place_of_the_data_is_refused_in_one_line(tmp_path):
    (tmp_path / "data").write_text("")
    assert "File exists" in refused_start(tmp_path / "data")


def refused_start(data):
    command = [LEADLOG, "up", "--port", "0", "--data", str(data)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert str(data) in line
    return line
