"""The reader's runs: filters, order and cursor in the URL."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.caller import caller_of
from runs.catalogue.presenter import pattern_label
from runs.forms.run_list import RunFilterForm
from runs.selectors.history import page, used_values
from runs.selectors.runs import metadata_asked
from web.snapshot import one_snapshot

FEEDBACK = {"1": "good", "-1": "bad"}


def _cursor(request: HttpRequest, name: str) -> UUID | None:
    """A cursor of the URL; a broken one is none."""
    try:
        return UUID(request.GET[name])
    except (KeyError, ValueError):
        return None


def _labels(request: HttpRequest, form: RunFilterForm) -> list[dict[str, str]]:
    """The filters that only addresses have, and where the list is without each."""
    return [_label(request, name, value) for name, value in form.labels()]


def _label(request: HttpRequest, name: str, value: str) -> dict[str, str]:
    query = request.GET.copy()
    for gone in (name, "before", "after"):
        query.pop(gone, None)
    return {
        "name": name,
        "value": value,
        "label": metadata_asked([name]).get(name) or name.removesuffix("_id"),
        "words": FEEDBACK.get(value, value) if name == "feedback" else value,
        "without": query.urlencode(),
    }


def _context(request: HttpRequest) -> dict[str, Any]:
    user = caller_of(request).user
    patterns, models = used_values(user)
    form = RunFilterForm(
        request.GET, patterns=[(key, pattern_label(key)) for key in patterns], models=models
    )
    filters = form.chosen()
    dearest = request.GET.get("sort") == "cost"
    cursors = {name: _cursor(request, name) for name in ("before", "after")}
    return {
        "form": form,
        "filters": filters,
        "labels": _labels(request, form),
        "dearest": dearest,
        "page": page(user, filters, dearest=dearest, **cursors),
        "no_runs": not patterns,
    }


@login_required
@require_safe
@one_snapshot
def run_list(request: HttpRequest) -> HttpResponse:
    """The whole page."""
    return render(request, "runs/list.html", _context(request))


@login_required
@require_safe
@one_snapshot
def run_list_fragment(request: HttpRequest) -> HttpResponse:
    """Only the card with the rows, for refreshing it while runs are active."""
    return render(request, "runs/_list.html", _context(request))
