"""The reader's runs: filters, order and cursor in the URL; and the same rows as CSV."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.caller import caller_of
from accounts.models import User
from runs.catalogue.presenter import pattern_label
from runs.history.export import COLUMNS, TEXTS, csv_rows
from runs.history.forms import RunFilterForm
from runs.history.presenter import labels, nothing_matches
from runs.history.selectors import (
    MOST_NEW,
    SEARCHED,
    cursor_of,
    every,
    newer_than,
    page,
    searched_since,
    used_values,
)
from runs.history.sums import sums_of
from runs.history.wanted import Wanted
from runs.models import Run
from runs.selectors.runs import metadata_asked
from web.csv_lines import csv_lines
from web.downloads import download
from web.snapshot import one_snapshot
from web.zones import zone_of


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, with which form, and for what."""

    user: User
    form: RunFilterForm
    wanted: Wanted

    @property
    def no_runs(self) -> bool:
        """True of a user who has none at all."""
        return len(self.form.fields["pattern"].choices) == 1  # type: ignore[attr-defined]


def _asked(request: HttpRequest) -> Asked:
    user, zone = caller_of(request).user, zone_of(request)
    patterns, models = used_values(user)
    form = RunFilterForm(
        request.GET,
        patterns=[(key, pattern_label(key)) for key in patterns],
        models=models,
        today=datetime.now(zone).date(),
    )
    days = form.days()
    return Asked(user, form, Wanted(form.chosen(), days.begin(zone), days.end(zone)))


def _cursor(request: HttpRequest, user: User, name: str) -> Run | None:
    """A cursor of the URL; a broken one is none."""
    try:
        return cursor_of(user, UUID(request.GET[name]))
    except (KeyError, ValueError):
        return None


def _context(request: HttpRequest) -> dict[str, Any]:
    asked = _asked(request)
    user, form, wanted = asked.user, asked.form, asked.wanted
    dearest = request.GET.get("sort") == "cost"
    cursors = {name: _cursor(request, user, name) for name in ("before", "after", "upto")}
    found = page(user, wanted, dearest=dearest, **cursors)
    shown, upto = labels(request.GET, form.labels(), metadata_asked(request.GET)), cursors["upto"]
    return {
        "form": form,
        "labels": shown,
        "dearest": dearest,
        "page": found,
        "sums": sums_of(user, wanted),
        "searched": SEARCHED if "q" in wanted.filters and searched_since(user, wanted) else 0,
        "nothing": nothing_matches(wanted.filters, shown, form.days(), form.today),
        "new": newer_than(user, wanted, upto) if upto else 0,
        "most_new": MOST_NEW,
        "first_page": not (dearest or cursors["before"] or cursors["after"]),
        "no_runs": asked.no_runs,
        "zone": zone_of(request).key,
        "key": uuid4(),
    }


@login_required
@require_safe
@one_snapshot
def run_list(request: HttpRequest) -> HttpResponse:
    """The whole page."""
    return render(request, "runs/history/list.html", _context(request))


@login_required
@require_safe
@one_snapshot
def run_list_fragment(request: HttpRequest) -> HttpResponse:
    """Only the card with the rows. With `upto`, runs newer than that one are counted, not shown."""
    return render(request, "runs/history/_list.html", _context(request))


@login_required
@require_safe
def run_csv(request: HttpRequest) -> HttpResponseBase:
    """All runs of the filter, newest first, whatever the order and the page are."""
    asked = _asked(request)
    rows = csv_rows(every(asked.user, asked.wanted, COLUMNS))
    lines = csv_lines(rows, COLUMNS, TEXTS)
    return download(request, lines, content_type="text/csv", name="runs.csv")
