"""Operations, for staff."""

from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.caller import staff_of
from billing.models import Budget
from billing.selectors.budgets import states
from runs.operations.asked import page_asked, simulated_asked, users_asked
from runs.operations.presenter import columns, user_rows
from runs.operations.selectors.outcomes import outcomes
from runs.operations.selectors.people import People, Wanted
from runs.operations.selectors.site import SiteState, present_state, site_state
from runs.operations.spend import spend_context
from runs.selectors.forecasts import LEAST, forecast_record
from web.snapshot import one_snapshot

# What a search for users leaves as it is.
KEPT = ("dollars", "by", "range", "sort")


@login_required
@require_safe
@one_snapshot
def operations(request: HttpRequest) -> HttpResponse:
    """The whole page: how the site is, what was spent, and by whom."""
    staff_of(request)
    wanted = users_asked(request)
    site = site_state(wanted)
    today = site.now.date()
    context = {
        **_now(site, simulated=wanted.simulated),
        **spend_context(request, today),
        **_users(site.people, wanted, today),
        **_forecasts(),
        "page_number": page_asked(request),
        "kept": {name: request.GET[name] for name in KEPT if name in request.GET},
    }
    return render(request, "runs/operations/page.html", context)


@login_required
@require_safe
@one_snapshot
def operations_fragment(request: HttpRequest) -> HttpResponse:
    """How the site is now: the parts that are fetched again whenever something happens."""
    staff_of(request)
    context = _now(present_state(), simulated=simulated_asked(request))
    return render(request, "runs/operations/_now.html", context)


def _now(site: SiteState, *, simulated: bool) -> dict[str, Any]:
    return {"site": site, "simulated": simulated, "outcomes": outcomes(simulated=simulated)}


def _forecasts() -> dict[str, Any]:
    """How well each kind of forecast held; those with too few scored are only counted."""
    record = forecast_record()
    told = [one for one in record if one.enough]
    counted_at = record[0].counted_at if record else None
    early = len(record) - len(told)
    return {"forecasts": told, "early": early, "counted_at": counted_at, "least": LEAST}


def _users(found: People | None, wanted: Wanted, today: date) -> dict[str, Any]:
    shown = found.shown if found else ()
    budgets = Budget.objects.filter(user__in=[person.user.pk for person in shown])
    present = states(budgets, simulated=wanted.simulated) if shown else []
    last = wanted.offset + len(shown)
    return {
        "user_rows": user_rows(shown, present, simulated=wanted.simulated, today=today),
        "columns": columns(wanted.order),
        "search": wanted.search,
        "first_shown": wanted.offset + 1,
        "last_shown": last,
        "more": found is not None and last < found.found,
    }
