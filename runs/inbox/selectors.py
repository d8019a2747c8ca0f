"""Which of a user's runs wait for a person."""

from accounts.models import User
from runs.models import Run

SHOWN = 50


def waiting_runs(user: User) -> list[Run]:
    """The runs that wait, the one that waits longest first."""
    return list(Run.objects.visible_to(user).awaiting().order_by("awaiting_since", "pk")[:SHOWN])
