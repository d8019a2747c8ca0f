"""Errors outside of any view's own: unknown addresses, outages, mistakes of ours."""

import json
from typing import Any

import pytest
from django.db import DataError, InterfaceError, InternalError, OperationalError
from django.test import Client, RequestFactory
from django.urls import path
from psycopg.errors import ReadOnlySqlTransaction
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from agentsite import urls
from web import fallbacks
from web.exceptions import problem_response
from web.problems import problem

PROBLEM = "application/problem+json"


class RaisingView(APIView):
    """Raises what the test put in `error`."""

    authentication_classes = ()
    permission_classes = ()
    error: Exception

    def get(self, request):
        raise self.error


class GoodView(RaisingView):
    """Answers."""

    def get(self, request):
        return Response({})


def raising_page(request):
    raise OperationalError("secret host")


def page_with_an_odd_value(request):
    raise DataError("secret column")


async def raising_later(request):
    raise InterfaceError("secret host")


urlpatterns = [
    path("page/", raising_page),
    path("odd/", page_with_an_odd_value),
    path("later/", raising_later),
    path("api/raise/", RaisingView.as_view()),
    path("api/good/", GoodView.as_view()),
    *urls.urlpatterns,
]
handler500 = urls.handler500


@pytest.fixture
def answer_to(settings, monkeypatch):
    """What a client gets when a view raises this."""
    settings.ROOT_URLCONF = __name__

    def get(error: Exception):
        monkeypatch.setattr(RaisingView, "error", error, raising=False)
        response = Client().get("/api/raise/")
        assert response["Content-Type"] == PROBLEM
        return response

    return get


def test_a_problem_has_the_fields_of_rfc_9457():
    assert json.loads(problem(404, "Not here.").content) == {
        "type": "/api/docs/problems/#not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "Not here.",
        "code": "not_found",
        "errors": {},
    }


@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "options"])
@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("address", ["/api/", "/api/v1/", "/api/v1/nothing", "/api/v2/runs/"])
def test_an_unknown_address_is_a_problem(settings, debug, address, method):
    settings.DEBUG = debug

    response = getattr(Client(enforce_csrf_checks=True), method)(address)

    assert (response.status_code, response["Content-Type"]) == (404, PROBLEM)
    assert response.json()["code"] == "not_found"


def test_a_forgotten_slash_is_named_and_never_redirected():
    response = Client().post("/api/v1/runs", "{}", content_type="application/json")

    assert response.status_code == 404
    assert response.json()["detail"].endswith("Did you mean /api/v1/runs/?")


def read_only() -> InternalError:
    """What a statement that writes meets on a standby."""
    error = InternalError("secret")
    error.__cause__ = ReadOnlySqlTransaction()
    return error


@pytest.mark.parametrize(
    "error", [OperationalError("secret host"), InterfaceError("secret"), read_only()]
)
def test_without_its_database_the_api_is_503(answer_to, error):
    response = answer_to(error)

    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert int(response["Retry-After"]) > 0
    assert b"secret" not in response.content


def test_what_the_database_finds_out_of_range_is_400(answer_to):
    response = answer_to(DataError("secret column"))

    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert b"secret" not in response.content


@pytest.mark.parametrize("debug", [False, True])
def test_a_mistake_of_ours_is_500_without_internals(answer_to, settings, debug, caplog):
    settings.DEBUG = debug

    response = answer_to(RuntimeError("secret internals"))

    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert b"secret" not in response.content
    assert "secret internals" in caplog.text


def test_nested_errors_are_flat(answer_to):
    nested: Any = {
        "goals": {0: ["Bad."]},
        "prompts": {"think": {"system": ["Worse."]}},
        "list": [{}, ["No."]],
    }

    assert answer_to(serializers.ValidationError(nested)).json()["errors"] == {
        "goals.0": ["Bad."],
        "prompts.think.system": ["Worse."],
        "list.1": ["No."],
    }


def test_being_throttled_says_how_long(answer_to):
    response = answer_to(exceptions.Throttled(wait=7))

    assert (response.status_code, response["Retry-After"]) == (429, "7")
    assert response.json()["code"] == "rate_limited"


def test_json_is_all_there_is(settings):
    settings.ROOT_URLCONF = __name__

    response = Client().get("/api/good/", HTTP_ACCEPT="application/xml")

    assert (response.status_code, response["Content-Type"]) == (406, PROBLEM)
    assert response.json()["code"] == "not_acceptable"


def test_errors_outside_views_are_problems_under_the_api_only(monkeypatch):
    asked = RequestFactory().get("/api/v1/runs/")
    error = RuntimeError("secret")

    answers: list[Any] = [
        fallbacks.bad_request(asked, error),
        fallbacks.permission_denied(asked, error),
        fallbacks.page_not_found(asked, error),
        fallbacks.server_error(asked),
    ]

    assert [answer.status_code for answer in answers] == [400, 403, 404, 500]
    assert {answer["Content-Type"] for answer in answers} == {PROBLEM}
    assert not any(b"secret" in answer.content for answer in answers)


def test_a_page_with_a_value_out_of_range_is_400(settings):
    settings.ROOT_URLCONF = __name__

    response = Client(raise_request_exception=False).get("/odd/")

    assert response.status_code == 400
    assert b"secret" not in response.content


@pytest.mark.parametrize("address", ["/page/", "/later/"])
def test_a_page_without_its_database_is_503(settings, address):
    settings.ROOT_URLCONF = __name__

    response = Client(raise_request_exception=False).get(address)

    assert (response.status_code, response["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert int(response["Retry-After"]) > 0
    assert b"secret" not in response.content


@pytest.mark.django_db
def test_pages_keep_their_own_errors():
    response = Client().get("/nothing-here/")

    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


def test_the_handler_knows_what_it_is_for():
    response = problem_response(exceptions.NotAuthenticated(), {})

    assert json.loads(response.content)["code"] == "not_authenticated"


@pytest.mark.parametrize("charset", ["utf-16", "idna", "latin-1"])
def test_a_form_in_another_charset_is_refused_and_no_mistake_of_ours(charset):
    kind = f"application/x-www-form-urlencoded; charset={charset}"

    client = Client(enforce_csrf_checks=True)
    client.get("/accounts/login/")

    response = client.post("/accounts/login/", b"login=x", kind)

    assert response.status_code == 400
