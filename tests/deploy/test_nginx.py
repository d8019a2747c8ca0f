"""nginx takes the configuration, and asks for nothing that compose doesn't give."""

import re
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from agentsite.env import ROOT
from agentsite.local.ports import free_port
from bench.topology import nginx

TEXT = nginx.TEMPLATE.read_text()
GIVEN = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["nginx"]
LIVE = re.compile(re.search(r"location ~ (\S+) \{", TEXT)[1])  # type: ignore[index]


def test_compose_gives_every_variable() -> None:
    assert set(re.findall(r"\$\{(\w+)\}", TEXT)) == set(GIVEN["environment"])


@pytest.mark.skipif(nginx.PROGRAM is None, reason="nginx is not installed")
def test_nginx_takes_it(tmp_path: Path) -> None:
    ports = [free_port() for _ in range(5)]
    main = nginx.write(tmp_path, port=ports[0], web=ports[1:3], live=ports[3:])
    assert nginx.check(main) == ""


@pytest.mark.parametrize(
    "path",
    [
        "/ws/runs/019a0000-0000-7000-8000-000000000000/",
        "/ws/usage/",
        "/mcp",
        "/v1/chat/completions",
        "/api/v1/runs/019a0000-0000-7000-8000-000000000000/events/",
    ],
)
def test_what_stays_open_is_live(path: str) -> None:
    assert LIVE.match(path)


@pytest.mark.parametrize("path", ["/", "/api/v1/runs/", "/agent/run", "/runs/new/", "/static/x"])
def test_the_rest_is_not(path: str) -> None:
    assert not LIVE.match(path)


def test_bodies_that_the_site_takes_pass() -> None:
    megabytes = int(re.search(r"client_max_body_size (\d+)m;", TEXT)[1])  # type: ignore[index]
    assert megabytes * 2**20 > settings.DATA_UPLOAD_MAX_MEMORY_SIZE
