"""The tour of the README, done as it is written."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from servers.process import free_port

from leadlog import control

README = Path(__file__).parents[2] / "README.md"
UP = "leadlog up\n"
READY_WITHIN_S = 60


def blocks():
    """The commands of the tour, block by block."""
    text = README.read_text(encoding="utf-8")
    tour = re.search(r"(?ms)^## A tour.*?(?=^## )", text)[0]
    return re.findall(r"(?ms)^```bash\n(.*?)^```$", tour)


class Visitor:
    """Somebody with a terminal in an empty directory, and a port of their own."""

    def __init__(self, directory):
        self.port = free_port()
        self.directory = directory
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.environ = {**os.environ, "PATH": path, "LEADLOG_SERVER_PORT": str(self.port)}
        self.said = ""

    def types(self, commands):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands.replace(":8080/", f":{self.port}/")],
            cwd=self.directory,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def waits(self):
        """People type more slowly than it decides."""
        address = control.running(self.directory / "data")
        assert list(control.ask(address, "wait", {"seconds": 60})) == [{"current": True}]

    def starts(self):
        log = (self.directory / "up.log").open("w")
        process = subprocess.Popen(
            UP.split(), cwd=self.directory, env=self.environ, stdout=log, stderr=log
        )
        deadline = time.monotonic() + READY_WITHIN_S
        while "leadlog is ready" not in (self.directory / "up.log").read_text():
            assert process.poll() is None, (self.directory / "up.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return process


@pytest.fixture(scope="module")
def tour(tmp_path_factory):
    """The whole tour; gives the visitor, and what each block printed."""
    visitor = Visitor(tmp_path_factory.mktemp("tour"))
    server = None
    printed = []
    try:
        for block in blocks():
            if block == UP:
                server = visitor.starts()
                continue
            if block.startswith(("leadlog", "deal=")):
                visitor.waits()
            printed.append((block, visitor.types(block)))
        yield visitor, printed
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)
            assert server.wait(30) == 0


def answer(printed, word):
    (found,) = (output for block, output in printed if word in block)
    return found


def test_a_good_form_is_accepted_and_a_wrong_one_is_explained(tour):
    _, printed = tour
    assert answer(printed, "Нужен замер") == '{"status":"accepted"}'
    refused = json.loads(answer(printed, "phone=12345"))
    assert (refused["status"], refused["errors"][0]["field"]) == (422, "phone")


def test_three_channels_become_one_person_with_one_deal(tour):
    visitor, _ = tour
    (card,) = map(json.loads, visitor.types("leadlog card find 89210001122 --json").splitlines())
    assert {leaf["kind"] for leaf in card["leaves"]} == {"phone", "telegram"}
    assert len(card["leads"]) == 3
    assert [(deal["status"], len(deal["leads"])) for deal in card["deals"]] == [("won", 3)]


def test_the_link_explains_itself(tour):
    _, printed = tour
    assert "own accounts" in answer(printed, "card explain")


def test_the_numbers_add_up(tour):
    visitor, printed = tour
    assert "nothing lost, nothing doubled" in answer(printed, "audit --wait 30")
    funnel = json.loads(visitor.types("leadlog funnel --json"))
    assert [step["count"] for step in funnel["steps"]] == [1] * len(funnel["steps"])


def test_sending_everything_again_changes_nothing(tour):
    visitor, printed = tour
    before = visitor.types("leadlog card list --json")
    for block, _ in printed:
        if "/in/" in block and "12345" not in block:
            visitor.types(block)
    visitor.waits()
    assert visitor.types("leadlog card list --json") == before
