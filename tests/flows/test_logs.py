"""A site's logs have neither secrets nor what people wrote."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from accounts.models import ApiToken, User
from runs.models import Run, Step
from runs.states import TERMINAL
from tests.stack import Stack, wait_for

MARK = "marked"
PROVIDER_KEY = f"sk-{MARK}-provider"
METRICS_TOKEN = f"{MARK}-metrics-token"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
# As it is for the public.
PUBLIC = {
    "ENVIRONMENT": "staging",
    "SECRET_KEY": f"{MARK}-{uuid4().hex}-{uuid4().hex}",
    "ALLOWED_HOSTS": "127.0.0.1",
    "OPENAI_API_KEY": PROVIDER_KEY,
    "METRICS_TOKEN": METRICS_TOKEN,
}
HEADERS = {"X-Forwarded-Proto": "https", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}


@pytest.fixture(params=["INFO", "DEBUG"])
def level(request: pytest.FixtureRequest) -> str:
    """How much is logged, by the site and by Celery itself."""
    return str(request.param)


@pytest.fixture
def talking(
    live_env: dict[str, str], no_worker: None, tmp_path: Path, level: str
) -> Iterator[Stack]:
    """A site for the public, whose provider wants a key, with a worker."""
    stack = Stack(tmp_path, {**live_env, **PUBLIC, "LOG_LEVEL": level})
    stack.env["OPENAI_BASE_URL"] = f"{stack.simulator_url}/v1"
    stack.start_simulator()
    stack.start_web()
    stack.wait_for_http(f"{stack.simulator_url}/v1/models")
    stack.wait_for_http(f"{stack.web_url}/healthz")
    stack.start_worker("talking", level=level)
    yield stack
    stack.close()


def submitted(stack: Stack, key: str, task: str) -> str:
    body = {"task": task, "custom_instructions": f"{MARK} instructions"}
    headers = {**HEADERS, "Authorization": f"Token {key}"}
    answer = httpx2.post(f"{stack.web_url}/api/v1/runs/", json=body, headers=headers, timeout=60)
    return str(answer.raise_for_status().json()["id"])


def told_by(log: str) -> set[str]:
    """The runs that lines below a warning are about."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return {line["run"] for line in lines if line["level"] in ("info", "debug") and "run" in line}


def test_logs_have_no_secrets_and_no_texts(talking: Stack, owner: User) -> None:
    _, key = ApiToken.objects.issue(user=owner, name="flow")
    tasks = [f"What is 6 * 7? {MARK}", f"What is 6 * 8? {MARK} [sim: status=500]"]
    runs = [submitted(talking, key, task) for task in tasks]
    ended = Run.objects.filter(pk__in=runs, status__in=TERMINAL)
    wait_for(lambda: ended.count() == len(runs))
    endless = submitted(talking, key, f"Describe a lighthouse. {MARK} [sim: chunks=400 rate=2]")
    wait_for(Step.objects.filter(run_id=endless, status="started").exists)
    for address in (f"/api/v1/runs/{runs[0]}/x/?q={MARK}", "/api/v1/me/", f"/shared/{MARK}/"):
        wrong = {**HEADERS, "Authorization": f"Token {key}x{MARK}"}
        httpx2.get(talking.web_url + address, headers=wrong, timeout=60)
    httpx2.get(
        f"{talking.web_url}/metrics",
        headers={"Authorization": f"Bearer {METRICS_TOKEN}"},
        timeout=60,
    )
    talking.stop(talking.workers[0])

    web, worker = ((talking.folder / f"{name}.log").read_text() for name in ("web", "talking"))
    assert endless in told_by(worker), "the worker tells at this level what it does"
    logs = web + worker
    assert MARK not in logs
    assert key not in logs
    assert owner.email not in logs
