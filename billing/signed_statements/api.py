"""Statements over the API, and the public keys that prove them."""

from datetime import date
from typing import Any, ClassVar

from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from accounts.caller import caller_of
from accounts.models import Scope
from billing.invoices.api import MONTH, DollarsQuery
from billing.months import month_of, zone_of
from billing.signed_statements.keys import ALGORITHM, statement_keys
from billing.signed_statements.signing import Subject, signed_statement
from web.downloads import JSON_LINES, LinesView, download
from web.public import public_name


class StatementView(LinesView):
    """One of the caller's months, signed."""

    queries: ClassVar[dict[str, Any]] = {"GET": DollarsQuery}
    required_scopes: ClassVar[dict[str, str]] = {"GET": Scope.USAGE_READ}

    @extend_schema(
        operation_id="statement",
        parameters=[MONTH, DollarsQuery],
        responses={(200, JSON_LINES): OpenApiResponse(OpenApiTypes.STR)},
    )
    def get(self, request: Request, month: date) -> StreamingHttpResponse:
        """Download every ledger line of a month, chained by hashes and signed.

        `python -m agentsite.verify FILE` proves it without the site.
        """
        user = caller_of(request).user
        simulated = self.query(request)["dollars"] == "simulated"
        found = month_of(month, zone_of(user))
        subject = Subject(user, found, simulated, public_name(request._request))
        name = f"statement-{user.pk}-{found.key}{'-simulated' if simulated else ''}.jsonl"
        lines = signed_statement(subject)
        return download(request._request, lines, content_type=JSON_LINES, name=name)


@require_safe
def public_keys(request: HttpRequest) -> JsonResponse:
    """The keys with which statements are proved, for anyone; the first one signs at present."""
    keys = [
        {"key_id": key.key_id, "algorithm": ALGORITHM, "public_key": key.public_key}
        for key in statement_keys()
    ]
    return JsonResponse({"keys": keys})
