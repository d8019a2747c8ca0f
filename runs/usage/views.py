"""The Usage page: what the reader spent, and on what."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.caller import caller_of
from accounts.models import User
from billing.presenters import budget_rows
from billing.selectors.audit import latest_audit
from billing.selectors.budgets import budgets_of, states
from billing.selectors.ledger_check import ledger_check
from billing.selectors.spend import first_models
from runs.selectors.forecasts import months_held
from runs.usage.presenter import GROUPS, SERIES, chart, usage_of
from runs.usage.ranges import DayRange, chosen_range, month_of, months_before
from runs.usage.selectors import Forecast, UsageRow, dearest_runs, forecasts, usage_report
from web.snapshot import one_snapshot


def _kinds(report: Sequence[UsageRow]) -> set[bool]:
    """Which dollars were spent: real, simulated or both; where none were, of which runs."""
    charged = {row.simulated for row in report if row.llm_calls}
    return charged or {row.simulated for row in report}


def _simulated(request: HttpRequest, kinds: set[bool]) -> bool:
    """Which dollars to show: the ones there are; of both, the real ones unless asked."""
    if len(kinds) == 1:
        return True in kinds
    return request.GET.get("dollars") == "simulated"


def _forecast(user: User, days: DayRange, today: date, *, simulated: bool) -> Forecast | None:
    """Where the month that is shown ends, if it is this one and that can be said."""
    if days != month_of(today.replace(day=1)):
        return None
    (found,) = (one for one in forecasts(user, today=today) if one.simulated == simulated)
    return found if found.band else None


@login_required
@require_safe
@one_snapshot
def usage(request: HttpRequest) -> HttpResponse:
    """A month, or the last 7 or 30 days; real and simulated dollars apart."""
    user = caller_of(request).user
    today = datetime.now(UTC).date()
    days = chosen_range(
        month=request.GET.get("month", ""), days=request.GET.get("days", ""), today=today
    )
    span = {"first": days.first, "last": days.last}
    report = usage_report(GROUPS, owner=user, **span)
    kinds = _kinds(report)
    simulated = _simulated(request, kinds)
    shown = [row for row in report if row.simulated == simulated]
    found = usage_of(shown, first_models=first_models(user, SERIES))
    stacked = [row for row in found.stacked(days.days) if row[0] <= today]
    check = ledger_check(user, simulated=simulated, calls=found.total.calls, **span)
    context = {
        "range": days,
        "months": months_before(today),
        "usage": found,
        "check": check,
        "dearest": dearest_runs(user, simulated=simulated, **span),
        "day_rows": stacked,
        "highest": max(stacked, key=lambda row: row[2], default=None),
        "chart": chart(found, days.days),
        "simulated": simulated,
        "forecast": _forecast(user, days, today, simulated=simulated),
        "forecast_record": months_held(user, simulated=simulated, today=today),
        "budgets": budget_rows(states(budgets_of(user), simulated=simulated), reader=user),
        "audit": latest_audit() if user.is_staff or check is None else None,
        "both": len(kinds) == 2,
    }
    return render(request, "runs/usage/page.html", context)
