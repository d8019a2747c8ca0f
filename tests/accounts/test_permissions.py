"""Which token may do what, on views that name their scopes and on views that forget to."""

from typing import Any

import pytest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from accounts.models import ApiToken, User


class Silent(APIView):
    """Names no scopes."""

    def get(self, request: Request) -> Response:
        return Response("read")

    def post(self, request: Request) -> Response:
        return Response("written")


class Usage(Silent):
    """Names what it wants."""

    required_scopes = {"GET": "usage:read", "POST": None}


def call(view: type[APIView], method: str, user: User, scopes: list[str] | None) -> Any:
    request = APIRequestFactory().generic(method, "/")
    token = None if scopes is None else ApiToken(user=user, name="t", scopes=scopes)
    force_authenticate(request, user=user, token=token)  # type: ignore[arg-type]
    return view.as_view()(request)


@pytest.mark.parametrize(
    ("view", "method", "scopes", "missing"),
    [
        (Silent, "GET", ["runs:write", "usage:read"], "runs:read"),
        (Silent, "HEAD", ["runs:write"], "runs:read"),
        (Silent, "POST", ["runs:read", "usage:read"], "runs:write"),
        (Usage, "GET", ["runs:read", "runs:write"], "usage:read"),
        (Usage, "GET", [], "usage:read"),
    ],
)
def test_a_missing_scope_is_403_and_named(
    alice: User, view: type[APIView], method: str, scopes: list[str], missing: str
) -> None:
    response = call(view, method, alice, scopes)
    assert response.status_code == 403
    if method != "HEAD":
        assert missing in str(response.content)
        assert "permission_denied" in str(response.content)


@pytest.mark.parametrize(
    ("view", "method", "scopes"),
    [
        (Silent, "GET", ["runs:read"]),
        (Silent, "POST", ["runs:write"]),
        (Usage, "GET", ["usage:read"]),
        (Usage, "POST", []),
    ],
)
def test_the_scope_is_enough(
    alice: User, view: type[APIView], method: str, scopes: list[str]
) -> None:
    assert call(view, method, alice, scopes).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_session_needs_no_scope(alice: User, method: str) -> None:
    assert call(Silent, method, alice, None).status_code == 200
