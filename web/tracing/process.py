"""What this process sends its spans and metrics with, if it does."""

from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from web.tracing.telemetry import Telemetry


@cache
def telemetry() -> "Telemetry | None":
    """Begins with the first call; None where tracing is off."""
    if not settings.TRACING:
        return None
    # It is an extra that may not be installed, and loads much.
    from web.tracing.telemetry import Telemetry

    return Telemetry()


def end_telemetry() -> None:
    """Send what is left, at most for a moment. The process ends after it."""
    begun = telemetry.cache_info().currsize
    if begun and (found := telemetry()):
        found.end()
