"""The REST API of what a run can be made of."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.api.fields import UsdField
from runs.catalogue.selectors import models, patterns, tools
from web.serializers import EnvelopeSerializer, ObjectField
from web.views import WholeListView

ANY_TOKEN: dict[str, str | None] = {"GET": None}


class PatternStepSerializer(serializers.Serializer[Any]):
    """One kind of call; its prompt can be replaced by its key, its model by its role."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    role = serializers.CharField()
    variables = serializers.ListField(child=serializers.CharField())
    required_variables = serializers.ListField(child=serializers.CharField())


class CallCountSerializer(serializers.Serializer[Any]):
    """LLM calls with the default parameters; repairs and retries come on top."""

    min = serializers.IntegerField()
    typical = serializers.IntegerField()
    max = serializers.IntegerField()


class SuitsSerializer(serializers.Serializer[Any]):
    """The answers of Help me choose for which it is right, what it is made for first.

    An empty list: any answer. `why` is one sentence.
    """

    why = serializers.CharField()
    outcome = serializers.ListField(child=serializers.CharField())
    facts = serializers.ListField(child=serializers.CharField())
    way = serializers.ListField(child=serializers.CharField())
    check = serializers.ListField(child=serializers.CharField())
    priority = serializers.ListField(child=serializers.CharField())


class MediansSerializer(serializers.Serializer[Any]):
    """Of the latest `runs` of this site with the model that Auto takes for simple tasks.

    `success` is the part of them that succeeded.
    """

    model = serializers.CharField()
    runs = serializers.IntegerField()
    cost_usd = UsdField()
    seconds = serializers.FloatField()
    success = serializers.FloatField(min_value=0, max_value=1)


class PatternSerializer(serializers.Serializer[Any]):
    """A pattern. `summary` says when to choose it; `params` is a JSON Schema with defaults.

    Without `suits` it is never advised; without enough runs it has no `medians`.
    """

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    summary = serializers.CharField()
    needs_tools = serializers.BooleanField()
    params = ObjectField()
    steps = PatternStepSerializer(many=True)
    llm_calls = CallCountSerializer()
    suits = SuitsSerializer(allow_null=True)
    medians = MediansSerializer(allow_null=True)


class PricesSerializer(serializers.Serializer[Any]):
    """US dollars per million tokens."""

    input_usd = UsdField()
    cached_input_usd = UsdField()
    cache_write_usd = UsdField()
    output_usd = UsdField()


class LongPromptPricesSerializer(PricesSerializer):
    """The prices of a whole request once its input is longer than this."""

    above_input_tokens = serializers.IntegerField()


class LessonSerializer(serializers.Serializer[Any]):
    """One thing that a refusal of the endpoint taught about how to ask this model."""

    rule = serializers.CharField()
    sentence = serializers.CharField()
    learnt_at = serializers.DateTimeField()


class BreakerSerializer(serializers.Serializer[Any]):
    """Whether a model is called: it isn't while `open`, and one call tries it when `half_open`.

    `failures` are the last ones in a row, `reason` is the last one's code.
    """

    state = serializers.ChoiceField(choices=["closed", "open", "half_open"])
    failures = serializers.IntegerField()
    reason = serializers.CharField(allow_null=True)
    again_at = serializers.DateTimeField(allow_null=True)


class ModelSerializer(serializers.Serializer[Any]):
    """A model. Without prices it can't be used: its cost couldn't be bounded.

    One that `ignores_cap` wrote far past its cap, and isn't called under a hard limit. `fallback`
    is called instead while the breaker isn't closed; the breaker is null while nothing is known.
    """

    id = serializers.CharField()
    provider = serializers.CharField()
    prices = PricesSerializer(allow_null=True)
    long_prompts = LongPromptPricesSerializer(many=True)
    price_source = serializers.CharField(allow_null=True)
    simulated = serializers.BooleanField()
    ignores_cap = serializers.BooleanField()
    dialect = LessonSerializer(many=True)
    breaker = BreakerSerializer(allow_null=True)
    fallback = serializers.CharField(allow_null=True)
    shutdown_date = serializers.DateField(
        allow_null=True, help_text="From this day on (UTC) it isn't called any more."
    )


class ToolSerializer(serializers.Serializer[Any]):
    """A tool; `schema` is the JSON Schema of its arguments.

    `server` is the key of the MCP server that offers it; null: it is the site's own. `effect` is
    `unknown` where it isn't known whether it changes anything.
    """

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    description = serializers.CharField()
    schema = ObjectField()
    effect = serializers.ChoiceField(choices=["read", "write", "unknown"])
    max_calls = serializers.IntegerField()
    server = serializers.CharField(allow_null=True)


class PatternListSerializer(EnvelopeSerializer):
    """All of them."""

    results = PatternSerializer(many=True)


class ModelListSerializer(EnvelopeSerializer):
    """All of them."""

    results = ModelSerializer(many=True)


class ToolListSerializer(EnvelopeSerializer):
    """All of them."""

    results = ToolSerializer(many=True)


class PatternsView(WholeListView):
    """Agent patterns."""

    required_scopes = ANY_TOKEN

    @extend_schema(operation_id="patterns_list", responses=PatternListSerializer)
    def get(self, request: Request) -> Response:
        """List the patterns with their parameters, steps and call counts."""
        return self.answer(PatternSerializer(patterns(), many=True).data)


class ModelsView(WholeListView):
    """Models."""

    required_scopes = ANY_TOKEN

    @extend_schema(operation_id="models_list", responses=ModelListSerializer)
    def get(self, request: Request) -> Response:
        """List the models offered here with their unit prices."""
        return self.answer(ModelSerializer(models(), many=True).data)


class ToolsView(WholeListView):
    """Tools."""

    required_scopes = ANY_TOKEN

    @extend_schema(operation_id="tools_list", responses=ToolListSerializer)
    def get(self, request: Request) -> Response:
        """List the tools that a run may use."""
        return self.answer(ToolSerializer(tools(), many=True).data)
