"""A new adapter works as it is written: in a package of its own and in this checkout."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from leadlog.control import OperationFailed
from leadlog.scaffold import write_adapter

ROOT = Path(__file__).parents[3]
NAMES = ("acme", "zulu_crm", "a_rather_long_name_2")


def run(*words, cwd, path):
    """A command of this installation, which finds packages in `path` first."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path)), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, *words], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )


def leadlog(*words, cwd, path):
    return run("-c", "from leadlog.cli import main; main()", *words, cwd=cwd, path=path)


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A new package, known by its entry point."""
    folder = tmp_path_factory.mktemp("new") / "leadlog-acme"
    write_adapter("acme", folder)
    made = run("-c", "from setuptools import setup; setup()", "egg_info", cwd=folder, path=[ROOT])
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of the channels, with a new one."""
    root = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "channels", root / "channels")
    (root / "tests" / "channels").mkdir(parents=True)
    made = leadlog("channels", "new", "zulu", "--json", cwd=root, path=[root, ROOT])
    assert made.returncode == 0, made.stderr
    return root


def test_a_new_package_is_found_and_passes_the_lab(package):
    done = leadlog("channels", "check", "acme", "--json", cwd=package, path=[package, ROOT])
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert (report["ok"], report["grade"], report["recordings"]) == (True, "silver", 2)


def test_a_new_package_passes_its_own_test(package):
    done = run("-m", "pytest", "-q", "tests", cwd=package, path=[package, ROOT])
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout


def test_a_fault_is_named_and_exits_1(package, tmp_path):
    broken = shutil.copytree(package, tmp_path / "broken")
    adapter = broken / "leadlog_acme" / "adapter.py"
    text = adapter.read_text()
    adapter.write_text(text.replace("if not signature.same(given, expected)", "if not given"))
    done = leadlog("channels", "check", "acme", cwd=broken, path=[broken, ROOT])
    assert done.returncode == 1
    assert (
        "acme_message: header x-acme-signature is asked for, but any value will do" in done.stdout
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [(["nobody"], "no channel adapter of type 'nobody'"), (["--rule", "x"], "x;")],
)
def test_what_is_not_there_exits_2(package, words, told):
    done = leadlog("channels", "check", *words, cwd=package, path=[package, ROOT])
    assert done.returncode == 2
    assert told in done.stderr


def test_only_the_rules_asked_for_are_tried(package):
    words = ["acme", "--rule", "keeps-its-ids", "--rule", "keeps-secrets", "--json"]
    done = leadlog("channels", "check", *words, cwd=package, path=[package, ROOT])
    report = json.loads(done.stdout)
    assert [one["rule"] for one in report["rules"]] == ["keeps-its-ids", "keeps-secrets"]
    assert report["grade"] == "unknown"


def test_a_new_adapter_of_the_checkout_passes_the_lab(checkout):
    done = leadlog("channels", "check", "zulu", "--json", cwd=checkout, path=[checkout, ROOT])
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["grade"] == "silver"


def test_a_new_adapter_of_the_checkout_passes_its_own_test(checkout):
    words = ("-m", "pytest", "-q", "--import-mode=importlib", "tests/channels/zulu")
    done = run(*words, cwd=checkout, path=[checkout, ROOT])
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_it_is_written_as_we_write(tmp_path, name):
    write_adapter(name, tmp_path / "new")
    formatted = run("-m", "ruff", "format", "--check", ".", cwd=tmp_path / "new", path=[])
    assert formatted.returncode == 0, formatted.stdout
    config = str(ROOT / "pyproject.toml")
    checked = run("-m", "ruff", "check", "--config", config, ".", cwd=tmp_path / "new", path=[])
    assert checked.returncode == 0, checked.stdout


def test_it_is_typed(tmp_path):
    write_adapter("acme", tmp_path / "new")
    words = ("-m", "mypy", "--strict", "--no-incremental", "leadlog_acme")
    done = run(*words, cwd=tmp_path / "new", path=[ROOT])
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["Acme", "1c", "acme-crm", "a", "class", "x" * 21, "ацме"])
def test_a_name_that_cannot_be_a_type_is_refused(tmp_path, name):
    with pytest.raises(OperationFailed, match="cannot be a type"):
        write_adapter(name, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["mango", "email", "sdk"])
def test_a_name_that_is_taken_is_refused(tmp_path, name):
    with pytest.raises(OperationFailed, match="is taken"):
        write_adapter(name, tmp_path / "new")


def test_nothing_is_overwritten(tmp_path):
    write_adapter("acme", tmp_path)
    with pytest.raises(OperationFailed, match="there already"):
        write_adapter("acme", tmp_path)
