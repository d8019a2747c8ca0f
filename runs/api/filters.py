"""The query parameters of the list of runs. A value that can't match anything is an error."""

from django.db.models import QuerySet
from django.http import QueryDict
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError

from runs.engine.registry import KNOWN
from runs.models import Run
from runs.selectors.runs import (
    metadata_asked,
    with_metadata,
    with_model,
    with_tags,
    with_text,
)
from runs.states import Status

METADATA_PARAMETER = OpenApiParameter(
    "metadata",
    {"type": "object", "additionalProperties": {"type": "string"}},
    style="deepObject",
    explode=True,
    description="Pairs that the run's metadata has, as `metadata[team]=blue`.",
)


class RunFilter(filters.FilterSet):  # type: ignore[misc]
    """Which runs to list."""

    status = filters.ChoiceFilter(choices=Status.choices)
    pattern = filters.ChoiceFilter(choices=[(key, key) for key in KNOWN])
    model = filters.CharFilter(method="filter_model", help_text="The model asked for or chosen.")
    created_after = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")
    q = filters.CharFilter(method="filter_q", help_text="Text of the task.")
    tag = filters.CharFilter(
        method="filter_tag", help_text="Repeated, the run has to have all of them."
    )
    session_id = filters.CharFilter()
    customer = filters.CharFilter()
    feedback = filters.ChoiceFilter(choices=[("1", "1"), ("-1", "-1")])

    class Meta:
        model = Run
        fields: list[str] = []

    def filter_model(self, runs: QuerySet[Run], name: str, value: str) -> QuerySet[Run]:
        """Asked for or chosen."""
        return with_model(runs, value)

    def filter_tag(self, runs: QuerySet[Run], name: str, value: str) -> QuerySet[Run]:
        """All that are given, not the last one alone."""
        return with_tags(runs, self.data.getlist(name))

    def filter_queryset(self, queryset: QuerySet[Run]) -> QuerySet[Run]:
        """By metadata too, whose names are the user's own."""
        _refuse_null(self.data)
        pairs = {key: self.data[name] for name, key in metadata_asked(self.data).items()}
        runs = with_metadata(queryset, pairs) if pairs else queryset
        filtered: QuerySet[Run] = super().filter_queryset(runs)
        return filtered

    def filter_q(self, runs: QuerySet[Run], name: str, value: str) -> QuerySet[Run]:
        """Text of the task."""
        return with_text(runs, value)


def _refuse_null(query: QueryDict) -> None:
    """Raise `ValidationError` for what no text of the database can have."""
    for name, values in query.lists():
        if "\0" in "".join((name, *values)):
            raise ValidationError({name.replace("\0", ""): ["Null characters are not allowed."]})
