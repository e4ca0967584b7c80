"""What the files under deploy/ are held against: names that the code has."""

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

from leadlog.environment import lay_over
from leadlog.role_names import Role

ROLES = tuple(Role)
ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PATHS = {"/healthz", "/readyz", "/metrics"}
__all__ = ["DEPLOY", "PATHS", "ROLES", "ROOT"]

LIBRARYS = {"process_cpu_seconds_total", "process_resident_memory_bytes"}
"""Metrics that prometheus-client has of every process on Linux."""
FOREIGN = {"up", "kube_job_status_failed"}
"""Metrics of Prometheus itself and of kube-state-metrics."""


def compose() -> dict:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))


def image_environ() -> dict[str, str]:
    """The variables of ours that the image itself sets."""
    dockerfile = (DEPLOY / "Dockerfile").read_text("utf-8")
    return dict(re.findall(r"\b(LEADLOG_\w+)=(\S+)", dockerfile))


def secret_of(path: str) -> str:
    """The name in deploy/secrets of what a container of docker-compose.yml finds at a path."""
    source = compose()["secrets"][path.removeprefix("/run/secrets/")]["file"]
    return str(source).removeprefix("./deploy/secrets/")


def faults_of(environ: Mapping[str, str]) -> list[str]:
    """What the settings say of variables that are none of theirs."""
    return list(lay_over({}, environ, {}))


def metrics_on_the_page() -> set[str]:
    """Every series that docs/metrics.md has, histograms as their parts."""
    found = set()
    for name, kind in re.findall(
        r"\| `(leadlog_\w+)` \| (\w+) \|", (ROOT / "docs/metrics.md").read_text("utf-8")
    ):
        parts = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
        found |= {f"{name}{part}" for part in parts}
    return found


def labels_on_the_page() -> dict[str, set[str]]:
    """The labels of each metric of docs/metrics.md."""
    rows = re.findall(
        r"\| `(leadlog_\w+)` \| \w+ \| ([^|]*) \|", (ROOT / "docs/metrics.md").read_text("utf-8")
    )
    return {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows}


def selections_in(expression: str) -> list[tuple[str, str, str]]:
    """Metric, label and value of each thing that a PromQL expression selects by."""
    return [
        (metric, label, value)
        for metric, chosen in re.findall(r"(\w+)\{([^}]*)\}", expression)
        for label, value in re.findall(r'(\w+)=~?"([^"]*)"', chosen)
    ]


def metrics_in(expression: str) -> set[str]:
    """The series that a PromQL expression names: words that are no function, label or keyword."""
    bare = re.sub(r'"[^"]*"', "", expression)
    bare = re.sub(r"\boffset \S+", "", bare)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b(by|on|without|ignoring)\s*\([^)]*\)", " ", bare)
    words = re.findall(r"[A-Za-z_:][A-Za-z0-9_:]*(?!\s*\()\b", bare)
    return set(words) - {"and", "or", "unless", "bool"}


def secrets_made(folder: Path) -> dict[str, str]:
    """Run deploy/make-secrets; what it made."""
    command = [str(DEPLOY / "make-secrets"), str(folder)]
    subprocess.run(command, check=True, capture_output=True, env=os.environ)
    return {file.name: file.read_text("utf-8") for file in folder.iterdir()}
