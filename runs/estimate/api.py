"""What a run would come to, over the API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.caller import caller_of
from billing.api.fields import UsdField
from billing.models import Budget
from runs.api.asked import submission_of
from runs.api.submission import SubmissionSerializer
from runs.estimate.selectors import Estimate
from runs.estimate.services import estimate_run
from web.views import ApiView


class CallsSerializer(serializers.Serializer[Any]):
    """LLM calls of one run."""

    min = serializers.IntegerField(source="calls.least")
    typical = serializers.IntegerField(source="calls.typical")
    max = serializers.IntegerField(source="calls.most")


class CostSerializer(serializers.Serializer[Any]):
    """US dollars: half of the runs stay within `p50`, and eight of ten between `p10` and `p90`."""

    p10 = UsdField(source="p10_usd")
    p50 = UsdField(source="p50_usd")
    p90 = UsdField(source="p90_usd")
    max = UsdField(source="max_usd", help_text="What the holds of its calls can reach.")


class TakenSerializer(serializers.Serializer[Any]):
    """Finished steps of another run that a fork needn't buy."""

    steps = serializers.IntegerField(source="count")
    cost_usd = UsdField()


class EstimatedRoutingSerializer(serializers.Serializer[Estimate]):
    """The model that would be called, and why."""

    chosen = serializers.CharField(source="model")
    reason = serializers.CharField()


class EstimateSerializer(serializers.Serializer[Estimate]):
    """An estimate and what it rests on."""

    llm_calls = CallsSerializer(source="*")
    cost_usd = CostSerializer(source="*")
    basis = serializers.ChoiceField(["history", "formula", "cache"])
    sample_size = serializers.IntegerField(help_text="Runs of this site that it rests on.")
    would_exceed = serializers.ChoiceField(
        Budget.Scope.choices,
        source="exceeds.budget.scope",
        allow_null=True,
        default=None,
        help_text="The scope of the hard budget that has less than `p90` left.",
    )
    routing = EstimatedRoutingSerializer(source="*")
    taken_over = TakenSerializer(
        source="taken",
        allow_null=True,
        help_text="Of a fork: what it needn't buy. The figures are those of a whole run.",
    )


class EstimateView(ApiView):
    """Looking before one leaps."""

    @extend_schema(
        operation_id="estimate", request=SubmissionSerializer, responses=EstimateSerializer
    )
    def post(self, request: Request) -> Response:
        """Estimate calls and cost of a submit with this body. Nothing runs."""
        submission = submission_of(request)
        caller = caller_of(request)
        found = estimate_run(owner=caller.user, submission=submission, api_token_id=caller.token_id)
        return Response(EstimateSerializer(found).data)
