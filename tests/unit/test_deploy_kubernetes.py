"""The manifests are valid for Kubernetes, and speak of what the code has."""

import kubernetes_validate
import pytest
import yaml
from support.deployment import DEPLOY, PATHS, ROLES
from support.kustomize import build, documents

from ingest.log.kafka_topic import KafkaTopic

MANIFESTS = DEPLOY / "kubernetes"
VERSIONS = ("1.30", "1.34")
"""The oldest that has all that is used, and one of today."""
EVERY = build(MANIFESTS / "overlays" / "example")
CUSTOM = {"ScaledObject"}
"""Kinds of others, whose schemas no package has."""


def of(kind):
    return {one["metadata"]["name"]: one for one in EVERY if one["kind"] == kind}


DEPLOYMENTS = of("Deployment")
TEMPLATES = {
    **{name: one["spec"]["template"] for name, one in DEPLOYMENTS.items()},
    **{n: one["spec"]["jobTemplate"]["spec"]["template"] for n, one in of("CronJob").items()},
}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_valid(version):
    for one in EVERY:
        if one["kind"] not in CUSTOM:
            kubernetes_validate.validate(one, version, strict=True)


def test_a_misspelt_field_is_found():
    broken = yaml.safe_load(yaml.safe_dump(DEPLOYMENTS["leadlog-gateway"]))
    broken["spec"]["template"]["spec"]["containers"][0]["livenessprobe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSIONS[-1], strict=True)


def test_the_base_stands_for_itself():
    assert {one["kind"] for one in build(MANIFESTS / "base")} >= {"Deployment", "NetworkPolicy"}


def test_each_role_has_a_deployment_of_its_own():
    started = [t["spec"]["containers"][0]["args"] for t in TEMPLATES.values()]
    assert sorted(args[1] for args in started if args[0] == "run") == sorted(ROLES)


def test_names_and_labels_say_the_role():
    for name, one in DEPLOYMENTS.items():
        role = one["spec"]["template"]["spec"]["containers"][0]["args"][1]
        assert name == f"leadlog-{role}"
        labels = one["spec"]["template"]["metadata"]["labels"]
        assert labels["app.kubernetes.io/component"] == role
        assert one["spec"]["selector"]["matchLabels"] == labels


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_pod_has_privileges(name):
    pod = TEMPLATES[name]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
    assert [volume for volume in pod["volumes"] if "hostPath" in volume] == []


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_container_has_bounds(name):
    for container in TEMPLATES[name]["spec"]["containers"]:
        assert "memory" in container["resources"]["limits"]
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_probes_ask_for_what_there_is(name):
    (container,) = TEMPLATES[name]["spec"]["containers"]
    asked = {probe: container[probe]["httpGet"] for probe in container if probe.endswith("Probe")}
    assert asked.keys() == {"startupProbe", "livenessProbe", "readinessProbe"}
    assert {get["path"] for get in asked.values()} <= PATHS
    assert {get["port"] for get in asked.values()} == {p["name"] for p in container["ports"]}
    # A store that is away must not have its readers killed: /readyz tells of stores.
    assert asked["livenessProbe"]["path"] == "/healthz"


def test_who_is_more_than_one_has_a_disruption_budget():
    several = {n for n, one in DEPLOYMENTS.items() if one["spec"].get("replicas", 2) > 1}
    budgets = {
        f"leadlog-{b['spec']['selector']['matchLabels']['app.kubernetes.io/component']}": b
        for b in of("PodDisruptionBudget").values()
    }
    assert budgets.keys() == several
    assert all(budget["spec"]["maxUnavailable"] == 1 for budget in budgets.values())


def test_who_must_be_one_is_never_two():
    alone = {n: o["spec"] for n, o in DEPLOYMENTS.items() if o["spec"].get("replicas") == 1}
    assert alone
    assert {spec["strategy"]["type"] for spec in alone.values()} == {"Recreate"}


def test_services_and_ingresses_lead_to_pods():
    for service in of("Service").values():
        labels = service["spec"]["selector"]
        assert any(labels.items() <= t["metadata"]["labels"].items() for t in TEMPLATES.values())
    for ingress in of("Ingress").values():
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                assert path["backend"]["service"]["name"] in of("Service")


def test_what_pods_mount_is_mounted_where_the_settings_look():
    environ = of("ConfigMap")["leadlog-environment"]["data"]
    for template in TEMPLATES.values():
        (container,) = template["spec"]["containers"]
        mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
        files = {v for n, v in environ.items() if n.endswith("_FILE")}
        assert {file.rpartition("/")[0] for file in files} <= mounts
        assert {"/data", "/tmp", "/etc/leadlog"} <= mounts  # noqa: S108 - a path of the pod
        named = {mount["name"] for mount in container["volumeMounts"]}
        assert named == {volume["name"] for volume in template["spec"]["volumes"]}


def test_nothing_is_allowed_that_no_policy_allows():
    closed = of("NetworkPolicy")["leadlog-nothing"]["spec"]
    assert closed["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in closed
    assert "egress" not in closed
    for template in TEMPLATES.values():
        assert (
            closed["podSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
        )


def test_processors_scale_to_the_partitions_of_the_topic():
    scaled = of("ScaledObject")["leadlog-processor"]["spec"]
    assert scaled["scaleTargetRef"]["name"] in DEPLOYMENTS
    assert "replicas" not in DEPLOYMENTS[scaled["scaleTargetRef"]["name"]]["spec"]
    environ = of("ConfigMap")["leadlog-environment"]["data"]
    topic = KafkaTopic.of(environ["LEADLOG_STORES_LOG"])
    assert scaled["maxReplicaCount"] == topic.partitions


def test_every_file_is_used():
    used = set()
    for file in MANIFESTS.rglob("kustomization.yaml"):
        (said,) = documents(file)
        named = [*said.get("resources", ()), *(p["path"] for p in said.get("patches", ()))]
        for generator in said.get("configMapGenerator", ()):
            named += [*generator.get("files", ()), *generator.get("envs", ())]
        used |= {(file.parent / name).resolve() for name in named} | {file.resolve()}
    there = {f.resolve() for f in MANIFESTS.rglob("*") if f.is_file() and f.suffix != ".md"}
    assert there - used == set()
