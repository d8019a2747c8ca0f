"""The REST API of alerts."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import ONLY_SESSIONS
from accounts.caller import Caller, caller_of
from accounts.models import Scope
from accounts.permissions import ChangedByPeople
from billing.api.views import StaffView
from runs.alert_models import Alert, AlertNotice, AlertPreferences, Kind
from runs.alerts.limits import TestThrottle
from runs.alerts.presenter import notice_rows, preferences_body, site_rows
from runs.alerts.selectors import guarded_tokens, messages_of, preferences_of, site_alerts
from runs.alerts.serializers import (
    AlertSerializer,
    PreferencesSerializer,
    ShownPreferencesSerializer,
    SiteAlertSerializer,
)
from runs.alerts.services.pausing import resume_token
from runs.alerts.services.preferences import Digest, Pausing, Ways, set_preferences
from runs.alerts.services.telling import send_test
from web.views import ApiView, ListView

READ_USAGE: dict[str, str] = {"GET": Scope.USAGE_READ}


class AlertListView(ListView[AlertNotice]):
    """What the caller was told."""

    serializer_class = AlertSerializer
    queryset = AlertNotice.objects.none()
    required_scopes: ClassVar[dict[str, str]] = READ_USAGE

    def get_queryset(self) -> QuerySet[AlertNotice]:
        """The caller's own."""
        return AlertNotice.objects.visible_to(caller_of(self.request).user)

    @extend_schema(operation_id="alerts_list", responses=AlertSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List my alerts of 90 days, newest first, and how they were delivered."""
        page: Any = self.paginate_queryset(self.get_queryset())
        known = messages_of(page)
        rows = notice_rows(page, known)
        shown = AlertSerializer(rows, many=True, context={"messages": known})
        return self.get_paginated_response(shown.data)


class PreferencesView(ApiView):
    """How the caller is told."""

    required_scopes: ClassVar[dict[str, str]] = READ_USAGE

    @extend_schema(operation_id="alert_preferences", responses=ShownPreferencesSerializer)
    def get(self, request: Request) -> Response:
        """Read how I am told of alerts."""
        return _preferences(caller_of(request))

    @extend_schema(
        operation_id="alert_preferences_update",
        request=PreferencesSerializer,
        responses=ShownPreferencesSerializer,
    )
    def put(self, request: Request) -> Response:
        """Change how I am told. What pauses tokens is changed by people alone: 403 for a token."""
        form = PreferencesSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        caller, given = caller_of(request), form.validated_data
        pausing = Pausing(given["pause_all_tokens"], given["pause_tokens"])
        _check_pausing(caller, pausing)
        set_preferences(
            user=caller.user,
            ways={kind: Ways(**way) for kind, way in given["kinds"].items()},
            digest=Digest(given["daily"], given["daily_hour"], given["timezone"]),
            pausing=pausing,
        )
        return _preferences(caller)


class TestView(ApiView):
    """Trying how alerts arrive."""

    throttle_classes = [TestThrottle]

    @extend_schema(operation_id="alerts_test", request=None, responses={202: None})
    def post(self, request: Request) -> Response:
        """Send a test by all the ways in which alerts reach me; up to five in ten minutes."""
        send_test(user=caller_of(request).user)
        return Response(status=202)


class ResumeView(ApiView):
    """A token that was paused. Only a signed-in person resumes one."""

    permission_classes = [*ApiView.permission_classes, ChangedByPeople]
    required_scopes: ClassVar[dict[str, str | None]] = {"POST": None}

    @extend_schema(
        operation_id="tokens_resume", request=None, responses={204: None}, auth=ONLY_SESSIONS
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Let a paused token submit again; one that isn't paused stays as it is."""
        token = caller_of(request).user.api_tokens.unrevoked().filter(pk=pk).first()
        if token is None:
            raise Http404
        resume_token(token=token)
        return Response(status=204)


class SiteAlertListView(StaffView, ListView[Alert]):
    """The site's alerts."""

    serializer_class = SiteAlertSerializer
    queryset = Alert.objects.none()

    @extend_schema(operation_id="admin_alerts_list", responses=SiteAlertSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the site's alerts of 90 days, newest first."""
        page: Any = self.paginate_queryset(site_alerts())
        known = messages_of(notice for alert in page for notice in alert.notices.all())
        rows = SiteAlertSerializer(site_rows(page, known), many=True).data
        return self.get_paginated_response(rows)


def _preferences(caller: Caller) -> Response:
    user = caller.user
    body = preferences_body(preferences_of(user), Kind.of(user), guarded_tokens(user))
    return Response(ShownPreferencesSerializer(body).data)


def _check_pausing(caller: Caller, pausing: Pausing) -> None:
    """A leaked token doesn't undo what would stop it."""
    wishes: AlertPreferences = preferences_of(caller.user)
    tokens: list[Any] = list(guarded_tokens(caller.user))
    present = {one.pk for one in tokens if one.guard and one.guard.pauses}
    same = pausing.all_tokens == wishes.pause_tokens and set(pausing.token_ids) == present
    if not (same or caller.in_person):
        raise PermissionDenied("A token can't change what pauses tokens. Sign in to change it.")
