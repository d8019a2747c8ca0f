"""The Usage page: what the reader spent, and on what."""

from datetime import UTC, datetime
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from billing.presenters import budget_rows
from billing.ranges import DayRange, chosen_range, months_before
from billing.selectors.audit import latest_audit
from billing.selectors.budgets import budgets_of, states
from billing.selectors.usage import Usage, dearest_runs, kinds, ledger_check
from billing.selectors.usage import usage as usage_of


def _chart(found: Usage, days: DayRange) -> dict[str, Any]:
    """The chart's numbers. Floats: they become pixels, the table beside it is exact."""
    rows = found.stacked(days.days)
    return {
        "days": [day.isoformat() for day, _, _ in rows],
        "series": [
            {
                "name": group.name,
                "colour": group.colour,
                "values": [float(amounts[index]) for _, amounts, _ in rows],
            }
            for index, group in enumerate(found.series)
        ],
    }


def _simulated(request: HttpRequest, present: set[bool]) -> bool:
    """Which dollars to show: the ones there are; of both, the real ones unless asked."""
    if len(present) == 1:
        return True in present
    return request.GET.get("dollars") == "simulated"


@login_required
@require_safe
def usage(request: HttpRequest) -> HttpResponse:
    """A month, or the last 7 or 30 days; real and simulated dollars apart."""
    user = cast(User, request.user)
    today = datetime.now(UTC).date()
    days = chosen_range(
        month=request.GET.get("month", ""), days=request.GET.get("days", ""), today=today
    )
    present = kinds(user, days)
    simulated = _simulated(request, present)
    found = usage_of(user, days, simulated=simulated)
    stacked = [row for row in found.stacked(days.days) if row[0] <= today]
    check = ledger_check(user, days, found, simulated=simulated)
    context = {
        "range": days,
        "months": months_before(today),
        "usage": found,
        "check": check,
        "dearest": dearest_runs(user, days, simulated=simulated),
        "day_rows": stacked,
        "highest": max(stacked, key=lambda row: row[2], default=None),
        "chart": _chart(found, days),
        "simulated": simulated,
        "budgets": budget_rows(states(budgets_of(user), simulated=simulated), reader=user),
        "audit": latest_audit() if user.is_staff or check is None else None,
        "both": len(present) == 2,
    }
    return render(request, "billing/usage.html", context)
