"""Each attempt of an LLM call as a span: what was asked for, what answered, what it cost."""

from urllib.parse import urlsplit

import orjson
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind

from billing.providers import Provider, provider_of
from runs.engine.types import Hold, Reply, StepEnd, StepStart, Usage
from runs.executor.tracing import conventions as names
from runs.executor.tracing.opened import Attributes, Opened, opened
from runs.executor.tracing.traces import Traces
from web.tracing.ids import traceparent_to

PORTS = {"https": 443, "http": 80}


class CallSpans:
    """The calls of one run that are under way, by the keys of their steps."""

    def __init__(self, traces: Traces, within: Context, about: Attributes) -> None:
        self._traces = traces
        self._within = within
        self._about = about
        self._opened: dict[str, Opened] = {}

    def begin(self, start: StepStart, hold: Hold) -> None:
        """A call is sent now."""
        asked = _asked(start.model)
        about: Attributes = {
            **self._about,
            **asked,
            **_address(provider_of(start.model)),
            names.REQUEST_MAX_TOKENS: hold.max_output_tokens,
            names.REQUEST_STREAM: True,
            names.STEP_KEY: start.key,
            names.STEP_ATTEMPT: start.attempt,
        }
        if contents := self._traces.contents:
            about |= contents.asked(start.request)
        self._opened[start.key] = opened(
            self._traces.tracer,
            names.CHAT,
            str(asked[names.REQUEST_MODEL]),
            SpanKind.CLIENT,
            self._within,
            about,
        )

    def traceparent(self, key: str) -> str:
        """What the provider is told of a call that is under way; else empty."""
        call = self._opened.get(key)
        return traceparent_to(call.span) if call else ""

    def end(self, start: StepStart, end: StepEnd, cost_usd: str | None) -> None:
        """A call has ended, and is in the ledger."""
        error = "" if end.status == "done" else (end.error or {}).get("code", end.status)
        self._measure(start, end, error)
        if (call := self._opened.pop(start.key, None)) is None:
            return
        span = call.span
        span.set_attribute(names.CONFIDENCE, end.confidence)
        if end.first_output_ms is not None:
            span.set_attribute(names.TIME_TO_FIRST_CHUNK, end.first_output_ms / 1000)
        if cost_usd is not None:
            span.set_attributes(_cost(cost_usd))
        # What is in doubt was never counted.
        if end.usage and end.confidence != "in_doubt":
            span.set_attributes(_usage(end.usage))
        if end.reply:
            span.set_attributes(_answered(end.reply))
            if contents := self._traces.contents:
                span.set_attributes(contents.answered(end.reply))
        call.end(end.duration_ms, error)

    def interrupt(self) -> None:
        """The run goes on elsewhere, if at all."""
        for call in self._opened.values():
            call.interrupt()
        self._opened.clear()

    def _measure(self, start: StepStart, end: StepEnd, error: str) -> None:
        labels = {names.OPERATION: names.CHAT, **_asked(start.model)}
        if end.first_output_ms is not None:
            self._traces.first_chunk_seconds.record(end.first_output_ms / 1000, labels)
        if error:
            labels[names.ERROR_TYPE] = error
        self._traces.call_seconds.record(end.duration_ms / 1000, labels)


def _asked(model: str) -> dict[str, str]:
    """The provider and its own name of the model."""
    provider = provider_of(model)
    return {
        names.PROVIDER: names.PROVIDERS.get(provider.name, provider.name),
        names.REQUEST_MODEL: provider.own_name(model),
    }


def _address(provider: Provider) -> Attributes:
    """Where the provider is, where that was said."""
    address = urlsplit(provider.base_url)
    if not address.hostname:
        return {}
    port = address.port or PORTS[address.scheme]
    return {names.SERVER_ADDRESS: address.hostname, names.SERVER_PORT: port}


def _answered(reply: Reply) -> Attributes:
    """What the answer says of itself."""
    said = {names.RESPONSE_MODEL: reply.model, names.RESPONSE_ID: reply.response_id}
    about: Attributes = {name: value for name, value in said.items() if value}
    if reply.finish_reason:
        about[names.FINISH_REASONS] = [reply.finish_reason]
    return about


def _cost(cost_usd: str) -> Attributes:
    """The ledger's amount, to its last digit: a JSON number is decimal text as well."""
    return {names.COST: cost_usd, names.LANGFUSE_COST: f'{{"total": {cost_usd}}}'}


def _usage(used: Usage) -> Attributes:
    """By the conventions, where parts are counted in the whole; and apart, for Langfuse."""
    about: Attributes = {names.INPUT_TOKENS: used.input, names.OUTPUT_TOKENS: used.output}
    parts = {
        names.CACHE_READ_TOKENS: used.cached_input,
        names.CACHE_WRITE_TOKENS: used.cache_write,
        names.CACHE_CREATION_TOKENS: used.cache_write,
        names.REASONING_TOKENS: used.reasoning,
    }
    about |= {name: tokens for name, tokens in parts.items() if tokens}
    apart = {
        "input": used.fresh_input,
        "input_cached_tokens": used.cached_input,
        "input_cache_creation": used.cache_write,
        "output": used.output - used.reasoning,
        "output_reasoning_tokens": used.reasoning,
    }
    about[names.LANGFUSE_USAGE] = orjson.dumps(apart).decode()
    return about
