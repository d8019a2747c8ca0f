"""The state of the site as JSON: what the API answers, and what is pushed live."""

from datetime import timedelta
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from billing.api.fields import UsdField
from runs.models import IntakeChange, Run
from runs.operations.selectors.people import Person
from runs.operations.selectors.site import SiteState, site_state
from runs.operations.selectors.workers import WorkerState
from runs.states import Status


@extend_schema_field(OpenApiTypes.DOUBLE)
class SecondsField(serializers.Field[timedelta, Any, float, Any]):
    """A time span in seconds."""

    def to_representation(self, value: timedelta) -> float:
        """With its fractions."""
        return value.total_seconds()


class IntakeSerializer(serializers.Serializer[IntakeChange]):
    """Whether new runs are taken in, and who said so last."""

    paused = serializers.BooleanField(default=False)
    reason = serializers.CharField(default="")
    by = serializers.EmailField(source="by.email", allow_null=True, default=None)
    at = serializers.DateTimeField(allow_null=True, default=None)


class SpendSerializer(serializers.Serializer[SiteState]):
    """Dollars of this month (UTC), and those held now; simulated ones apart."""

    month = serializers.DateField(help_text="Its first day.")
    spent_usd = UsdField()
    held_usd = UsdField()
    simulated_usd = UsdField()
    simulated_held_usd = UsdField()


class RunCountsSerializer(serializers.Serializer[SiteState]):
    """Runs that have not ended. `slots` are those that live workers can execute at once."""

    running = serializers.IntegerField(source="running_count")
    queued = serializers.IntegerField(source="queued_count")
    awaiting = serializers.IntegerField(source="waiting_count")
    slots = serializers.IntegerField()
    oldest_wait_s = SecondsField(source="oldest_wait", allow_null=True)


class RunningSerializer(serializers.Serializer[Run]):
    """A run that executes. Whose task it is stays with its owner."""

    id = serializers.UUIDField()
    user = serializers.EmailField(source="owner.email")
    status = serializers.ChoiceField(Status.choices)
    pattern = serializers.CharField()
    model = serializers.CharField(source="chosen_model")
    worker = serializers.CharField(source="worker.name", allow_null=True, default=None)
    llm_calls = serializers.IntegerField()
    cost_usd = UsdField()
    held_usd = UsdField()
    simulated = serializers.BooleanField()
    started_at = serializers.DateTimeField(allow_null=True)


class WorkerSerializer(serializers.Serializer[WorkerState]):
    """A worker: `ready`, `working`, `late`, `gone` or `stopped`."""

    name = serializers.CharField(source="worker.name")
    state = serializers.SerializerMethodField()
    runs = serializers.IntegerField()
    capacity = serializers.IntegerField(source="worker.capacity")
    heartbeat_age_s = SecondsField(source="age")

    def get_state(self, state: WorkerState) -> str:
        """The word of the page."""
        return state.words.lower()


class UserSpendSerializer(serializers.Serializer[Person]):
    """One user's month."""

    id = serializers.IntegerField(source="user.pk")
    user = serializers.EmailField(source="user.email")
    spent_usd = UsdField()
    held_usd = UsdField()
    simulated_usd = UsdField()
    simulated_held_usd = UsdField()
    llm_calls = serializers.IntegerField(source="calls")
    active_runs = serializers.IntegerField(source="active")
    last_run_at = serializers.DateTimeField(allow_null=True)


class BreakerStateSerializer(serializers.Serializer[Any]):
    """Whether a model is called; `state` is null while that isn't known."""

    model = serializers.CharField()
    state = serializers.ChoiceField(["closed", "open", "half_open"], allow_null=True)
    fallback = serializers.CharField(allow_null=True)
    shutdown_date = serializers.DateField(source="shutdown_on", allow_null=True)
    why = serializers.CharField()


class InDoubtSerializer(serializers.Serializer[Any]):
    """Calls whose cost isn't known yet, each at its most."""

    calls = serializers.IntegerField(source="count")
    usd = UsdField(source="real_usd")
    simulated_usd = UsdField()


class AuditSerializer(serializers.Serializer[Any]):
    """The last comparison of runs, holds, budgets and sums with the ledger."""

    at = serializers.DateTimeField()
    differences = serializers.ListField(child=serializers.CharField())


class OpsSerializer(serializers.Serializer[SiteState]):
    """The state of the site at a moment; lists are cut at 50 rows, counts are of all."""

    at = serializers.DateTimeField(source="now")
    problems = serializers.SerializerMethodField()
    intake = serializers.SerializerMethodField()
    spend = SpendSerializer(source="*")
    runs = RunCountsSerializer(source="*")
    running = RunningSerializer(many=True)
    workers = WorkerSerializer(many=True)
    models = BreakerStateSerializer(many=True)
    users = UserSpendSerializer(many=True, source="people.shown")
    in_doubt = InDoubtSerializer()
    audit = AuditSerializer(allow_null=True)

    def get_problems(self, state: SiteState) -> list[str]:
        """What is wrong, in words, the worst first."""
        return [problem.words for problem in state.problems]

    def get_intake(self, state: SiteState) -> dict[str, Any]:
        """Taken in where staff never said anything."""
        return intake_body(state.intake)


def intake_body(word: IntakeChange | None) -> dict[str, Any]:
    """Whether new runs are taken in."""
    return dict(IntakeSerializer(word or {}).data)  # type: ignore[arg-type]


def ops_body() -> dict[str, Any]:
    """The state of the site now."""
    return dict(OpsSerializer(site_state()).data)
