"""The REST API of kill switches, for staff."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.caller import caller_of
from billing.api.views import StaffView
from runs.kill_switch.serializers import (
    KillSwitchSerializer,
    NewKillSwitchSerializer,
    ReceiptSerializer,
)
from runs.models import KillSwitch
from runs.selectors.kill_switches import all_switches, receipt_of
from runs.services.kill_switch import lift, pull
from web.views import ListView


class KillSwitchListView(StaffView, ListView[Any]):
    """Kill switches."""

    serializer_class = KillSwitchSerializer
    queryset = KillSwitch.objects.none()
    orderings = {"": ("-id",)}

    def get_queryset(self) -> QuerySet[KillSwitch]:
        """All of them, lifted or not."""
        return all_switches()

    @extend_schema(
        operation_id="admin_kill_switches_list", responses=KillSwitchSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        """List all kill switches, the newest first."""
        rows: Any = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(KillSwitchSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="admin_kill_switches_pull",
        request=NewKillSwitchSerializer,
        responses={201: ReceiptSerializer},
    )
    def post(self, request: Request) -> Response:
        """Pull one: submits are refused, waiting runs end, executing ones are cut.

        Where one is on for the same, it stops what may have been left, and changes nothing else.
        Answers its receipt.
        """
        form = NewKillSwitchSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        fields: dict[str, Any] = dict(form.validated_data)
        switch = pull(by=caller_of(request).user, api_token=fields.pop("token"), **fields)
        return Response(ReceiptSerializer(receipt_of(switch)).data, status=201)


class KillSwitchView(StaffView):
    """One kill switch."""

    @extend_schema(operation_id="admin_kill_switches_retrieve", responses=ReceiptSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Read its receipt."""
        return Response(ReceiptSerializer(receipt_of(_found(pk))).data)


class LiftView(StaffView):
    """The end of one."""

    @extend_schema(
        operation_id="admin_kill_switches_lift", request=None, responses=KillSwitchSerializer
    )
    def post(self, request: Request, pk: int) -> Response:
        """Take runs in again; what was stopped stays so. Again changes nothing."""
        switch = lift(switch=_found(pk), by=caller_of(request).user)
        return Response(KillSwitchSerializer(switch).data)


def _found(pk: int) -> KillSwitch:
    switch = all_switches().filter(pk=pk).first()
    if switch is None:
        raise Http404
    return switch
