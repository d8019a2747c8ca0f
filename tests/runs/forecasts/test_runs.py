"""Forecasts of runs: kept soon after the submit, and scored by what they cost."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from runs.forecast_models import RunForecast
from runs.forecasts.keeping import MOST_AT_A_TIME, keep_run_forecasts
from runs.forecasts.scoring import score
from runs.models import Run
from runs.states import Status
from tests.factories import RunFactory
from tests.runs.estimate.past import TASK, past

pytestmark = pytest.mark.django_db


def costs(count: int) -> list[str]:
    return [f"0.0{n:02}" for n in range(1, count + 1)]


def kept(**fields: Any) -> RunForecast:
    run = RunFactory.create(task=TASK, **fields)
    keep_run_forecasts()
    return RunForecast.objects.get(pk=run.pk)


def ended(run_id: Any, cost: str, **changes: Any) -> None:
    """The run has ended, by what a worker writes at its end."""
    fields = {"status": Status.SUCCEEDED, "llm_calls": 2, "cost_usd": Decimal(cost)}
    if "status" not in changes:
        Run.objects.filter(pk=run_id, status=Status.QUEUED).move(Status.RUNNING)
    Run.objects.filter(pk=run_id).update(finished_at=timezone.now(), **(fields | changes))


def test_a_run_is_forecast_by_those_that_ended_before_it():
    past(costs(20), finished_at=timezone.now() - timedelta(minutes=5))

    found = kept()

    assert (found.basis, found.sample_size) == ("history", 20)
    assert (found.low_usd, found.p50_usd, found.high_usd) == (
        Decimal("0.002"),
        Decimal("0.010"),
        Decimal("0.019"),
    )
    assert (found.pattern, found.model, found.simulated) == ("react", "gpt-4.1-mini", True)
    assert (found.actual_usd, found.scored_at) == (None, None)


def test_what_ended_after_the_submit_says_nothing():
    run = RunFactory.create(task=TASK)
    past(costs(20))
    ended(run.pk, "0.5")

    assert keep_run_forecasts() == 21
    assert RunForecast.objects.get(pk=run.pk).basis == "formula"


def test_a_forecast_is_kept_once_and_never_changes():
    first = kept()
    past(costs(20), finished_at=timezone.now() - timedelta(minutes=5))
    Run.objects.filter(pk=first.pk).update(max_cost_usd=Decimal("0.0001"))

    keep_run_forecasts()

    assert RunForecast.objects.get(pk=first.pk).p50_usd == first.p50_usd


def test_a_limit_of_its_own_caps_the_band():
    assert kept(max_cost_usd=Decimal("0.0001")).high_usd == Decimal("0.0001")


@pytest.mark.parametrize(
    "other", [{"cache_hit": True}, {"fork_step": "react/t1/think"}, {"pattern": "of-the-past"}]
)
def test_what_buys_no_whole_run_has_no_forecast(other):
    run = RunFactory.create()
    Run.objects.filter(pk=run.pk).update(**other)
    assert keep_run_forecasts() == 0


@pytest.mark.parametrize("gone", [{"tools": ["abacus"]}, {"params": {"max_steps": "many"}}])
def test_a_run_of_another_release_keeps_none_of_the_others_from_a_forecast(gone):
    other = RunFactory.create(task=TASK)
    Run.objects.filter(pk=other.pk).update(**gone)

    assert kept().basis == "formula"
    assert not RunForecast.objects.filter(pk=other.pk).exists()


def test_of_many_runs_the_newest_are_kept_first(django_assert_max_num_queries):
    past(costs(1) * (MOST_AT_A_TIME + 5))

    with django_assert_max_num_queries(9):
        assert keep_run_forecasts() == MOST_AT_A_TIME

    oldest = Run.objects.order_by("pk")[:5].values_list("pk", flat=True)
    assert not RunForecast.objects.filter(pk__in=list(oldest)).exists()
    assert keep_run_forecasts() == 5


def test_an_ended_run_is_scored_by_what_it_cost():
    found = kept()

    score()
    assert RunForecast.objects.get(pk=found.pk).scored_at is None
    ended(found.pk, "0.0421")
    score()

    scored = RunForecast.objects.get(pk=found.pk)
    assert scored.actual_usd == Decimal("0.0421")
    at = scored.scored_at
    assert at is not None
    score()
    assert RunForecast.objects.get(pk=found.pk).scored_at == at


def test_money_in_doubt_is_waited_for():
    found = kept()
    ended(found.pk, "0.05", in_doubt_usd=Decimal("0.04"))
    score()
    assert RunForecast.objects.get(pk=found.pk).scored_at is None

    ended(found.pk, "0.02", in_doubt_usd=Decimal(0))
    score()
    assert RunForecast.objects.get(pk=found.pk).actual_usd == Decimal("0.02")


@pytest.mark.parametrize("other", [{"status": Status.CANCELLED}, {"llm_calls": 0}])
def test_what_was_never_carried_out_is_dropped(other):
    found = kept()
    ended(found.pk, "0.01", **other)
    score()
    assert not RunForecast.objects.exists()


def test_old_forecasts_are_deleted():
    found = kept()
    RunForecast.objects.update(given_at=timezone.now() - timedelta(days=91))
    score()
    assert not RunForecast.objects.filter(pk=found.pk).exists()
