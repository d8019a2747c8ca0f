"""What the pages show to be copied runs as it is."""

import json
import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest
from django.conf import settings
from django.test import Client

from billing.money import format_usd
from runs.models import Run
from tests.stack import Stack

SNIPPET = re.compile(r'<pre class="code" id="([\w-]+)-code"[^>]*>(.*?)</pre>', re.DOTALL)
SHELL, PYTHON = ["bash", "-ec"], [sys.executable, "-c"]
PROGRAMS = {
    "curl": SHELL,
    "entrance": SHELL,
    "openai": PYTHON,
    "python": PYTHON,
    "terminal": SHELL,
}


@pytest.fixture
def snippets(stack: Stack, owner: Any) -> dict[str, str]:
    """The texts by their name, as the owner's browser shows them."""
    browser = Client()
    browser.force_login(owner)
    cookie = {settings.SESSION_COOKIE_NAME: browser.cookies[settings.SESSION_COOKIE_NAME].value}
    with httpx2.Client(base_url=stack.web_url, cookies=cookie, timeout=60) as http:
        pages = [http.get(path).raise_for_status().text for path in ("/tokens/", "/api/docs/")]
    return {
        name: unescape(re.sub("<[^>]+>", "", text))
        for name, text in SNIPPET.findall("\n".join(pages))
    }


@pytest.fixture
def run_of(snippets: dict[str, str], key: str, tmp_path: Path) -> Any:
    """Run a snippet with a token in the environment, and with our program installed."""
    program = tmp_path / "agentsite"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m agentsite "$@"\n')
    program.chmod(0o755)

    def run(name: str) -> str:
        command = [*PROGRAMS[name], snippets[name]]
        programs = f"{tmp_path}:{os.environ['PATH']}"
        env = {**os.environ, "AGENTSITE_TOKEN": key, "PATH": programs}
        ended = subprocess.run(command, env=env, capture_output=True, text=True, timeout=240)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return run


def test_each_snippet_is_one_that_is_tried(snippets: dict[str, str]) -> None:
    assert set(snippets) == set(PROGRAMS)


def test_curl_and_python_submit_a_task_and_have_its_answer(run_of, worker, owner) -> None:
    answered = json.loads(run_of("curl"))
    first = Run.objects.visible_to(owner).get()
    assert (answered["id"], answered["status"]) == (str(first.pk), "succeeded")
    assert "42" in answered["answer"]

    printed = run_of("python")
    second = Run.objects.visible_to(owner).exclude(pk=first.pk).get()
    assert printed == f"{second.answer} {format_usd(second.cost_usd)}\n"


def test_the_openai_package_and_the_command_line_have_the_answer_too(run_of, worker) -> None:
    assert "42" in run_of("openai")
    assert "42" in run_of("terminal")


def test_the_first_call_has_its_answer(run_of, worker) -> None:
    assert "42" in json.loads(run_of("entrance"))["answer"]
