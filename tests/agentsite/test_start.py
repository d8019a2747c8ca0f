"""What a process doesn't load, it doesn't wait for: each kind starts without the others' parts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SET_UP = "import django; django.setup()"
WORKER = """
from agentsite.celery import app
from celery.apps.worker import Worker
app.loader.init_worker()
"""
SUSPECT = f"{SET_UP}; import runs.executor.isolated.child"
COMMAND_LINE = """
from agentsite.cli import program
program.commands()
"""
PAGES = ("agentsite.urls", "runs.admin", "runs.templatetags.runs", "unfold.admin", "markdown_it")
API = ("rest_framework.views", "drf_spectacular.plumbing", "runs.api")
SERVER = ("uvicorn", "daphne", "autobahn", "mcp.server")
TRACING = ("web.tracing.telemetry", "opentelemetry.exporter.otlp")
SITE = ("django", "celery", "psycopg", "redis", "pydantic", "openai")
LOADED = "\nimport json, sys; print(json.dumps(sorted(sys.modules)))"


def loaded(code: str) -> set[str]:
    """The modules of a new process after this code."""
    done = subprocess.run(
        [sys.executable, "-c", code + LOADED],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "agentsite.settings.test"},
        stdout=subprocess.PIPE,
        check=True,
        timeout=300,
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize(
    ("code", "needed", "others"),
    [
        (SET_UP, "runs.models", (*PAGES, *API, *SERVER, "aiohttp", "jsonschema", "runs.services")),
        (WORKER, "runs.executor.process", (*PAGES, *API, *SERVER, *TRACING)),
        (SUSPECT, "runs.executor.execute", (*PAGES, *API, *SERVER, *TRACING)),
        ("import agentsite.simulator.server.app", "aiohttp.web", (*SITE, *SERVER)),
        (COMMAND_LINE, "agentsite.client.client", (*SITE, *SERVER, "aiohttp")),
    ],
    ids=["command", "worker", "suspect", "simulator", "command line"],
)
def test_a_process_loads_no_part_of_another_kind(
    code: str, needed: str, others: tuple[str, ...]
) -> None:
    modules = loaded(code)

    assert needed in modules
    assert modules & set(others) == set()


@pytest.mark.parametrize("entry", ["agentsite.asgi", "agentsite.wsgi"])
def test_a_web_process_has_its_pages_before_the_first_request(entry: str) -> None:
    modules = loaded(f"import {entry}")
    assert {"agentsite.urls", "runs.admin", "runs.api.views"} <= modules
    assert modules & set(TRACING) == set()


def test_garbage_is_collected_once_the_site_is_loaded() -> None:
    code = f"{SET_UP}; import gc; assert gc.isenabled() and gc.get_freeze_count() > 100_000"
    assert "runs.models" in loaded(code)


def test_a_check_of_the_site_sees_the_pages_of_its_admin() -> None:
    code = f"""
{SET_UP}
from django.contrib.admin import ModelAdmin, site
from django.core.checks import Tags, run_checks
import runs.admin
from runs.models import Run
site._registry[Run].list_display = ["no_such_field"]
assert [one.id for one in run_checks(tags=[Tags.admin])] == ["admin.E108"]
"""
    loaded(code)
