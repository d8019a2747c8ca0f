"""What a report of an exception may contain."""

from typing import Any

from django.views.debug import SafeExceptionReporterFilter


class NoSettings(SafeExceptionReporterFilter):
    """Names no setting at all: addresses with passwords hide under names that sound harmless."""

    def get_safe_settings(self) -> dict[str, Any]:
        """None."""
        return {}

    def is_active(self, request: Any) -> bool:
        """Sensitive variables are hidden always."""
        return True
