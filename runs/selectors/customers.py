"""Customers to whom runs may be charged back."""

from collections.abc import Collection

from django.conf import settings

from runs.models import Customer


def known_customers() -> Collection[str] | None:
    """Those that runs may name; None where they may name any."""
    if settings.CUSTOMERS_POLICY == "open":
        return None
    return frozenset(Customer.objects.values_list("name", flat=True))
