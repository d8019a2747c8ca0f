"""How money looks in the API."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.money import format_usd


@extend_schema_field({"type": "string", "format": "decimal", "examples": ["0.00425"]})
class UsdField(serializers.Field[Decimal, Any, str, Decimal]):
    """US dollars as an exact decimal string; read-only."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Decimal) -> str:
        """The amount, without an exponent or trailing zeros."""
        return format_usd(value)
