"""docker-compose.yml is a valid compose file, and speaks of what the code has."""

import json
import re
from importlib.resources import files

import pytest
from jsonschema import Draft7Validator
from support.deployment import PATHS, ROLES, ROOT, compose, secrets_made

SERVICES = compose()["services"]
OURS = {name: s for name, s in SERVICES.items() if s["image"].startswith("leadlog:")}


def test_it_is_a_compose_file():
    vendored = files("check_jsonschema") / "builtin_schemas/vendor/compose-spec.json"
    validator = Draft7Validator(json.loads(vendored.read_text("utf-8")))
    assert [error.message for error in validator.iter_errors(compose())] == []


def test_each_role_has_a_service_of_its_own():
    started = [s["command"][1:] for s in OURS.values() if s["command"][0] == "run"]
    assert sorted(started) == sorted([role] for role in ROLES)


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_bounded_and_without_privileges(name):
    service = SERVICES[name]
    assert re.fullmatch(r"[a-z/-]+:v?[0-9][\w.-]+", service["image"])
    assert service["user"].split(":")[0] != "0"
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["deploy"]["resources"]["limits"].keys() >= {"cpus", "memory", "pids"}
    assert not service.get("privileged")


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - {"audit"}))
def test_every_service_starts_again_and_tells_its_health(name):
    assert SERVICES[name]["restart"] == "unless-stopped"
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", sorted(OURS.keys() - {"audit"}))
def test_roles_tell_their_health_where_the_server_has_it(name):
    (asked,) = re.findall(r"http://127\.0\.0\.1:8080(/\w+)", OURS[name]["healthcheck"]["test"][-1])
    assert asked in PATHS


def test_only_the_data_of_a_role_can_be_written():
    for service in OURS.values():
        assert service["read_only"] is True
        written = [path.split(":")[0] for path in service["tmpfs"]]
        written += [volume.split(":")[1] for volume in service.get("volumes", ())]
        assert sorted(written) == ["/data", "/tmp"]  # noqa: S108 - a path of the container


def test_what_is_published_is_published_to_this_machine_only():
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_what_it_names_is_there():
    whole = compose()
    for kind in ("configs", "secrets"):
        named = {
            item["source"] if isinstance(item, dict) else item
            for service in SERVICES.values()
            for item in service.get(kind, ())
        }
        assert named == set(whole[kind])
    for config in whole["configs"].values():
        assert (ROOT / config["file"]).is_file()
    volumes = [v.split(":")[0] for s in SERVICES.values() for v in s.get("volumes", ())]
    assert {v for v in volumes if not v.startswith(".")} == set(whole["volumes"])
    assert all((ROOT / v).exists() for v in volumes if v.startswith("."))


def test_make_secrets_makes_every_secret(tmp_path):
    needed = {s["file"].removeprefix("./deploy/secrets/") for s in compose()["secrets"].values()}
    assert needed <= secrets_made(tmp_path).keys()


def test_make_secrets_keeps_what_is_there(tmp_path):
    first = secrets_made(tmp_path)
    (tmp_path / "postgres_password").unlink()
    again = secrets_made(tmp_path)
    assert again.keys() == first.keys()
    assert {name for name in first if again[name] != first[name]} == {"postgres_password"}


def test_secrets_are_unlike_one_another_and_closed_to_others(tmp_path):
    made = secrets_made(tmp_path / "secrets")
    random = [made[name] for name in made if re.fullmatch(r"[0-9a-f]{64}", made[name])]
    assert len(set(random)) == 6
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
