"""The API reference."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from agentsite.reference.document import document, reference
from agentsite.reference.problems import PROBLEM_TYPES
from web.public import public_url


class DocumentView(SpectacularAPIView):
    """The OpenAPI document, as YAML or JSON; the same for every reader."""

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """What was written for the first one who asked."""
        renderer: Any = type(request.accepted_renderer)
        charset = f"; charset={renderer.charset}" if renderer.charset else ""
        name = self._get_filename(request, "")  # type: ignore[no-untyped-call]
        return HttpResponse(
            written(renderer),
            content_type=f"{renderer.media_type}{charset}",
            headers={"Content-Disposition": f'inline; filename="{name}"'},
        )


@cache
def written(renderer: Callable[[], BaseRenderer]) -> str | bytes:
    """The document in the words of a renderer."""
    text: str | bytes = renderer().render(document())
    return text


@require_safe
def reference_page(request: HttpRequest) -> HttpResponse:
    """For everyone: it says what there is, and nothing of what is in it."""
    context = {"reference": reference(), "site": public_url(request)}
    return render(request, "agentsite/reference/page.html", context)


@require_safe
def problems_page(request: HttpRequest) -> HttpResponse:
    """What the `type` of each problem leads to; for everyone."""
    return render(request, "agentsite/reference/problems.html", {"problems": PROBLEM_TYPES})
