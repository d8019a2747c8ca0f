"""What the frame around every page shows."""

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest

from accounts.caller import known_caller
from runs.models import Run
from runs.states import AWAITING


def shell(request: HttpRequest) -> dict[str, Any]:
    """The badges in the navigation: how many of the reader's runs are active, and wait for them."""
    caller = known_caller(request)
    if caller is None:
        return {}
    return (
        Run.objects.visible_to(caller.user)
        .active()
        .aggregate(active_runs=Count("pk"), waiting_runs=Count("pk", filter=Q(status__in=AWAITING)))
    )
