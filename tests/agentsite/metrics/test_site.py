"""What Postgres knows is told as it stands there, to the last digit."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Count, F, Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest

from agentsite.metrics.site import site_metrics
from billing.models import LedgerEntry
from runs.forecasts.scoring import score
from runs.models import Run, RunTally
from runs.models.tally import BOUNDS_S, fold_tally
from runs.states import Status
from tests.agentsite.metrics.reading import samples
from tests.factories import RunFactory, WorkerFactory
from tests.journal import begin, buy, dispatch, finish, lose_worker, pause, start, succeed
from tests.runs.forecasts.scored import scored

pytestmark = pytest.mark.django_db


class Site:
    """What the site's metrics are at the moment of a scrape."""

    def collect(self):
        return site_metrics()


def scraped() -> dict[tuple[str, ...], float]:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Site())
    return samples(generate_latest(registry).decode())


def started(**fields) -> Run:
    return start(RunFactory.create(**fields))


def lasted(run: Run, seconds: float) -> None:
    """The run was submitted so long before it ends."""
    Run.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(seconds=seconds))


def test_ended_runs_are_counted_by_pattern_and_status():
    for pattern, status in [("react", "succeeded"), ("react", "failed"), ("storm", "cancelled")]:
        run = started(pattern=pattern)
        if status == "cancelled":
            Run.objects.filter(pk=run.pk).move(Status.CANCELLING)
        finish(run, status=status, answer_kind="none", answer=None, stop_reason=status)

    found = scraped()
    told = {
        key[1:]: value for key, value in found.items() if key[0] == "agent_requests_total" and value
    }
    rows = Run.objects.values_list("pattern", "status").annotate(runs=Count("pk"))
    assert told == {(f"pattern={p}", f"status={s}"): runs for p, s, runs in rows}
    assert found["agent_requests_total", "pattern=lats", "status=failed"] == 0


def test_durations_fall_into_the_buckets_that_are_told():
    for seconds in (0.2, 3, 45, 100_000):
        run = started()
        lasted(run, seconds)
        finish(run)

    found = scraped()
    name = "agent_request_duration_seconds"
    upto = {le: found[f"{name}_bucket", f"le={le}", "pattern=react"] for le in (*BOUNDS_S, "+Inf")}
    sums = Run.objects.aggregate(seconds=Sum(F("finished_at") - F("created_at")))
    assert [upto[2.5], upto[5.0], upto[30.0], upto[60.0], upto[3600.0]] == [1, 2, 2, 3, 3]
    assert upto["+Inf"] == found[f"{name}_count", "pattern=react"] == 4
    total = found[f"{name}_sum", "pattern=react"]
    assert total == pytest.approx(sums["seconds"].total_seconds())


def test_the_database_sorts_by_the_same_bounds():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('runs_duration_bucket'::regproc)")
        (text,) = cursor.fetchone()
        for bucket, bound in enumerate(BOUNDS_S):
            cursor.execute(
                "SELECT runs_duration_bucket(make_interval(secs => %s)),"
                " runs_duration_bucket(make_interval(secs => %s))",
                [bound - 0.1, bound],
            )
            assert cursor.fetchone() == (bucket, bucket + 1), text


def test_a_run_whose_answer_is_kept_counts_as_a_hit():
    Run.objects.bulk_create(
        [
            Run(
                owner=RunFactory.create().owner,
                pattern="react",
                simulated=True,
                cache_hit=True,
                status="succeeded",
                finished_at=timezone.now(),
                deadline_at=timezone.now(),
            )
        ]
    )

    found = scraped()
    assert found["agent_cache_hits_total", "pattern=react"] == 1
    assert found["agent_requests_total", "pattern=react", "status=succeeded"] == 1


def test_a_lost_lease_counts_and_its_run_doesnt_count_as_ended():
    run = started()
    lose_worker(run)

    found = scraped()
    assert found["agent_lease_losses_total", "pattern=react"] == 1
    assert found["agent_requests_total", "pattern=react", "status=failed"] == 0
    assert found["agent_queued_requests", "pattern=react"] == 1


def test_counts_stay_when_they_are_folded():
    for _ in range(3):
        succeed(started())
    before = scraped()
    assert RunTally.objects.count() == 3
    fold_tally()

    after = scraped()
    ended = [name for name in before if name[0].startswith("agent_request")]
    assert {name: after[name] for name in ended} == {name: before[name] for name in ended}
    alike = RunTally.objects.values("became", "bucket").distinct().count()
    assert RunTally.objects.count() == alike


def test_tokens_and_cost_are_the_ledgers():
    for model, simulated in [("gpt-4.1", False), ("gpt-4.1", True), ("gpt-4.1-mini", False)]:
        run = started(chosen_model=model, simulated=simulated)
        buy(run, cached=100, output=50, reasoning=20)
        finish(run)

    found = scraped()
    rows = (
        LedgerEntry.objects.order_by()
        .values("model", "simulated")
        .annotate(
            usd=Sum("amount"),
            lines=Count("pk"),
            cached=Sum("cached_input_tokens"),
            output=Sum("output_tokens"),
            reasoning=Sum("reasoning_tokens"),
        )
    )
    assert len(rows) == 3
    for row in rows:
        of = (f"model={row['model']}", f"simulated={str(row['simulated']).lower()}")
        assert found["agent_cost_usd", *of] == float(row["usd"])
        assert found["agent_charged_calls", *of] == row["lines"]
        for kind, tokens in (("cached_input", row["cached"]), ("output", row["output"])):
            assert found["agent_tokens", f"kind={kind}", *of] == tokens
        assert found["agent_tokens", "kind=reasoning", *of] == row["reasoning"] > 0


def test_money_of_calls_under_way_is_held_and_then_in_doubt():
    run = started(simulated=False)
    dispatch(run)
    held = scraped()
    lose_worker(run)
    doubted = scraped()

    assert held["agent_held_usd", "simulated=false"] == float(0.4 * 2000 + 1.6 * 1000) / 1e6
    assert held["agent_active_requests", "pattern=react"] == 1
    entry = LedgerEntry.objects.get(run_id=run.pk)
    assert doubted["agent_in_doubt_usd", "simulated=false"] == float(entry.amount)
    assert doubted["agent_held_usd", "simulated=false"] == 0


def test_the_queue_has_the_longest_wait_for_a_worker():
    assert scraped()["agent_queue_oldest_seconds",] == 0
    for seconds in (90, 30):
        lasted(RunFactory.create(), seconds)

    found = scraped()
    assert found["agent_queued_requests", "pattern=react"] == 2
    # The clock of a transaction stands still; that of this process goes on.
    assert 80 < found["agent_queue_oldest_seconds",] < 91


def test_what_no_worker_could_take_waits_for_none(settings, alice):
    settings.USER_CONCURRENCY = 1
    started(owner=alice)
    asking = started(max_cost_usd=Decimal("0.01"), when_out_of_money="ask")
    begin(asking)
    pause(asking, needs=Decimal("0.02"))
    lasted(asking, 500)
    lasted(RunFactory.create(needs_usd=1), 400)
    lasted(RunFactory.create(deadline_at=timezone.now() - timedelta(seconds=1)), 300)
    lasted(RunFactory.create(owner=alice), 200)

    found = scraped()
    assert found["agent_queue_oldest_seconds",] == 0
    assert found["agent_queued_requests", "pattern=react"] == 3
    assert found["agent_queued_for_money_requests", "pattern=react"] == 1
    assert found["agent_awaiting_requests", "pattern=react"] == 1

    lasted(RunFactory.create(), 50)
    assert 40 < scraped()["agent_queue_oldest_seconds",] < 51


def test_a_run_that_came_back_to_the_queue_waits_since_then():
    run = started()
    lasted(run, 1000)
    lose_worker(run)

    assert scraped()["agent_queue_oldest_seconds",] < 10


def test_workers_count_while_their_lease_is_good():
    WorkerFactory.create(capacity=7)
    WorkerFactory.create(capacity=5)
    WorkerFactory.create(expires_at=timezone.now() - timedelta(minutes=1))

    found = scraped()
    assert (found["agent_workers",], found["agent_worker_slots",]) == (2, 12)


def test_forecasts_that_held_are_told_by_pattern_and_model():
    scored([2] * 3 + [9])
    scored([9], pattern="storm", simulated=False)
    score()

    found = scraped()
    react = ("pattern=react", "model=gpt-4.1-mini", "basis=history", "simulated=true")
    storm = ("pattern=storm", "model=gpt-4.1-mini", "basis=history", "simulated=false")
    told = {key: value for key, value in found.items() if key[0].startswith("agent_forecast")}
    by_name = {(key[0], frozenset(key[1:])): value for key, value in told.items()}
    assert by_name == {
        ("agent_forecast_scored_runs", frozenset(react)): 4,
        ("agent_forecast_held_runs", frozenset(react)): 3,
        ("agent_forecast_scored_runs", frozenset(storm)): 1,
        ("agent_forecast_held_runs", frozenset(storm)): 0,
    }


def test_a_scrape_takes_the_same_few_queries_however_much_there_is_and_none_of_the_ledger():
    def statements() -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            scraped()
        return [query["sql"] for query in queries]

    few = statements()
    for pattern in ("react", "storm", "lats"):
        run = started(pattern=pattern)
        buy(run)
        finish(run)
    many = statements()

    assert len(many) == len(few) <= 8
    read = [sql for sql in many if "billing_ledgerentry" in sql]
    assert all("'in_doubt'" in sql for sql in read), "the few lines that have an index of their own"


def test_no_label_names_a_person():
    run = started()
    buy(run)
    finish(run)

    labels = {label.partition("=")[0] for key in scraped() for label in key[1:]}
    assert labels == {"kind", "le", "model", "pattern", "simulated", "status"}
