"""Dollars in JSON: exact decimal strings."""

import re
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.money import format_usd

USD = re.compile(r"[0-9]+(\.[0-9]+)?")


@extend_schema_field({"type": "string", "format": "decimal", "examples": ["0.00425"]})
class UsdField(serializers.Field[Decimal, Any, str, Decimal]):
    """US dollars as an exact decimal string; read-only."""

    def __init__(self, **options: Any) -> None:
        super().__init__(read_only=True, **options)

    def to_representation(self, value: Decimal) -> str:
        """The amount, without an exponent or trailing zeros."""
        return format_usd(value)


class UsdText(serializers.DecimalField):
    """US dollars as a decimal string; a JSON number would already have lost digits."""

    default_error_messages = {
        "text": 'Write dollars as a decimal string, such as "0.20".',
    }

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        """An empty string is no amount; DRF would take it for null."""
        return (False, data) if isinstance(data, str) else super().validate_empty_values(data)

    def to_internal_value(self, data: Any) -> Decimal:
        """The exact amount."""
        if not (isinstance(data, str) and USD.fullmatch(data)):
            self.fail("text")
        return super().to_internal_value(data)
