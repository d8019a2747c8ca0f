"""The REST API of what an owner thinks of an answer."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from runs.api.serializers.run_parts import FeedbackSerializer
from runs.api.submission import Text, WholeNumber
from runs.api.views import own_run
from runs.services.feedback import MAX_COMMENT, give_feedback
from web.serializers import StrictSerializer
from web.views import ApiView


class NewFeedbackSerializer(StrictSerializer[Any]):
    """1: the answer was good; -1: it wasn't."""

    score = WholeNumber(min_value=-1, max_value=1)
    comment = Text(required=False, default="", allow_blank=True, max_length=MAX_COMMENT)

    def validate_score(self, score: int) -> int:
        """There is nothing between the two."""
        if score == 0:
            raise serializers.ValidationError("It is 1 or -1.")
        return score


class FeedbackView(ApiView):
    """The owner's word on an answer."""

    @extend_schema(
        operation_id="runs_feedback", request=NewFeedbackSerializer, responses=FeedbackSerializer
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Say whether the answer was good. The last word counts, and changes nothing else."""
        form = NewFeedbackSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        run = give_feedback(run=own_run(request, pk), **form.validated_data)
        return Response(FeedbackSerializer(run).data)
