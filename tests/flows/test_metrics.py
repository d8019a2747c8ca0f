"""What a running site tells Prometheus agrees with its books, whatever was killed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from django.db.models import Count, Sum

from billing.models import LedgerEntry
from runs.models import Run, Step
from tests.agentsite.metrics.reading import samples
from tests.stack import Stack, kill_now, wait_for

TOKEN = "a-token-of-this-site"
SLOW_SECOND_CALL = "What is 17 % of 2,340, minus 58? [sim: rate=0.2 on=2]"
Scrape = Callable[[], dict[tuple[str, ...], float]]


@pytest.fixture
def measured(live_env: dict[str, str], no_worker: None, tmp_path: Path) -> Iterator[Stack]:
    """A site whose processes share what they measure."""
    shared = {"METRICS_TOKEN": TOKEN, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")}
    stack = Stack(tmp_path, {**live_env, **shared})
    stack.start_simulator()
    stack.start_web()
    stack.wait_for_http(f"{stack.simulator_url}/v1/models")
    stack.wait_for_http(f"{stack.web_url}/healthz")
    yield stack
    stack.close()


@pytest.fixture
def scrape(measured: Stack) -> Scrape:
    def scrape() -> dict[tuple[str, ...], float]:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        answer = httpx2.get(f"{measured.web_url}/metrics", headers=headers, timeout=60)
        return samples(answer.raise_for_status().text)

    return scrape


def books() -> dict[tuple[str, ...], float]:
    """What has to be told, read from the runs and the ledger themselves."""
    told: dict[tuple[str, ...], float] = {}
    ended = Run.objects.exclude(finished_at=None).order_by().values("pattern", "status")
    for row in ended.annotate(runs=Count("pk")):
        name = ("agent_requests_total", f"pattern={row['pattern']}", f"status={row['status']}")
        told[name] = row["runs"]
    lines = LedgerEntry.objects.order_by().values("model", "simulated")
    for line in lines.annotate(usd=Sum("amount"), output=Sum("output_tokens")):
        of = (f"model={line['model']}", f"simulated={str(line['simulated']).lower()}")
        told["agent_cost_usd", *of] = float(line["usd"])
        told["agent_tokens", "kind=output", *of] = line["output"]
    return told


def test_totals_are_the_ledgers_after_a_worker_was_killed(
    measured: Stack, scrape: Scrape, submit, ended
) -> None:
    lost = ("agent_lease_losses_total", "pattern=react")
    before = scrape()[lost]
    killed = measured.start_worker("killed")
    run = submit(SLOW_SECOND_CALL)
    second = Step.objects.filter(run=run, key__contains="t2", status="started")
    wait_for(lambda: second.exists() and measured.provider_answers(run.task) == 1)
    calls = ("agent_llm_calls_total", "ended=done", f"model={run.chosen_model}")
    assert scrape()[calls] == 1
    kill_now(killed)
    measured.start_worker("heir")
    ended(run)

    expected = books()
    wait_for(lambda: expected.items() <= scrape().items())
    found = scrape()
    assert found[lost] == before + 1
    # The killed worker's call and the heir's: what was measured isn't lost with its process.
    assert found[calls] == 2
    first_words = ("agent_llm_first_token_seconds_count", f"model={run.chosen_model}")
    assert found[first_words] == 2
    assert sum(v for k, v in found.items() if k[0] == "agent_http_requests_total") > 0
