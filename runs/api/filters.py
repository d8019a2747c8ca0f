"""The query parameters of the list of runs. A value that can't match anything is an error."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from runs.engine.registry import PATTERNS
from runs.models import Run
from runs.selectors.runs import with_model, with_text
from runs.states import Status


class RunFilter(filters.FilterSet):  # type: ignore[misc]
    """Which runs to list."""

    status = filters.ChoiceFilter(choices=Status.choices)
    pattern = filters.ChoiceFilter(choices=[(key, key) for key in PATTERNS])
    model = filters.CharFilter(method="filter_model", help_text="The model asked for or chosen.")
    created_after = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")
    q = filters.CharFilter(method="filter_q", help_text="Text of the task.")

    class Meta:
        model = Run
        fields: list[str] = []

    def filter_model(self, runs: QuerySet[Run], name: str, value: str) -> QuerySet[Run]:
        """Asked for or chosen."""
        return with_model(runs, value)

    def filter_q(self, runs: QuerySet[Run], name: str, value: str) -> QuerySet[Run]:
        """Text of the task."""
        return with_text(runs, value)
