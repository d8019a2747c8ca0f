"""The compose file names what is there: variables that are read, files, volumes and services."""

import re
from typing import Any

import pytest
import yaml

from agentsite.env import ROOT, Env
from agentsite.secret_files import variables_named

TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SITE = ("migrate", "web", "live", "worker", "beat")
# Read by the metrics and their library.
OF_METRICS = {"PROMETHEUS_MULTIPROC_DIR"}
PROFILES = {"monitoring", "tracing"}


def long_lived() -> list[str]:
    return [name for name in SITE if name != "migrate"]


@pytest.mark.parametrize("name", SITE)
def test_the_site_reads_every_variable_that_is_set(name: str) -> None:
    known = variables_named(Env.model_fields) | OF_METRICS
    assert set(SERVICES[name]["environment"]) <= known


@pytest.mark.parametrize("name", long_lived())
def test_what_serves_starts_after_the_migrations_that_run_once(name: str) -> None:
    migrated = SERVICES[name]["depends_on"]["migrate"]
    assert migrated == {"condition": "service_completed_successfully"}
    assert SERVICES["migrate"]["restart"] == "no"


@pytest.mark.parametrize("name", SITE)
def test_the_site_can_do_no_more_than_it_must(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", long_lived())
def test_replicas_share_no_port_of_the_machine(name: str) -> None:
    assert "ports" not in SERVICES[name]
    assert "container_name" not in SERVICES[name]


def test_ports_are_published_on_loopback_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports
    assert [port for port in ports if "127.0.0.1:" not in port] == []


def test_a_worker_has_longer_to_end_than_its_grace() -> None:
    worker = SERVICES["worker"]
    grace_s = float(worker["environment"]["WORKER_GRACE_S"])
    assert float(worker["stop_grace_period"].removesuffix("s")) >= grace_s + 20


def test_redis_keeps_what_it_is_given() -> None:
    command = SERVICES["redis"]["command"]
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options["--appendonly"] == "yes"
    assert options["--maxmemory-policy"] == "noeviction"


def test_dependencies_and_volumes_are_there() -> None:
    for name, service in SERVICES.items():
        assert set(service.get("depends_on", ())) <= set(SERVICES), name
        assert set(service.get("profiles", ())) <= PROFILES, name
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            found = (ROOT / source).exists() if source.startswith(".") else True
            assert found, f"{name}: {source}"
            assert source.startswith(".") or source in COMPOSE["volumes"], f"{name}: {source}"


@pytest.mark.parametrize("name", SITE)
def test_the_image_is_built_with_or_without_the_extra_for_traces(name: str) -> None:
    (lock,) = re.findall(r"^ARG LOCK=(.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert SERVICES[name]["build"]["args"] == {"LOCK": f"${{LOCK:-{lock}}}"}
    less, more = (
        dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / path).read_text(), re.MULTILINE))
        for path in (lock, "requirements-tracing.lock")
    )
    assert less.items() <= more.items()
    assert "opentelemetry-sdk" in more.keys() - less.keys()


def test_every_image_has_a_version() -> None:
    images = [service["image"] for name, service in SERVICES.items() if name not in SITE]
    assert [image for image in images if not re.search(r":v?\d", image)] == []


def test_what_has_to_be_given_is_asked_for() -> None:
    asked = set(re.findall(r"(?<!\$)\$\{(\w+):\?", TEXT))
    assert asked == {"SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "ALLOWED_HOSTS"}
