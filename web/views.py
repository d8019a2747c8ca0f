"""The views of which every app's API is made: each knows all its query parameters."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from django.db.models import Model
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from web.deprecation import Deprecation
from web.pagination import page_parameters
from web.queries import refuse_unknown

Row = TypeVar("Row", bound=Model)


class ApiView(APIView):
    """Answers 400 to a query parameter that it doesn't declare.

    `queries` has a serializer for each method that takes parameters; a HEAD is a GET.
    `deprecation` is there for an address that goes away.
    """

    queries: ClassVar[Mapping[str, type[Serializer[Any]]]] = {}
    deprecation: ClassVar[Deprecation | None] = None

    @property
    def default_response_headers(self) -> dict[str, str]:
        """DRF's, and that the address goes away."""
        headers: dict[str, str] = super().default_response_headers
        return headers | (self.deprecation.headers if self.deprecation else {})

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Authenticate, authorise and count the request; then read its address."""
        super().initial(request, *args, **kwargs)
        refuse_unknown(request, self.query_parameters(request.method or ""))

    def query_parameters(self, method: str) -> set[str]:
        """The names that requests of this method may use."""
        query = self.queries.get("GET" if method == "HEAD" else method)
        return set(query().fields) if query else set()

    def query(self, request: Request, **context: Any) -> dict[str, Any]:
        """The checked parameters of a request whose method has a serializer."""
        form = self.queries[request.method or ""](data=request.query_params, context=context)
        form.is_valid(raise_exception=True)
        return dict(form.validated_data)


class ListView(ApiView, GenericAPIView[Row]):
    """A list, page by page; a GET takes the parameters of its pages and of its filters."""

    bulky: ClassVar[tuple[str, ...]] = ()
    filter_backends: Any = ()
    filterset_class: Any = None

    def query_parameters(self, method: str) -> set[str]:
        """Those of the pages and of the filters, too."""
        names = super().query_parameters(method)
        if method not in ("GET", "HEAD"):
            return names
        filters = self.filterset_class.base_filters if self.filterset_class else ()
        return {*names, *filters, *page_parameters(self)}


class WholeListView(ApiView):
    """A list that is short enough for one page, in the envelope of all lists."""

    def answer(self, rows: Any) -> Response:
        """The envelope; there is nothing to choose."""
        return Response({"next": None, "previous": None, "results": rows})
