"""The API of tokens, and what is known of the caller. Tokens are made where budgets are known."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import DestroyAPIView, GenericAPIView, ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.serializers import (
    KeyedTokenSerializer,
    RotationSerializer,
    TokenSerializer,
)
from accounts.caller import Caller, caller_of
from accounts.limits import own_rates, rates_of, user_rates
from accounts.models import ApiToken
from accounts.permissions import ChangedByPeople
from accounts.services import revoke_token, rotate_token
from accounts.throttling import TokenThrottle
from web.views import ApiView, ListView

ANY_TOKEN: dict[str, str | None] = {"GET": None, "POST": None, "DELETE": None}
ONLY_SESSIONS: Any = [{"session": []}]


class TokenListView(ListView[ApiToken], ListAPIView[ApiToken]):
    """The caller's API tokens."""

    serializer_class = TokenSerializer
    permission_classes = [*ApiView.permission_classes, ChangedByPeople]
    required_scopes = ANY_TOKEN
    orderings = {"-created_at": ("-created_at", "-id")}
    queryset = ApiToken.objects.none()

    def get_queryset(self) -> QuerySet[ApiToken]:
        """The caller's own."""
        return caller_of(self.request).user.api_tokens.unrevoked()


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


class RotationView(ApiView, GenericAPIView[ApiToken]):
    """A new key for one of the caller's API tokens. Only a signed-in person makes one."""

    permission_classes = [*ApiView.permission_classes, ChangedByPeople]
    throttle_classes = [TokenThrottle]
    required_scopes = ANY_TOKEN
    queryset = ApiToken.objects.none()

    def get_queryset(self) -> QuerySet[ApiToken]:
        """The caller's own, but for revoked ones."""
        return caller_of(self.request).user.api_tokens.unrevoked()

    @extend_schema(
        operation_id="tokens_rotate",
        request=RotationSerializer,
        responses=KeyedTokenSerializer,
        auth=ONLY_SESSIONS,
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Replace its key. The new one is in this answer and never shown again.

        The present key works for `overlap_hours` more. 409 for a token that has expired, unless it
        gets a new expiry.
        """
        token = self.get_object()
        form = RotationSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        fields = form.validated_data
        overlap = timedelta(hours=fields.pop("overlap_hours"))
        key = rotate_token(token=token, overlap=overlap, **fields)
        shown: Any = token
        shown.key = key
        return Response(KeyedTokenSerializer(shown).data)


def account_of(caller: Caller) -> dict[str, Any]:
    """What `MeSerializer` shows of the caller."""
    user = caller.user
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.name,
        "is_staff": user.is_staff,
        "limits": {
            "submit": user_rates(user),
            "token": own_rates(caller.token) if caller.token else [],
            "address": rates_of("address"),
        },
        "token": caller.token,
    }
