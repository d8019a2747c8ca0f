"""The body of a submit: JSON types taken at their word, unknown fields refused."""

from copy import deepcopy
from dataclasses import replace
from functools import cache
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.utils.serializer_helpers import BindingDict

from billing.api.fields import UsdText
from runs.engine.wishes import EFFORTS, VERBOSITIES
from runs.models.policy import MAX_CUSTOMER
from runs.services.labels import MAX_TAG, MAX_TAGS
from runs.states import CacheMode, WhenOutOfMoney
from runs.submission import Fork, Submission
from web.serializers import StrictSerializer

MAX_DEADLINE_S = 7 * 24 * 3600
MAX_SHORT = 500
MAX_LONG = 50_000


class Text(serializers.CharField):
    """A JSON string, kept as it is. A number is not a string."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        """The string itself."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class WholeNumber(serializers.IntegerField):
    """A JSON integer. Neither a string nor a fraction is one."""

    def to_internal_value(self, data: Any) -> int:
        """The number itself."""
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class PromptSerializer(StrictSerializer[Any]):
    """Texts that take the place of a step's own prompt."""

    system = Text(required=False, max_length=MAX_LONG)
    user = Text(required=False, max_length=MAX_LONG)


@extend_schema_field({"oneOf": [{"type": "string", "maxLength": 200}, {"type": "integer"}]})
class StepField(serializers.Field[Any, Any, Any, Any]):
    """A step's key, or the number of the event that tells its end."""

    def to_internal_value(self, data: Any) -> str | int:
        """What it is, as it is."""
        if isinstance(data, bool) or not isinstance(data, str | int):
            raise serializers.ValidationError("The key of a step, or the seq of its last event.")
        if isinstance(data, int) and not 0 < data < 2**31:
            raise serializers.ValidationError("No event has this seq.")
        return data


class ForkSerializer(StrictSerializer[Any]):
    """The step of a run that has ended, after which the new one goes on."""

    run = serializers.UUIDField()
    step = StepField()


@cache
def built_fields(
    form: type[serializers.Serializer[Any]], *, task_required: bool | None = None
) -> BindingDict:
    """The fields of a form, bound to none: they keep nothing of a body."""
    built = BindingDict(serializers.Serializer[Any]())
    for name, field in deepcopy(form._declared_fields).items():
        built[name] = field
    if task_required is not None:
        built["task"].required = task_required
    return built


class AskedSerializer(StrictSerializer[Submission]):
    """What to run, how, and for how much at most."""

    task = Text(allow_blank=True)
    pattern = Text(required=False, max_length=40)
    model = Text(required=False, max_length=200)
    params = serializers.DictField(required=False)
    tools = serializers.ListField(child=Text(max_length=MAX_SHORT), required=False, max_length=100)
    max_cost_usd = UsdText(required=False, allow_null=True, max_digits=20, decimal_places=12)
    when_out_of_money = serializers.ChoiceField(WhenOutOfMoney.choices, required=False)
    cache = serializers.ChoiceField(CacheMode.values, required=False)
    custom_instructions = Text(required=False, allow_blank=True, max_length=MAX_LONG)
    goals = serializers.ListField(child=Text(max_length=MAX_LONG), required=False, max_length=100)
    prompts = serializers.DictField(child=PromptSerializer(), required=False)
    prompt_set = Text(required=False, max_length=100, help_text="`name`, or `name@3`.")
    roles = serializers.DictField(child=Text(max_length=200), required=False)
    reasoning_effort = serializers.ChoiceField(EFFORTS, required=False, allow_blank=True)
    verbosity = serializers.ChoiceField(VERBOSITIES, required=False, allow_blank=True)
    deadline_s = WholeNumber(required=False, min_value=1, max_value=MAX_DEADLINE_S)
    metadata = serializers.DictField(
        child=Text(allow_blank=True, max_length=MAX_SHORT), required=False
    )

    tags = serializers.ListField(
        child=Text(max_length=MAX_TAG), required=False, max_length=MAX_TAGS
    )
    session_id = Text(
        required=False,
        allow_blank=True,
        max_length=200,
        help_text="What belongs together, such as a conversation.",
    )
    customer = Text(
        required=False,
        allow_blank=True,
        max_length=MAX_CUSTOMER,
        help_text="To whom the run is charged back.",
    )
    answer_schema = serializers.DictField(required=False, allow_null=True)

    @property
    def fields(self) -> BindingDict:
        """They keep nothing of a body: they are built once."""
        return built_fields(type(self))

    def validate_metadata(self, metadata: dict[str, str]) -> dict[str, str]:
        """At most 50 pairs with short names."""
        if len(metadata) > 50 or any(len(name) > 100 for name in metadata):
            raise serializers.ValidationError("At most 50 names of up to 100 characters.")
        return metadata

    def submission(self, base: Submission | None = None) -> Submission:
        """The checked fields as the service takes them; those left out are as in `base`."""
        fields = dict(self.validated_data)
        for name in ("tools", "goals", "tags"):
            if name in fields:
                fields[name] = tuple(fields[name])
        fields["fork"] = self.goes_on_from
        return replace(base or Submission(task=""), **fields)

    @property
    def goes_on_from(self) -> Fork | None:
        """The run to go on from, if there is one."""
        return None


class SubmissionSerializer(AskedSerializer):
    """What to run, how, and for how much at most. Only `task` is required."""

    fork = ForkSerializer(
        required=False,
        help_text="Then fields that are left out, `task` too, are those of this run.",
    )

    @property
    def fields(self) -> BindingDict:
        """A fork has its task from its source."""
        given = getattr(self, "initial_data", None)
        return built_fields(
            type(self), task_required=not (isinstance(given, dict) and "fork" in given)
        )

    @property
    def goes_on_from(self) -> Fork | None:
        """The run to go on from, if there is one."""
        given = self.validated_data.get("fork")
        return Fork(**given) if given else None
