"""Every route of the API refuses a query parameter that it doesn't know, by construction."""

from typing import Any
from uuid import uuid4

import pytest
from django.urls import get_resolver
from django.urls.converters import IntConverter, UUIDConverter

from billing.months import MonthConverter
from tests.factories import RunFactory
from tests.routes import routes
from web.views import ApiView

PREFIX = "api/v1/"
METHODS = ("get", "post", "put", "patch", "delete")


ROUTES = {path: part for path, part in routes(get_resolver()) if path.startswith(PREFIX)}
VIEWS: dict[str, Any] = {path: part.callback.cls for path, part in ROUTES.items()}  # type: ignore[attr-defined]
OPERATIONS = [
    (path, method) for path, view in VIEWS.items() for method in METHODS if hasattr(view, method)
]


def _filled(path: str, name: str, converter: Any, run_id: Any) -> tuple[str, str]:
    """A part of a route, and what may stand there."""
    if isinstance(converter, IntConverter):
        return f"<int:{name}>", "1"
    if isinstance(converter, MonthConverter):
        return f"<month:{name}>", "2026-11"
    assert isinstance(converter, UUIDConverter)
    return f"<uuid:{name}>", str(run_id if path.startswith(f"{PREFIX}runs/") else uuid4())


def address(path: str, run_id: Any) -> str:
    """The route's address; a run's own where it has one."""
    found = path
    for name, converter in ROUTES[path].pattern.converters.items():
        found = found.replace(*_filled(path, name, converter, run_id))
    return f"/{found}"


def test_the_table_has_all_that_the_api_does() -> None:
    assert len(ROUTES) >= 16
    assert {method for _, method in OPERATIONS} >= {"get", "post", "patch", "delete"}


@pytest.mark.parametrize("path", ROUTES)
def test_each_route_is_one_of_our_views(path: str) -> None:
    assert issubclass(VIEWS[path], ApiView)


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_an_unknown_parameter_is_400(path: str, method: str, client_for, staff) -> None:
    where = address(path, RunFactory.create(owner=staff).pk)
    client = client_for(staff)

    response = client.generic(method.upper(), f"{where}?surprise=1")

    assert response.status_code == 400, response.content
    problem = response.json()
    assert problem["code"] == "invalid"
    assert problem["errors"] == {"surprise": ["Unknown parameter."]}


@pytest.mark.django_db
@pytest.mark.parametrize("path", [path for path, method in OPERATIONS if method == "get"])
def test_no_parameter_of_the_framework_slips_in(path: str, client_for, staff) -> None:
    where = address(path, RunFactory.create(owner=staff).pk)

    response = client_for(staff).get(f"{where}?format=json")

    assert list(response.json()["errors"]) == ["format"]
