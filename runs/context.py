"""What the frame around every page shows."""

from typing import Any

from django.http import HttpRequest

from runs.models import Run


def shell(request: HttpRequest) -> dict[str, Any]:
    """The badge in the navigation: how many of the reader's runs are active."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"active_runs": Run.objects.owned_by(user).active().count()}
