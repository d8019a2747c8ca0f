"""One run: its page, and the same partials for refreshing it live."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from billing.pricing import price_of
from runs.estimate.selectors import estimate_of
from runs.models import Run
from runs.presenters.budgets import run_budgets
from runs.presenters.other_models import MIN_SEEN, elsewhere
from runs.presenters.run_page import run_page
from runs.selectors.budgets import run_limits
from runs.selectors.forks import forks_of
from runs.selectors.journal import books, journal
from runs.selectors.other_models import other_models
from runs.selectors.queue import queue_places
from runs.views.access import own_run
from web.snapshot import one_snapshot


def _context(run: Run) -> dict[str, Any]:
    place = queue_places([run]).get(run.pk)
    found = estimate_of(run) if place else None
    paid = books(run)
    return {
        "page": run_page(run, journal(run), paid, place, found),
        "elsewhere": elsewhere(paid, other_models(run)) if run.ended and paid.entries else [],
        "least_seen": MIN_SEEN,
        "run": run,
        "output_price": _output_price(run),
        "budgets": run_budgets(run, run_limits(run)),
        "forks": forks_of(run.owner, run) if run.ended else [],
    }


def _output_price(run: Run) -> str:
    """Dollars per million output tokens, for the estimate of a call in flight; or empty."""
    prices = None if run.ended else price_of(run.chosen_model)
    return f"{prices.tiers[0][1].output:f}" if prices else ""


@login_required
@require_safe
@one_snapshot
def detail(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The whole page; complete without script."""
    run = own_run(request, run_id)
    return render(request, "runs/detail.html", {**_context(run), "watched": not run.ended})


@login_required
@require_safe
@one_snapshot
def fragments(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """The parts of the page that change while the run goes on, each in a `data-part`."""
    context = _context(own_run(request, run_id))
    return render(request, "runs/_parts.html", {**context, "watched": True})
