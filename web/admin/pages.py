"""The pages of a model: what those that staff change and those that they only read have alike."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from web.admin.counting import EstimatingPaginator
from web.admin.narrowing import has_index
from web.admin.searching import Reader


class Link(NamedTuple):
    """From the page of a row to what belongs to it."""

    words: str
    address: str


class FixedOrder(ChangeList):  # type: ignore[misc]
    """A list that is sorted by nothing but its sortable columns, whatever its address asks for."""

    def get_ordering_field(self, field_name: Any) -> str | None:
        """What a column is sorted by; None for most."""
        if self.sortable_by is not None and field_name not in self.sortable_by:
            return None
        field: str | None = super().get_ordering_field(field_name)
        return field


class SiteAdmin(ModelAdmin):  # type: ignore[misc]
    """Pages that open at once, however many rows there are.

    A large table sets `found_by` in place of `search_fields`: which fields a search looks at, and
    how what was typed is read for each. All of them have an index.
    """

    found_by: ClassVar[Mapping[str, Reader]] = {}
    empty_text = "There is nothing here yet."
    paginator = EstimatingPaginator
    show_full_result_count = False
    list_per_page = 50
    list_fullwidth = True
    list_disable_select_all = True
    view_on_site = False
    change_form_outer_before_template = "admin/links.html"

    def links(self, request: HttpRequest, row: Any) -> Sequence[Link]:
        """What belongs to a row, for whoever asks."""
        return ()

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponseBase:
        """Give the page of a row its links."""
        row = options.get("obj")
        context["row_links"] = () if row is None else self.links(request, row)
        page: HttpResponseBase = super().render_change_form(request, context, *args, **options)
        return page

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        """A list of ours."""
        return FixedOrder

    def get_sortable_by(self, request: HttpRequest) -> Sequence[Any]:
        """Nothing in a large table: it stays in the order of its key."""
        if self.found_by:
            return ()
        sortable: Sequence[Any] = super().get_sortable_by(request)
        return sortable

    def get_search_fields(self, request: HttpRequest) -> Sequence[str]:
        """What makes the search field appear."""
        fields: Sequence[str] = super().get_search_fields(request)
        return fields or list(self.found_by)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Of a large table, what an index finds: a list is narrowed by its address as well."""
        allowed = bool(super().lookup_allowed(lookup, value, request))
        if not self.found_by:
            return allowed
        filters = self.get_list_filter(request)
        return allowed and has_index(self.model, lookup, found_by=self.found_by, filters=filters)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Rows by their ids and people, where `found_by` names them; else as Django searches."""
        typed = search_term.strip()
        if not (self.found_by and typed):
            found: tuple[QuerySet[Any], bool] = super().get_search_results(
                request, queryset, search_term
            )
            return found
        wanted = Q()
        for name, read in self.found_by.items():
            if (value := read(typed)) is not None:
                wanted |= Q(**{name: value})
        if not wanted:
            messages.warning(request, f"Nothing is found by “{typed}”. {self.search_help_text}.")
            return queryset.none(), False
        return queryset.filter(wanted), False


class ReadOnlyAdmin(SiteAdmin):
    """Rows that only the product writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """All that its page shows, where that is said; so that it may be more than fields."""
        if not self.fieldsets:
            return list(super().get_readonly_fields(request, obj))
        return [name for _, options in self.fieldsets for name in options["fields"]]
