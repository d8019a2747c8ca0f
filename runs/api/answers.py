"""The REST API of what a run waits for: more money, and a word on its tool calls."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.caller import caller_of
from billing.api.fields import UsdText
from runs.api.headers import replayed
from runs.api.queries import MAX_SEQ, idempotency_key
from runs.api.serializers.run import RunSerializer
from runs.api.submission import MAX_SHORT, Text, WholeNumber
from runs.api.views import own_run, shown
from runs.models import Run
from runs.services import Verdict, decide_call, fund_run
from web.serializers import StrictSerializer
from web.views import ApiView

# Of a small integer.
MAX_ATTEMPT = 2**15 - 1


class FundSerializer(StrictSerializer[Any]):
    """How much more a run may cost."""

    add_usd = UsdText(max_digits=20, decimal_places=12)
    question = WholeNumber(
        required=False,
        max_value=MAX_SEQ,
        help_text="The `question` of `awaiting` that this answers: it counts once.",
    )


class FundView(ApiView):
    """More money for a run that waits for it."""

    @extend_schema(
        operation_id="runs_fund",
        request=FundSerializer,
        parameters=[OpenApiParameter("Idempotency-Key", str, "header"), replayed(202)],
        responses={202: RunSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Raise the run's own limit, `max_cost_usd`: it goes on, and buys nothing again.

        400 for less than it needs, 409 when it doesn't wait for that. Staff may do so for anyone's
        run, and are then told only `id`, `status` and `links`.
        """
        form = FundSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        add_usd: Decimal = form.validated_data["add_usd"]
        funded = fund_run(
            run=_fundable_run(request, pk),
            add_usd=add_usd,
            question=form.validated_data.get("question"),
            idempotency_key=idempotency_key(request),
        )
        headers = {"Idempotency-Replayed": "true"} if funded.replayed else {}
        return Response(shown(request, funded.run), status=202, headers=headers)


def _fundable_run(request: Request, pk: UUID) -> Run:
    run = Run.objects.fundable_by(caller_of(request).user).filter(pk=pk).first()
    if run is None:
        raise Http404
    return run


class ApprovalSerializer(StrictSerializer[Any]):
    """The word on one tool call that the run asked about."""

    step = Text(max_length=200, help_text="Its `key`.")
    approved = serializers.BooleanField(
        help_text="True: it is made. False: it isn't, and the model reads why."
    )
    took_effect = serializers.BooleanField(
        default=False,
        help_text="Of a call whose outcome is not known: it took effect, and isn't made again.",
    )
    comment = Text(default="", allow_blank=True, max_length=MAX_SHORT)
    attempt = WholeNumber(
        required=False,
        min_value=1,
        max_value=MAX_ATTEMPT,
        help_text="Of the question; needed for a later one about the same call.",
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """One of the two at most."""
        if given["approved"] and given["took_effect"]:
            raise serializers.ValidationError(
                {"took_effect": ["What took effect isn't made again: `approved` is false then."]}
            )
        return given

    @property
    def verdict(self) -> Verdict:
        """What the checked fields say."""
        if self.validated_data["took_effect"]:
            return "took_effect"
        return "approved" if self.validated_data["approved"] else "declined"


class ApproveView(ApiView):
    """The owner's word on a tool call that changes something."""

    @extend_schema(
        operation_id="runs_approve", request=ApprovalSerializer, responses={202: RunSerializer}
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Approve or decline a tool call; the run goes on once all that it asked for is decided.

        Sending the same twice changes nothing. 409 when it was decided otherwise, or when the
        run doesn't wait.
        """
        form = ApprovalSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        run = decide_call(
            run=own_run(request, pk),
            step=form.validated_data["step"],
            verdict=form.verdict,
            comment=form.validated_data["comment"],
            attempt=form.validated_data.get("attempt"),
        )
        return Response(shown(request, run), status=202)
