"""deploy/Dockerfile builds from what there is, pinned, and runs without rights."""

import re
import tomllib

import pytest
from support.deployment import DEPLOY, ROOT, compose

DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
STAGES = re.findall(r"(?m)^FROM (\S+)", DOCKERFILE)


def test_it_starts_from_one_pinned_public_image_of_our_python():
    assert len(set(STAGES)) == 1
    name, version = STAGES[0].split(":")
    assert "/" not in name  # a registry's host would stand before it
    assert re.match(r"3\.11\.\d+-", version)
    assert PROJECT["project"]["requires-python"] == ">=3.11,<3.12"


def test_it_installs_only_pinned_versions():
    assert re.findall(r"pip install (.+?) *\\?\n", DOCKERFILE) == [
        "-c constraints.txt -r requirements.txt",
        "--no-deps .",
    ]


@pytest.mark.parametrize("extra", re.findall(r'more\["(\w+)"\]', DOCKERFILE))
def test_the_extras_that_it_installs_are_there(extra):
    assert PROJECT["project"]["optional-dependencies"][extra]


def test_what_it_leaves_out_is_a_requirement_of_the_embedded_engine_alone():
    (left_out,) = re.findall(r"pip uninstall --yes (chdb [\w -]+);", DOCKERFILE)
    assert "chdb" in PROJECT["project"]["dependencies"]
    pinned = re.findall(r"(?m)^([\w.-]+)==", (ROOT / "constraints.txt").read_text("utf-8"))
    assert set(left_out.split()) <= set(pinned)


def test_every_package_goes_into_it():
    allowed = set(re.findall(r"(?m)^!(\S+)$", (ROOT / ".dockerignore").read_text("utf-8")))
    found = PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    packages = {pattern.removesuffix("*") for pattern in found}
    assert allowed == packages | {"LICENSE", "README.md", "constraints.txt", "pyproject.toml"}
    assert all((ROOT / name).exists() for name in allowed)


def test_it_does_not_run_as_root():
    (user,) = re.findall(r"(?m)^USER (\S+)$", DOCKERFILE)
    ours = {s["user"] for s in compose()["services"].values() if s["image"].startswith("leadlog:")}
    assert ours == {user}
    assert user.split(":")[0] != "0"


def test_it_tells_its_health():
    assert "HEALTHCHECK" in DOCKERFILE
    assert "http://127.0.0.1:8080/healthz" in DOCKERFILE
    assert "LEADLOG_SERVER_PORT=8080" in DOCKERFILE
    assert 'ENTRYPOINT ["leadlog"]' in DOCKERFILE


def test_the_image_has_the_version_of_the_project():
    ours = {s["image"] for s in compose()["services"].values() if s["image"].startswith("leadlog:")}
    assert ours == {f"leadlog:{PROJECT['project']['version']}"}
