"""A column of coded JSON, read with its sentence."""

from typing import Any

from django.db import models

from runs.wording import worded


class WordedField(models.JSONField):
    """JSON with a code and figures, read with the sentence that says them."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """The value with its sentence."""
        return worded(super().from_db_value(value, expression, connection))

    def deconstruct(self) -> Any:
        """To migrations it is a plain JSON field: only the reading differs."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs
