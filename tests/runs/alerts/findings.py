"""What alerts are told of."""

from django.utils import timezone

from accounts.models import User
from runs.alert_models import Kind
from runs.alerts.finding import Finding

RUN = "01940000-0000-7000-8000-000000000000"


def doubt(user: User, subject: str = "run-1") -> Finding:
    """An alert for this user."""
    return Finding(
        kind=Kind.DOUBT,
        subject=subject,
        starts_at=timezone.now().replace(hour=0, minute=0, second=0, microsecond=0),
        owner_id=user.pk,
        data={"run_id": RUN, "calls": 1, "amount_usd": "0.5", "simulated": False},
    )
