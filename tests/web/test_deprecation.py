"""An address that goes away says so, whatever it answers."""

from datetime import UTC, datetime
from typing import ClassVar

import pytest
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient

from web.deprecation import Deprecation
from web.schema import ApiSchema
from web.views import ApiView

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
SUNSET = datetime(2027, 6, 30, 12, tzinfo=UTC)
SEE = "https://agents.example.org/api/docs/"


class LeavingView(ApiView):
    permission_classes = (AllowAny,)
    authentication_classes = ()
    deprecation: ClassVar[Deprecation | None] = Deprecation(
        SINCE, SEE, sunset=datetime(2027, 6, 30, 12, tzinfo=UTC)
    )

    @extend_schema(operation_id="leaving", responses={204: None})
    def get(self, request: Request) -> Response:
        return Response(status=204)


class StayingView(LeavingView):
    deprecation = None

    @extend_schema(operation_id="staying", responses={204: None})
    def get(self, request: Request) -> Response:
        return Response(status=204)


urlpatterns = [
    path("api/v1/leaving/", LeavingView.as_view()),
    path("api/v1/staying/", StayingView.as_view()),
]


@pytest.mark.parametrize(("query", "status"), [("", 204), ("?taks=x", 400)])
def test_its_headers_say_since_when_until_when_and_what_instead(settings, query, status):
    settings.ROOT_URLCONF = __name__
    response = APIClient().get(f"/api/v1/leaving/{query}")

    assert response.status_code == status
    assert response["Deprecation"] == f"@{int(SINCE.timestamp())}"
    assert response["Sunset"] == "Wed, 30 Jun 2027 12:00:00 GMT"
    assert response["Link"].split(", ") == [
        f'<{SEE}>; rel="deprecation"; type="text/html"',
        f'<{SEE}>; rel="sunset"; type="text/html"',
    ]


def test_others_say_nothing(settings):
    settings.ROOT_URLCONF = __name__
    response = APIClient().get("/api/v1/staying/")
    assert not {"Deprecation", "Sunset", "Link"} & set(response.headers)


def test_without_a_day_there_is_no_sunset():
    assert set(Deprecation(SINCE, SEE).headers) == {"Deprecation", "Link"}


@pytest.mark.parametrize(("view", "deprecated"), [(LeavingView, True), (StayingView, False)])
def test_the_openapi_document_says_so(view, deprecated):
    schema = view().schema
    assert isinstance(schema, ApiSchema)
    assert schema.is_deprecated() is deprecated
