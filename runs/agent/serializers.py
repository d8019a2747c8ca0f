"""What the plain agent API takes and shows."""

from dataclasses import dataclass
from typing import Any

from rest_framework import serializers

from billing.api.fields import UsdField
from runs.api.submission import Text, WholeNumber
from runs.engine.registry import PATTERNS
from runs.errors import InvalidSubmission
from runs.models import Run
from runs.states import AnswerKind, Status
from runs.submission import Submission
from web.serializers import StrictSerializer


class AgentTaskSerializer(StrictSerializer[Submission]):
    """A task, and how to work on it."""

    task = Text(allow_blank=True)
    pattern = Text(required=False, max_length=40)
    max_iterations = WholeNumber(
        required=False,
        min_value=1,
        help_text="How often the pattern may go round; refused where it knows no such limit.",
    )

    def submission(self) -> Submission:
        """The checked fields as the service takes them. Raises `InvalidSubmission`."""
        fields = dict(self.validated_data)
        most = fields.pop("max_iterations", None)
        wanted = Submission(**fields)
        pattern = PATTERNS.get(wanted.pattern)
        if most is None or pattern is None:
            return wanted
        if not pattern.rounds:
            raise InvalidSubmission(
                f"{pattern.label} has no such limit: leave it out.", field="max_iterations"
            )
        return Submission(**fields, params={pattern.rounds: most})


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, in the plain shape."""

    run: Run

    @property
    def result(self) -> str | None:
        """Its answer, which a run that failed may have in part."""
        return self.run.answer

    @property
    def success(self) -> bool:
        """True where it has an answer to what was asked."""
        return self.run.status == Status.SUCCEEDED

    @property
    def error(self) -> str | None:
        """Why there is none, in a sentence."""
        if self.run.status == Status.CANCELLED:
            return "The run was cancelled."
        return self.run.error["message"] if self.run.error else None

    @property
    def error_code(self) -> str | None:
        """The same as a stable code."""
        return self.run.error["code"] if self.run.error else None


class OutcomeSerializer(serializers.Serializer[Outcome]):
    """What came of a task."""

    success = serializers.BooleanField()
    result = serializers.CharField(allow_null=True)
    error = serializers.CharField(allow_null=True)


class AgentMetadataSerializer(serializers.Serializer[Outcome]):
    """Which run it was, and what it cost."""

    run_id = serializers.UUIDField(source="run.pk")
    pattern = serializers.CharField(source="run.pattern")
    model = serializers.CharField(source="run.chosen_model")
    task_length = serializers.SerializerMethodField(help_text="Characters of the task.")
    status = serializers.ChoiceField(Status.choices, source="run.status")
    answer_kind = serializers.ChoiceField(AnswerKind.choices, source="run.answer_kind")
    stop_reason = serializers.CharField(source="run.stop_reason")
    error_code = serializers.CharField(allow_null=True)
    input_tokens = serializers.IntegerField(source="run.input_tokens")
    output_tokens = serializers.IntegerField(source="run.output_tokens")
    cost_usd = UsdField(source="run.cost_usd")
    simulated = serializers.BooleanField(source="run.simulated")

    def get_task_length(self, outcome: Outcome) -> int:
        """As Python counts them."""
        return len(outcome.run.task)


class AgentAnswerSerializer(OutcomeSerializer):
    """What came of a task that was waited for."""

    metadata = AgentMetadataSerializer(source="*")


class QueuedSerializer(serializers.Serializer[Any]):
    """Where to ask for what comes of a task."""

    task_id = serializers.UUIDField()
    status = serializers.ChoiceField(["queued"])


class AgentResultSerializer(serializers.Serializer[Any]):
    """How far a task is; `result` once it is completed."""

    status = serializers.ChoiceField(["processing", "completed"])
    result = OutcomeSerializer(required=False)
