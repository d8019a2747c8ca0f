"""Old alerts go, and sums that no comparison needs."""

from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now

from runs.alert_models import Alert, Kind
from runs.alerts.causes.hours import forget_old

KEPT = timedelta(days=90)
# So that no statement takes long.
AT_A_TIME = 5000


def delete_old_alerts() -> int:
    """Delete alerts that are older than 90 days with their notices; returns how many.

    Those of a window that never ends stay: they are what says that it was told.
    """
    forget_old()
    endless = Q(kind__in=(Kind.BUDGET, Kind.SITE_BUDGET), ends_at=None)
    old = Alert.objects.filter(created_at__lt=Now() - KEPT).exclude(endless).order_by("created_at")
    deleted = 0
    while pks := list(old.values_list("pk", flat=True)[:AT_A_TIME]):
        Alert.objects.filter(pk__in=pks).delete()
        deleted += len(pks)
    return deleted
