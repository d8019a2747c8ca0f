"""Keeping forecasts: of a run soon after its submit, of a user's month once a day."""

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache, partial

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import User
from billing.models import UsageRollup
from billing.money import ModelPrices
from billing.pricing import prices_of
from runs.engine.registry import KNOWN
from runs.engine.types import Spec
from runs.estimate.costs import costs_of, formula_usd
from runs.estimate.past import Past, Ratios, likeness, past_of, ratios_of
from runs.forecast_models import MonthForecast, RunForecast
from runs.models import Run
from runs.spec import spec_of_run
from runs.usage.forecast import LEAST_WEEKS, MOST_WEEKS
from runs.usage.selectors import forecasts
from web.database_clock import database_time
from web.ids import first_uuid7

logger = logging.getLogger(__name__)

# Where nobody looked for so long, runs stay without a forecast: it would come too late.
LOOKS_BACK = timedelta(hours=1)
# Of more runs at a time the newest are a sample; what they cost plays no part in the choice.
MOST_AT_A_TIME = 200


def keep_run_forecasts() -> int:
    """Keep what the newest runs were expected to cost when they were submitted; returns how many.

    All are made from what had ended before the first of them was submitted, so that no run is
    forecast from itself. Forks and answers from the cache have none, and neither have runs that
    ask for what this release doesn't know.
    """
    runs = [(run, spec_of_run(run)) for run in _without_forecast()]
    if not runs:
        return 0
    before = min(run.created_at for run, _ in runs)
    found = prices_of({model for _, spec in runs for model in spec.models})
    prices = {model: known for model, known in found.items() if known}
    priced = [(run, spec) for run, spec in runs if prices.keys() >= set(spec.models)]
    rows = _made(priced, prices, before)
    # Another worker may have kept some meanwhile.
    RunForecast.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _without_forecast() -> QuerySet[Run]:
    since = first_uuid7(database_time() - LOOKS_BACK)
    kept = RunForecast.objects.filter(run_id=OuterRef("pk"))
    runs = Run.objects.filter(~Exists(kept), pk__gt=since, pattern__in=KNOWN)
    whole = runs.filter(cache_hit=False, fork_step="").exclude(task="")
    return whole.order_by("-pk")[:MOST_AT_A_TIME]


def _made(
    runs: Sequence[tuple[Run, Spec]], prices: Mapping[str, ModelPrices], before: datetime
) -> list[RunForecast]:
    """The forecasts; what runs alike have in common is read once."""
    past = cache(partial(past_of, before=before))
    ratios = cache(partial(ratios_of, before=before))
    rows = []
    for run, spec in runs:
        known = past(likeness(spec), simulated=run.simulated)
        others = None if known else ratios(spec.pattern, simulated=run.simulated)
        try:
            rows.append(_forecast(run, spec, prices, known, others))
        except (LookupError, TypeError, ValueError):
            # A tool or a parameter of another release's.
            logger.info("a run asks for what isn't known here", extra={"run": str(run.pk)})
    return rows


def _forecast(
    run: Run,
    spec: Spec,
    prices: Mapping[str, ModelPrices],
    past: Past | None,
    ratios: Ratios | None,
) -> RunForecast:
    """Raises LookupError, TypeError or ValueError where the spec's tools or parameters are gone."""
    costs = costs_of(spec, prices, max_cost_usd=run.max_cost_usd, past=past, ratios=ratios)
    return RunForecast(
        run_id=run.pk,
        pattern=run.pattern,
        model=run.chosen_model,
        simulated=run.simulated,
        basis=costs.basis,
        sample_size=costs.sample_size,
        low_usd=costs.low_usd,
        p50_usd=costs.p50_usd,
        high_usd=costs.high_usd,
        formula_usd=formula_usd(spec, prices),
    )


def keep_month_forecasts(*, seconds: float) -> int:
    """Keep where the months of users end as it looks today, for so long; returns how many.

    Once a day (UTC) and kind of dollars; the next time goes on with those who are left.
    """
    ends, today, count = time.monotonic() + seconds, database_time().date(), 0
    for simulated in (False, True):
        for user in _without_todays(today, simulated=simulated):
            if time.monotonic() >= ends:
                return count
            count += _keep_month(user, today, simulated=simulated)
    return count


def _without_todays(today: date, *, simulated: bool) -> QuerySet[User]:
    """Users of whom enough days are known, and who spent lately."""
    spent = UsageRollup.objects.filter(owner=OuterRef("pk"), simulated=simulated)
    kept = MonthForecast.objects.filter(owner=OuterRef("pk"), simulated=simulated, day=today)
    return User.objects.filter(
        Exists(spent.filter(day__lte=today - timedelta(weeks=LEAST_WEEKS))),
        Exists(spent.filter(day__gte=today - timedelta(weeks=MOST_WEEKS))),
        ~Exists(kept),
        deleted_at=None,
    ).order_by("pk")


def _keep_month(user: User, today: date, *, simulated: bool) -> int:
    (found,) = (one for one in forecasts(user, today=today) if one.simulated == simulated)
    if found.band is None:
        return 0
    row = MonthForecast(
        owner=user,
        simulated=simulated,
        day=today,
        low_usd=found.band.low,
        p50_usd=found.band.p50,
        high_usd=found.band.high,
    )
    MonthForecast.objects.bulk_create([row], ignore_conflicts=True)
    return 1
