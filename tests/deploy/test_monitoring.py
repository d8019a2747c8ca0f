"""Rules and dashboards ask Prometheus for what the site shows; traces pass through."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from agentsite.env import ROOT

DEPLOY = ROOT / "deploy"
# What `/metrics` shows.
DOCS = (ROOT / "docs/metrics.md").read_text()
NAME = re.compile(r"\bagent_[a-z_]+")
SERVICES = set(yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"])


def read(path: str) -> Any:
    return yaml.safe_load((DEPLOY / path).read_text())


def rules() -> Iterator[dict[str, Any]]:
    for group in read("prometheus/rules.yml")["groups"]:
        yield from group["rules"]


def panels() -> list[dict[str, Any]]:
    board = json.loads((DEPLOY / "grafana/dashboards/agentsite.json").read_text())
    return list(board["panels"])


def asked() -> set[str]:
    expressions = [rule["expr"] for rule in rules()]
    expressions += [target["expr"] for panel in panels() for target in panel["targets"]]
    return {name.removesuffix("_bucket") for text in expressions for name in NAME.findall(text)}


def test_every_metric_that_is_asked_for_is_documented() -> None:
    assert asked()
    assert asked() - set(NAME.findall(DOCS)) == set()


def test_every_rule_says_how_grave_it_is_and_what_is_wrong() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "warning")
        assert rule["annotations"]["summary"]


def test_all_replicas_are_scraped() -> None:
    jobs = {job["job_name"]: job for job in read("prometheus/prometheus.yml")["scrape_configs"]}
    names = [name for job in jobs.values() for sd in job["dns_sd_configs"] for name in sd["names"]]
    assert sorted(names) == ["collector", "live", "web", "worker"]
    assert set(names) <= SERVICES
    assert jobs["web"]["authorization"] == {"credentials_file": "/run/secrets/metrics_token"}


def test_panels_do_not_overlap_and_read_the_provisioned_source() -> None:
    (source,) = read("grafana/provisioning/datasources/prometheus.yml")["datasources"]
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels()]
    assert len(set(places)) == len(places)
    assert {panel["datasource"]["uid"] for panel in panels()} == {source["uid"]}


def test_the_collector_takes_what_the_site_sends() -> None:
    collector = read("tracing/collector.yml")
    assert set(collector["service"]["pipelines"]) == {"traces", "metrics"}
    jobs = {job["job_name"]: job for job in read("prometheus/prometheus.yml")["scrape_configs"]}
    ((sd,),) = [jobs["collector"]["dns_sd_configs"]]
    assert collector["exporters"]["prometheus"]["endpoint"] == f"0.0.0.0:{sd['port']}"


def test_traces_go_to_jaeger() -> None:
    collector = read("tracing/collector.yml")
    assert collector["exporters"]["otlp"]["endpoint"].split(":")[0] in SERVICES
    for pipeline in collector["service"]["pipelines"].values():
        for kind in ("receivers", "processors", "exporters"):
            assert set(pipeline[kind]) <= set(collector[kind])


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_prometheus_takes_the_rules() -> None:
    subprocess.run(
        ["promtool", "check", "rules", DEPLOY / "prometheus/rules.yml"],
        check=True,
        capture_output=True,
    )
