"""The Usage page: what the reader spent, and on what. Its figures as CSV."""

from collections.abc import Iterator
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.caller import caller_of
from accounts.models import User
from billing.money import format_usd
from billing.presenters import budget_row, budget_rows
from billing.selectors.audit import latest_audit
from billing.selectors.budgets import budgets_of, states_by_kind, tightest_of_all_calls
from billing.selectors.charged_runs import charged_runs
from billing.selectors.pace import with_pace
from runs.selectors.forecasts import months_held
from runs.usage.forms import DaysForm
from runs.usage.outcomes import sessions
from runs.usage.page import Figures, figures
from runs.usage.presenter import (
    STACKS,
    by_token,
    change,
    chart,
    points,
    prompt_cache_saved,
    runs_query,
    stack_of,
)
from runs.usage.ranges import DayRange, before, chosen_range, custom, month_of, months_before
from runs.usage.selectors import DEAREST, Forecast, forecasts, tasks_of
from web.csv_lines import csv_lines
from web.downloads import download
from web.snapshot import one_snapshot
from web.zones import zone_of

COLUMNS = (
    *("day", "model", "pattern", "cost_usd", "llm_calls", "fresh_input_tokens"),
    *("cached_input_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens"),
)


def _chosen(request: HttpRequest, today: date, zone: tzinfo) -> tuple[DayRange, DaysForm]:
    """The range of the URL, and the form that asks for another."""
    asked = bool(request.GET.get("from") or request.GET.get("to"))
    form = DaysForm(request.GET if asked else None)
    if asked and form.is_valid():
        return custom(form.cleaned_data["from"], form.cleaned_data["to"], zone), form
    month, days = (request.GET.get(name, "") for name in ("month", "days"))
    return chosen_range(month=month, days=days, today=today, zone=zone), form


def _figures(request: HttpRequest, shown: DayRange, today: date) -> Figures:
    asked = request.GET.get("dollars") == "simulated"
    user = caller_of(request).user
    return figures(user, shown, before(shown, today), asked_simulated=asked)


def _forecast(user: User, shown: DayRange, today: date, found: Figures) -> Forecast | None:
    """Where the month that is shown ends, if it is this one. Its days are of UTC."""
    if shown.key != month_of(today.replace(day=1)).key:
        return None
    both = forecasts(user, today=today, firsts=found.first_days)
    (mine,) = (one for one in both if one.simulated == found.simulated)
    return mine


def _chart(
    found: Figures, shown: DayRange, today: date, by: str, forecast: Forecast | None
) -> dict[str, Any]:
    if by == "bucket" and found.lines is None:
        return {"by": by, "too_many": True}
    stack = stack_of(found.usage, found.lines or [], shown.days, by=by)
    to_come = forecast.to_come if forecast else {}
    drawn = chart(stack, runs_url=reverse("runs:list"), to_come=to_come)
    return {
        "by": by,
        "stack": stack,
        "chart": drawn,
        "day_rows": stack.until(today),
        "highest": stack.highest,
    }


def _tables(user: User, found: Figures, shown: DayRange) -> dict[str, Any]:
    ends = (shown.moments[0], shown.moments[-1])
    charged = charged_runs(user, *ends, simulated=found.simulated, count=DEAREST)
    return {
        "charged": charged,
        "dearest": tasks_of(user, charged.dearest, shown.zone),
        "sessions": sessions(user, ends, simulated=found.simulated),
        "tokens": None if found.lines is None else by_token(found.lines),
        "cache": None if found.lines is None else prompt_cache_saved(found.lines),
    }


def _budgets(user: User, *, simulated: bool) -> dict[str, Any]:
    found = states_by_kind(budgets_of(user), {simulated, settings.SIMULATED})
    found[simulated] = with_pace(found[simulated])
    # The frame around the page shows the site's kind of dollars.
    main = tightest_of_all_calls(found[settings.SIMULATED])
    return {
        "budgets": budget_rows(found[simulated], reader=user),
        "tightest_budget": budget_row(main, reader=user) if main else None,
    }


@login_required
@require_safe
@one_snapshot
def usage(request: HttpRequest) -> HttpResponse:
    """A month, the last days or days of choice; real and simulated dollars apart."""
    user, zone = caller_of(request).user, zone_of(request)
    today = datetime.now(zone).date()
    shown, form = _chosen(request, today, zone)
    earlier = before(shown, today)
    found = _figures(request, shown, today)
    by = request.GET.get("by", "")
    forecast = _forecast(user, shown, today, found)
    total = found.usage.total
    context = {
        "range": shown,
        "before": earlier,
        "zone": zone,
        "form": form,
        "months": months_before(today),
        "usage": found.usage,
        "off_by": found.off_by,
        "simulated": found.simulated,
        "both": len(found.kinds) == 2,
        "stacks": STACKS,
        "spent_change": change(total.amount, found.earlier.amount),
        "success_change": points(total.success_percent, found.earlier.success_percent),
        "runs_query": runs_query(shown.first, shown.last),
        "forecast": forecast,
        "forecast_record": months_held(user, simulated=found.simulated, today=today),
        "audit": latest_audit(),
        **_chart(found, shown, today, by if by in STACKS else "model", forecast),
        **_tables(user, found, shown),
        **_budgets(user, simulated=found.simulated),
    }
    return render(request, "runs/usage/page.html", context)


@login_required
@require_safe
@one_snapshot
def usage_csv(request: HttpRequest) -> StreamingHttpResponse:
    """What the page of the same address shows, a line for a day, a model and a pattern."""
    zone = zone_of(request)
    today = datetime.now(zone).date()
    shown, _ = _chosen(request, today, zone)
    found = _figures(request, shown, today)
    lines = csv_lines(_rows(found, shown), COLUMNS, ("model", "pattern"))
    name = f"usage-{shown.first}-{shown.last}.csv"
    return download(request, iter(lines), content_type="text/csv", name=name)


def _rows(found: Figures, shown: DayRange) -> Iterator[dict[str, Any]]:
    days = shown.days
    for row in found.spent:
        cells = row._asdict()
        cost: Decimal = cells["amount"]
        yield {**cells, "day": days[row.span], "cost_usd": format_usd(cost), "llm_calls": row.calls}
