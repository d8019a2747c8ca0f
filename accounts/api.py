"""The API of tokens and of the signed-in user."""

from typing import Any, cast

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import DestroyAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import ApiToken, Scope, User
from accounts.permissions import check_scopes
from accounts.serializers import (
    CreatedTokenSerializer,
    MeSerializer,
    NewTokenSerializer,
    TokenSerializer,
)
from accounts.services import create_token, revoke_token

ANY_TOKEN: dict[str, str | None] = {"GET": None, "POST": None, "DELETE": None}


class TokenListView(ListAPIView[ApiToken]):
    """The caller's API tokens. A token can only make tokens that may do no more than it may."""

    serializer_class = TokenSerializer
    required_scopes = ANY_TOKEN
    orderings = {"-created_at": ("-created_at", "-id")}
    queryset = ApiToken.objects.none()

    def get_queryset(self) -> QuerySet[ApiToken]:
        """The caller's own."""
        return _user(self.request).api_tokens.all()

    @extend_schema(request=NewTokenSerializer, responses={201: CreatedTokenSerializer})
    def post(self, request: Request) -> Response:
        """Create a token. Its key is in this answer and never shown again."""
        form = NewTokenSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        fields = _within_caller(request, form.validated_data)
        token, key = create_token(user=_user(request), **fields)
        token.key = key  # type: ignore[attr-defined]
        return Response(CreatedTokenSerializer(token).data, status=status.HTTP_201_CREATED)


class TokenView(DestroyAPIView[ApiToken]):
    """One of the caller's API tokens."""

    serializer_class = TokenSerializer
    required_scopes = ANY_TOKEN
    queryset = ApiToken.objects.none()

    def get_queryset(self) -> QuerySet[ApiToken]:
        """The caller's own: another user's is not found."""
        return _user(self.request).api_tokens.all()

    def perform_destroy(self, instance: ApiToken) -> None:
        """Revoke it. A token revokes only what it could have made."""
        check_scopes(self.request.auth, instance.scopes)
        revoke_token(token=instance)


class MeView(APIView):
    """Who is calling."""

    required_scopes = ANY_TOKEN

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """The signed-in user, the token in use, and the rate limits."""
        user = _user(request)
        data: Any = {
            "id": user.pk,
            "email": user.email,
            "name": user.name,
            "is_staff": user.is_staff,
            "limits": settings.RATE_LIMITS,
            "token": request.auth if isinstance(request.auth, ApiToken) else None,
        }
        return Response(MeSerializer(data).data)


def _user(request: Request) -> User:
    return cast(User, request.user)


def _within_caller(request: Request, fields: dict[str, Any]) -> dict[str, Any]:
    """The new token's fields, refused where they exceed the calling token's scopes or expiry."""
    caller = request.auth
    if not isinstance(caller, ApiToken):
        return {"scopes": list(Scope.values), **fields}
    fields = {"scopes": caller.scopes, **fields}
    check_scopes(caller, fields["scopes"])
    if caller.expires_at and (
        fields["expires_at"] is None or fields["expires_at"] > caller.expires_at
    ):
        raise PermissionDenied("A token can't make one that outlives it.")
    return fields
