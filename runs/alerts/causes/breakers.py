"""Models whose breakers are open; for staff. Breakers stand in Redis; while it is away, nothing is.

One that opened and closed between two looks is not told: few calls were lost by it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.conf import settings

from runs.alert_models import Alert, Kind
from runs.alerts.finding import Finding
from runs.breakers import reader
from runs.engine.breaker import Breaker
from runs.engine.provider.failures import FAILURES

# A model that fails off and on is told once in so long.
QUIET = timedelta(hours=1)


def found() -> Iterator[Finding]:
    """One a model and outage, which begins with its first failure."""
    seen = reader().of(settings.PROVIDER_MODELS)
    if seen is None:
        return
    for model, breaker in seen.breakers.items():
        if seen.state(model) != "closed":
            finding = _finding(model, breaker)
            if not _told_lately(finding):
                yield finding


def _told_lately(finding: Finding) -> bool:
    told = Alert.objects.filter(kind=Kind.BREAKER, subject=finding.subject)
    return told.filter(starts_at__gt=finding.starts_at - QUIET).exists()


def _finding(model: str, breaker: Breaker) -> Finding:
    since = datetime.fromtimestamp(breaker.since, UTC)
    last = FAILURES.get(breaker.code)
    return Finding(
        kind=Kind.BREAKER,
        subject=model,
        starts_at=since,
        data={
            "model": model,
            "failures": breaker.failures,
            "since": since.isoformat(),
            "why": last.sentence if last else "",
            "fallback": settings.MODEL_FALLBACKS.get(model),
            "open_s": settings.BREAKER_OPEN_S,
        },
    )
