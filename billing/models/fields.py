"""Columns of money and of unit prices."""

from typing import Any

from django.db import models


def money_field(**options: Any) -> "models.DecimalField[Any, Any]":
    """A column of US dollars."""
    return models.DecimalField(max_digits=20, decimal_places=12, **options)


def unit_price_field(**options: Any) -> "models.DecimalField[Any, Any]":
    """A column of US dollars per million tokens."""
    return models.DecimalField(max_digits=14, decimal_places=6, **options)
