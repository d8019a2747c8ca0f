"""Calls of a provider say of which span they are a part."""

from dataclasses import replace

import pytest

from runs.engine.provider.background.model import BackgroundModel
from runs.engine.provider.openai_model import OpenAIModel
from runs.engine.types import Hold, ModelRequest
from runs.executor.tracing.run_trace import RunTrace
from tests.engine.provider.raw_provider import Bytes, RawProvider
from tests.engine.provider.shapes import TEXT
from tests.runs.executor.tracing.stay import COST, DONE, PARENT, START

REQUEST = ModelRequest("large", [{"role": "user", "content": "6*7?"}], 100, key=START.key)


@pytest.mark.parametrize("kind", [OpenAIModel, BackgroundModel])
async def test_a_call_carries_its_span_and_one_without_carries_none(kind, trace, collector):
    provider = RawProvider()
    server = await provider.serve()
    provider.script = [Bytes([TEXT]), Bytes([TEXT])]
    model = kind(api_key="k", base_url=provider.url)
    traced: RunTrace = trace()
    try:
        with traced:
            traced.held(START, Hold(1, 900))
            within = replace(REQUEST, traceparent=traced.traceparent(START.key))
            for one in (within, REQUEST):
                stream = await model.stream(one)
                await stream.close()
            traced.settled(START, DONE, COST)
    finally:
        await model.close()
        server.close()
    trace.flush()

    (chat,) = collector.named("chat")
    _, trace_id, _, _ = PARENT.split("-")
    told = [headers.get("traceparent") for headers in provider.headers]
    assert told == [f"00-{trace_id}-{chat.id}-01", None]
    assert traced.traceparent(START.key) == ""
