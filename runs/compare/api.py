"""Two runs side by side, over the API."""

from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.fields import UsdField
from billing.money import format_usd
from runs.api.serializers.run import RunSerializer, run_bodies
from runs.api.views import base_url, own_run
from runs.compare.presenter import Comparison, Figure, StepPair, comparison
from runs.compare.selectors import side
from runs.details import Detail
from runs.presenters.steps import StepRow
from web.views import ApiView


class ComparedQuery(serializers.Serializer[Any]):
    """Which two runs."""

    a = serializers.UUIDField()
    b = serializers.UUIDField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A run is compared with another one."""
        if attrs["a"] == attrs["b"]:
            raise serializers.ValidationError({"b": ["Name another run."]})
        return attrs


class PieceSerializer(serializers.Serializer[Any]):
    """Some words of a line, and whether the other answer lacks them."""

    text = serializers.CharField()
    changed = serializers.BooleanField()


class RowSerializer(serializers.Serializer[Any]):
    """A line of each answer; null where one has none there."""

    kind = serializers.ChoiceField(["same", "changed", "removed", "added"])
    a = PieceSerializer(many=True, allow_null=True)
    b = PieceSerializer(many=True, allow_null=True)


class AnswersSerializer(serializers.Serializer[Any]):
    """The answers by line."""

    equal = serializers.BooleanField()
    cut = serializers.BooleanField(help_text="True: they go on, and the rest isn't compared.")
    rows = RowSerializer(many=True)


class FiguresSerializer(serializers.Serializer[Any]):
    """A measure of both, and how much more it is in `b`: dollars as strings, else numbers."""

    a = serializers.SerializerMethodField()
    b = serializers.SerializerMethodField()
    difference = serializers.SerializerMethodField()

    @extend_schema_field(OpenApiTypes.ANY)
    def get_a(self, figure: Figure) -> Any:
        """Of the first run."""
        return _plain(figure, figure.a)

    @extend_schema_field(OpenApiTypes.ANY)
    def get_b(self, figure: Figure) -> Any:
        """Of the second run."""
        return _plain(figure, figure.b)

    @extend_schema_field(OpenApiTypes.ANY)
    def get_difference(self, figure: Figure) -> Any:
        """Null where one has none."""
        return _plain(figure, figure.difference)


def _plain(figure: Figure, value: Any) -> Any:
    if value is None or figure.unit == "count":
        return value
    return format_usd(value) if figure.unit == "usd" else float(value)


class SettingSerializer(serializers.Serializer[Any]):
    """Something that was asked for differently; null where it wasn't asked for."""

    name = serializers.CharField()
    a = serializers.CharField(allow_null=True)
    b = serializers.CharField(allow_null=True)


class ComparedStepSerializer(serializers.Serializer[StepRow]):
    """One call with all its attempts."""

    status = serializers.CharField()
    attempts = serializers.SerializerMethodField()
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost_usd = UsdField()
    duration_ms = serializers.IntegerField()
    taken_usd = UsdField(allow_null=True)

    def get_attempts(self, row: StepRow) -> int:
        """How many it took."""
        return len(row.attempts)


class StepPairSerializer(serializers.Serializer[StepPair]):
    """The calls with one key; null where a run has none."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    same = serializers.BooleanField(help_text="Both brought the same.")
    a = ComparedStepSerializer(allow_null=True)
    b = ComparedStepSerializer(allow_null=True)


class ComparisonSerializer(serializers.Serializer[Comparison]):
    """Two runs side by side."""

    a = RunSerializer()
    b = RunSerializer()
    answers = AnswersSerializer()
    figures = serializers.DictField(child=FiguresSerializer())
    settings = SettingSerializer(many=True)
    steps = StepPairSerializer(many=True)


class CompareView(ApiView):
    """Two runs."""

    queries: ClassVar[dict[str, Any]] = {"GET": ComparedQuery}

    @extend_schema(
        operation_id="runs_compare", parameters=[ComparedQuery], responses=ComparisonSerializer
    )
    def get(self, request: Request) -> Response:
        """Compare two of the caller's runs: answers, figures, what was asked for, steps.

        410 once steps, answer or task of one of them were deleted by age.
        """
        asked = self.query(request)
        runs = [own_run(request, asked[name]) for name in ("a", "b")]
        for run in runs:
            run.check_kept(Detail.STEPS, Detail.ANSWER, Detail.TASK)
        found = comparison(*map(side, runs))
        a, b = run_bodies(runs, base_url(request))
        return Response(
            {
                "a": a,
                "b": b,
                "answers": AnswersSerializer(found.answers).data,
                "figures": {each.name: FiguresSerializer(each).data for each in found.figures},
                "settings": SettingSerializer(found.settings, many=True).data,
                "steps": [StepPairSerializer(pair).data for pair in found.steps],
            }
        )
