"""What the address of a page for staff asks for; what makes no sense there is left out."""

from collections.abc import Mapping
from datetime import date

from django.conf import settings
from django.http import HttpRequest

from runs.operations.ranges import DayRange, chosen_range
from runs.operations.selectors.people import SHOWN, Order, Wanted

MAX_SEARCH = 100
MAX_DIGITS = 4


def simulated_asked(request: HttpRequest) -> bool:
    """Which dollars are shown: those of this site’s kind, unless the address says which."""
    kinds = {"simulated": True, "real": False}
    return kinds.get(request.GET.get("dollars", ""), settings.SIMULATED)


def range_asked(request: HttpRequest, today: date) -> DayRange:
    """Which days a chart shows."""
    return chosen_range(request.GET.get("range", ""), today)


def group_asked(request: HttpRequest, groups: Mapping[str, str]) -> str:
    """By what a chart is stacked; by the first of the groups where nothing known is asked for."""
    asked = request.GET.get("by", "")
    return asked if asked in groups else next(iter(groups))


def page_asked(request: HttpRequest) -> int:
    """The page of a list, from 1."""
    text = request.GET.get("page", "")
    known = text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
    return max(1, int(text)) if known else 1


def users_asked(request: HttpRequest) -> Wanted:
    """Which users are listed, and in which order."""
    return Wanted(
        simulated=simulated_asked(request),
        order=Order.of(request.GET.get("sort", "")),
        search=request.GET.get("q", "").replace("\0", "").strip()[:MAX_SEARCH],
        offset=SHOWN * (page_asked(request) - 1),
    )
