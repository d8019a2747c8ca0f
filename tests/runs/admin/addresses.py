"""Addresses of the admin's pages."""

from typing import Any

from django.db.models import Model
from django.urls import reverse


def address(model: type[Model], page: str, *args: Any) -> str:
    """Of a model's `changelist`, `add`, `change`, `delete` or `history`."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)
