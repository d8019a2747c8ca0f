"""The medians of a pattern's runs on this site."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from billing.statements import from_json
from runs.engine.registry import PATTERNS
from runs.models import Run
from runs.selectors.medians import MOST_RUNS, RECENT, medians
from tests.runs.estimate.past import past

pytestmark = pytest.mark.django_db
MODEL = "gpt-4.1-mini"


def test_they_are_the_middle_of_cost_and_time_over_runs_of_every_size():
    now = timezone.now()
    for seconds, cost in ((1, "0.01"), (2, "0.02"), (9, "0.09")):
        started = now - timedelta(seconds=seconds)
        past([cost], task="x" * seconds**3, started_at=started, finished_at=now)
    past(["0.05"], pattern="reflection", status="failed")

    found = medians(["react", "reflection", "rewoo"], MODEL)

    assert set(found) == {"react", "reflection"}
    assert found["react"].runs == 3
    assert found["react"].cost_usd == Decimal("0.02")
    assert found["react"].took == timedelta(seconds=2)
    assert (found["react"].succeeded, found["reflection"].succeeded) == (3, 0)


@pytest.mark.parametrize(
    "other",
    [
        {"simulated": False},
        {"chosen_model": "gpt-5-nano"},
        {"status": "cancelled"},
        {"llm_calls": 0},
        {"finished_at": timezone.now() - timedelta(days=91)},
    ],
)
def test_runs_that_are_not_alike_do_not_count(other):
    past(["0.01"])
    past(["9"] * 3, **other)

    assert medians(["react"], MODEL)["react"].runs == 1


def test_real_runs_have_medians_of_their_own(settings):
    past(["0.01"])
    past(["0.07"], simulated=False)

    settings.SIMULATED = False

    assert medians(["react"], MODEL)["react"].cost_usd == Decimal("0.07")


def test_ten_runs_are_enough():
    past(["0.01"] * 9)
    assert not medians(["react"], MODEL)["react"].enough

    past(["0.01"])
    assert medians(["react"], MODEL)["react"].enough


def test_the_newest_runs_count():
    past(["9"] * MOST_RUNS, finished_at=timezone.now() - timedelta(days=2))
    past(["0.01"] * (MOST_RUNS - 1))

    found = medians(["react"], MODEL)["react"]

    assert (found.runs, found.cost_usd) == (MOST_RUNS, Decimal("0.01"))


def test_many_runs_are_read_from_the_index_a_few_at_a_time():
    past(["0.1"])
    stored = (field for field in Run._meta.concrete_fields if not field.generated)
    names = [str(field.column) for field in stored if not field.primary_key]
    values = [{"task": "repeat('x', 1 << (n % 8 + 2))"}.get(name, name) for name in names]
    like: dict[str, Any] = {
        "patterns": [*PATTERNS],
        "model": MODEL,
        "simulated": True,
        "most": MOST_RUNS,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO runs_run (id, {', '.join(names)}) SELECT gen_random_uuid(), "
            f"{', '.join(values)} FROM runs_run, generate_series(1, 20000) AS n"
        )
        cursor.execute("ANALYZE runs_run")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {RECENT}", like)
        plan = from_json(cursor.fetchone()[0])[0]["Plan"]
    reads = [node for node in nodes(plan) if node.get("Relation Name") == "runs_run"]

    assert [node["Index Name"] for node in reads] == ["run_history"]
    assert all(node["Actual Rows"] <= MOST_RUNS for node in reads)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A plan's nodes; `Actual Rows` are those of one read."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def test_eight_of_ten_took_between_the_shortest_and_the_longest():
    now = timezone.now()
    for seconds in range(1, 11):
        past(["0.01"], started_at=now - timedelta(seconds=seconds), finished_at=now)

    found = medians(["react"], MODEL)["react"]

    assert (found.shortest, found.longest) == (timedelta(seconds=1), timedelta(seconds=9))
