"""The chart of spend a day, on the page of the site and on that of one user."""

from datetime import date
from typing import Any

from django.http import HttpRequest

from accounts.models import User
from billing.selectors.daily import daily_spend
from runs.operations.asked import group_asked, range_asked, simulated_asked
from runs.operations.presenter import GROUPS, chart
from runs.operations.ranges import day_ranges


def spend_context(request: HttpRequest, today: date, owner: User | None = None) -> dict[str, Any]:
    """The chart of the site's spend or of one user's, and what it can be changed to."""
    groups = {key: label for key, label in GROUPS.items() if owner is None or key != "user"}
    group, days = group_asked(request, groups), range_asked(request, today)
    simulated = simulated_asked(request)
    found = daily_spend(group, first=days.first, last=days.last, simulated=simulated, owner=owner)
    return {
        "chart": chart(found, days, group),
        "groups": groups,
        "group": group,
        "range": days,
        "ranges": day_ranges(today),
    }
