"""Forecasts that were given in the past, so that there is a record of how often they held."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from accounts.models import User
from runs.forecast_models import MonthForecast
from runs.forecasts.keeping import keep_run_forecasts
from runs.forecasts.scoring import score
from runs.usage.selectors import forecasts

MONTHS = 3
GIVEN_ON = (8, 15, 22)


def write_forecasts(team: Sequence[User]) -> None:
    """Of the newest runs and of the last months, as the site would have made them; scored."""
    keep_run_forecasts()
    month = datetime.now(UTC).date().replace(day=1)
    for _ in range(MONTHS):
        month = (month - timedelta(days=1)).replace(day=1)
        for user in team:
            for number in GIVEN_ON:
                _of_month(user, month.replace(day=number))
    score()


def _of_month(user: User, day: date) -> None:
    for found in forecasts(user, today=day):
        if found.band is not None:
            MonthForecast.objects.create(
                owner=user,
                simulated=found.simulated,
                day=day,
                low_usd=found.band.low,
                p50_usd=found.band.p50,
                high_usd=found.band.high,
            )
