"""The manifests name each other, let a pod end in peace, and scale by what really waits."""

from datetime import timedelta
from typing import Any

import pytest
import yaml
from django.contrib.postgres.functions import TransactionNow
from django.db import connection

from agentsite.env import ROOT, Env
from agentsite.secret_files import variables_named
from runs.models import Run
from runs.selectors.queue import LONGEST_WAIT
from runs.states import Status
from tests.factories import RunFactory

FOLDER = ROOT / "deploy" / "kubernetes"
OF_METRICS = {"PROMETHEUS_MULTIPROC_DIR"}
SERVING = ("web", "live", "worker")
# After its grace a worker hands its runs back.
HAND_BACK_S = 20


def read(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((FOLDER / name).read_text()))


BASE = read("kustomization.yaml")[0]
OBJECTS = [thing for name in BASE["resources"] for thing in read(name)]


def named(kind: str) -> dict[str, dict[str, Any]]:
    return {thing["metadata"]["name"]: thing for thing in OBJECTS if thing["kind"] == kind}


DEPLOYMENTS = named("Deployment")


def pod(name: str) -> dict[str, Any]:
    template: dict[str, Any] = DEPLOYMENTS[name]["spec"]["template"]
    return template


def test_every_file_is_a_part_of_the_base() -> None:
    files = {file.name for file in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(BASE["resources"]) == files


@pytest.mark.parametrize("kind", ["Deployment", "Job"])
def test_the_site_reads_every_variable_that_is_set(kind: str) -> None:
    known = variables_named(Env.model_fields) | OF_METRICS
    (site,) = BASE["configMapGenerator"]
    assert {line.split("=")[0] for line in site["literals"]} <= known
    for thing in named(kind).values():
        (container,) = thing["spec"]["template"]["spec"]["containers"]
        assert {variable["name"] for variable in container.get("env", ())} <= known


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_selectors_find_the_pods(name: str) -> None:
    labels = {"app.kubernetes.io/name": name}
    assert pod(name)["metadata"]["labels"] == labels
    assert DEPLOYMENTS[name]["spec"]["selector"]["matchLabels"] == labels
    for kind in ("Service", "PodDisruptionBudget"):
        if name in named(kind):
            selector = named(kind)[name]["spec"]["selector"]
            assert selector.get("matchLabels", selector) == labels


@pytest.mark.parametrize("name", SERVING)
def test_what_serves_is_probed_and_never_all_away_at_once(name: str) -> None:
    (container,) = pod(name)["spec"]["containers"]
    assert {"startupProbe", "livenessProbe"} <= set(container)
    assert DEPLOYMENTS[name]["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert named("PodDisruptionBudget")[name]["spec"]["maxUnavailable"] == 1


def test_a_worker_has_longer_to_end_than_its_grace() -> None:
    (container,) = pod("worker")["spec"]["containers"]
    env = {variable["name"]: variable["value"] for variable in container["env"]}
    grace_s = float(env["WORKER_GRACE_S"])
    assert pod("worker")["spec"]["terminationGracePeriodSeconds"] >= grace_s + HAND_BACK_S


@pytest.mark.parametrize("name", ["web", "live"])
def test_a_server_ends_once_nothing_is_sent_to_it(name: str) -> None:
    (container,) = pod(name)["spec"]["containers"]
    command = container["lifecycle"]["preStop"]["exec"]["command"]
    assert pod(name)["spec"]["terminationGracePeriodSeconds"] >= int(command[1]) + 15


def test_everything_that_is_scaled_is_there() -> None:
    scaled = {**named("HorizontalPodAutoscaler"), **named("ScaledObject")}
    targets = {thing["spec"]["scaleTargetRef"]["name"] for thing in scaled.values()}
    assert targets == set(SERVING)


def test_addresses_lead_to_services() -> None:
    for ingress in named("Ingress").values():
        for rule in ingress["spec"]["rules"]:
            for path in rule["http"]["paths"]:
                assert path["backend"]["service"]["name"] in named("Service")


def test_workers_are_scaled_by_the_longest_wait_for_one(db: None) -> None:
    (trigger,) = named("ScaledObject")["worker"]["spec"]["triggers"]
    assert (trigger["type"], trigger["metricType"]) == ("postgresql", "Value")
    assert age(trigger["metadata"]["query"]) == 0
    waits: tuple[tuple[dict[str, Any], int], ...] = (
        ({"status": Status.QUEUED}, 5),
        ({"status": Status.QUEUED, "needs_usd": 1}, 30),
        ({"status": Status.RUNNING}, 60),
    )
    for fields, minutes in waits:
        run = RunFactory.create(**fields)
        since = TransactionNow() - timedelta(minutes=minutes)
        Run.objects.filter(pk=run.pk).update(created_at=since)
    assert age(trigger["metadata"]["query"]) == 300


def test_the_scaler_asks_what_the_metric_tells() -> None:
    (trigger,) = named("ScaledObject")["worker"]["spec"]["triggers"]
    cap = str(Env.model_fields["user_concurrency"].default)
    asked = LONGEST_WAIT.replace("%s", cap)
    asked = asked.replace("now() - min(ready.since)", "coalesce({}, 0)", 1).format(
        "extract(epoch FROM now() - min(ready.since))"
    )
    assert "".join(trigger["metadata"]["query"].split()) == "".join(asked.split())


def age(query: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return float(cursor.fetchone()[0])
