"""The requests in README and the handbook are answered as they stand there."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import httpx2
import pytest

from agentsite.local.children import Child
from tests.documentation.commands import commands
from tests.stack import Stack

REQUESTS = [
    one for one in commands() if one.text.startswith("curl ") and "openai.com" not in one.text
]
SITES = re.compile(r"https?://(127\.0\.0\.1:8000|agents\.example\.org)")


@pytest.fixture
def run_id(stack: Stack, worker: Child, key: str) -> str:
    """A run of the key's owner that has ended."""
    answer = httpx2.post(
        f"{stack.web_url}/api/v1/runs/?wait=60",
        json={"task": "What is 6 times 7?"},
        headers={"Authorization": f"Token {key}"},
        timeout=90,
    )
    assert answer.status_code == 200
    return str(answer.json()["id"])


def test_each_is_answered(stack: Stack, key: str, run_id: str, tmp_path: Path) -> None:
    env = {
        **os.environ,
        "SITE": stack.web_url,
        "KEY": key,
        "TOKEN": key,
        "AGENTSITE_TOKEN": key,
        "ID": run_id,
    }
    failed: list[Any] = []
    for one in REQUESTS:
        command = SITES.sub(stack.web_url, one.text).replace("ags_…", key)
        command = re.sub(r" -o \S+", "", command)
        done = subprocess.run(
            ["bash", "-c", f"{command} --fail-with-body --silent --show-error"],
            env=env,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode or _is_problem(done.stdout):
            failed.append((one, done.stdout[:500], done.stderr[:500]))
    assert not failed
    assert len(REQUESTS) > 5


def _is_problem(text: str) -> bool:
    try:
        answer = json.loads(text)
    except ValueError:
        return False
    return "errors" in answer and "code" in answer
