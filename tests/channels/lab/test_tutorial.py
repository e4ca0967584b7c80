"""docs/channels/author.md, done as it says: the channel that comes of it passes the lab."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from leadlog.scaffold import write_adapter

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "channels" / "author.md").read_text(encoding="utf-8")
FILES = re.findall(r"^(`{3,4})\w+ (\S+/\S+)\n(.*?)^\1$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def rooster(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tutorial") / "leadlog-rooster"
    write_adapter("rooster", folder)
    for written_for_you in (folder / "leadlog_rooster" / "recordings").iterdir():
        written_for_you.unlink()
    for _, file, content in FILES:
        (folder / file).write_text(content, encoding="utf-8")
    assert run(folder, "-c", "from setuptools import setup; setup()", "egg_info").returncode == 0
    return folder


def run(folder, *words):
    env = {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


def test_every_file_of_the_page_is_there():
    assert len(FILES) == PAGE.count("leadlog_rooster/recordings/rooster_") + 4


def test_it_is_green_in_the_lab(rooster):
    words = ("-c", "from leadlog.cli import main; main()", "channels", "check", "rooster", "--json")
    done = run(rooster, *words)
    assert done.returncode == 0, done.stdout
    report = json.loads(done.stdout)
    assert report["grade"] == "silver"
    assert report["recordings"] == 3


def test_its_own_tests_pass(rooster):
    done = run(rooster, "-m", "pytest", "-q", "tests")
    assert done.returncode == 0, done.stdout


def test_it_is_written_as_we_write(rooster):
    assert run(rooster, "-m", "ruff", "format", "--check", ".").returncode == 0
    config = str(ROOT / "pyproject.toml")
    done = run(rooster, "-m", "ruff", "check", "--config", config, ".")
    assert done.returncode == 0, done.stdout


def test_without_its_manifest_the_lab_says_what_the_page_shows(rooster):
    manifest = rooster / "leadlog_rooster" / "manifest.toml"
    kept = manifest.read_text()
    manifest.write_text('[rooster]\nkinds = ["message", "typing"]\n')
    words = ("-c", "from leadlog.cli import main; main()", "channels", "check", "rooster", "--json")
    told = run(rooster, *words).stdout
    manifest.write_text(kept)
    assert "rooster_created: byte 10 of the body can be changed unnoticed" in told
    assert "no recording rooster_message.json" in told
