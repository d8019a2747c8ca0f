"""The API of tokens, and what is known of the caller."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import DestroyAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import (
    CreatedTokenSerializer,
    NewTokenSerializer,
    TokenSerializer,
)
from accounts.caller import Caller, caller_of
from accounts.models import ApiToken, Scope
from accounts.permissions import ChangedByPeople
from accounts.services import create_token, revoke_token
from web.views import ApiView, ListView

ANY_TOKEN: dict[str, str | None] = {"GET": None, "POST": None, "DELETE": None}
ONLY_SESSIONS: Any = [{"session": []}]


class TokenListView(ListView[ApiToken], ListAPIView[ApiToken]):
    """The caller's API tokens. Only a signed-in person makes one."""

    serializer_class = TokenSerializer
    permission_classes = [*ApiView.permission_classes, ChangedByPeople]
    required_scopes = ANY_TOKEN
    orderings = {"-created_at": ("-created_at", "-id")}
    queryset = ApiToken.objects.none()

    def get_queryset(self) -> QuerySet[ApiToken]:
        """The caller's own."""
        return caller_of(self.request).user.api_tokens.unrevoked()

    @extend_schema(
        request=NewTokenSerializer, responses={201: CreatedTokenSerializer}, auth=ONLY_SESSIONS
    )
    def post(self, request: Request) -> Response:
        """Create a token. Its key is in this answer and never shown again.

        403 while the caller's address is not verified.
        """
        form = NewTokenSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        scopes = [scope for scope in Scope.values if scope != Scope.ADMIN]
        fields = {"scopes": scopes, **form.validated_data}
        token, key = create_token(user=caller_of(request).user, **fields)
        token.key = key  # type: ignore[attr-defined]
        return Response(CreatedTokenSerializer(token).data, status=status.HTTP_201_CREATED)


class TokenView(ApiView, DestroyAPIView[ApiToken]):
    """One of the caller's API tokens. Only a signed-in person revokes one."""

    serializer_class = TokenSerializer
    permission_classes = [*ApiView.permission_classes, ChangedByPeople]
    required_scopes = ANY_TOKEN
    queryset = ApiToken.objects.none()

    def get_queryset(self) -> QuerySet[ApiToken]:
        """The caller's own: another user's is not found, nor a revoked one."""
        return caller_of(self.request).user.api_tokens.unrevoked()

    @extend_schema(auth=ONLY_SESSIONS)
    def delete(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Revoke it. The runs that it submitted go on, under its budgets."""
        return super().delete(request, *args, **kwargs)

    def perform_destroy(self, instance: ApiToken) -> None:
        """Revoke it."""
        revoke_token(token=instance)


def account_of(caller: Caller) -> dict[str, Any]:
    """What `MeSerializer` shows of the caller."""
    user = caller.user
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.name,
        "is_staff": user.is_staff,
        "limits": settings.RATE_LIMITS,
        "token": caller.token,
    }
