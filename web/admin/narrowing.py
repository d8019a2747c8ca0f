"""What the address of a large list may narrow it by: what an index finds."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.db.models.constants import LOOKUP_SEP

EXACT = frozenset({"id", "pk", "exact"})
# What Django's own filters of a field ask for.
OF_FILTERS = EXACT | {"gte", "lt", "isnull"}


def has_index(
    model: type[Model], lookup: str, *, found_by: Iterable[str], filters: Iterable[Any]
) -> bool:
    """True for a key, another row, what a search finds, and the list's own filters."""
    name, *rest = lookup.split(LOOKUP_SEP)
    for one in filters:
        if lookup == getattr(one, "parameter_name", None):
            return True
        if name == one and OF_FILTERS.issuperset(rest):
            return True
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        # Django refuses it.
        return True
    searched = {path.split(LOOKUP_SEP)[0] for path in found_by}
    known = field.is_relation or getattr(field, "primary_key", False) or name in searched
    return bool(known) and EXACT.issuperset(rest)
