"""What the frame around every page shows."""

from typing import Any

from django.http import HttpRequest

from accounts.caller import known_caller
from runs.models import Run


def shell(request: HttpRequest) -> dict[str, Any]:
    """The badge in the navigation: how many of the reader's runs are active."""
    caller = known_caller(request)
    return {"active_runs": Run.objects.visible_to(caller.user).active().count()} if caller else {}
