"""A hold bounds what is sent, whatever is sent."""

from hypothesis import given
from hypothesis import strategies as st

from runs.engine import tokens
from runs.engine.tools.registry import ToolBox
from tests.engine.harness import REACT, Harness
from tests.simulator.process import Process

TEXTS = st.text(max_size=200) | st.text("a 1\n", max_size=200)


@given(st.lists(TEXTS, max_size=4))
def test_the_bound_is_never_below_the_count(texts: list[str]):
    messages = [{"role": "user", "content": text} for text in texts]
    tools = ToolBox(["calculator"]).specs()
    counted = tokens.count_input(messages, tools, None)
    assert sum(map(tokens.count, texts)) <= counted <= tokens.bound_input(messages, tools, None)


def test_special_tokens_are_plain_text():
    assert tokens.count("<|endoftext|>") > 1


async def test_what_the_provider_counts_is_below_count_and_bound(simulator: Process):
    engine = Harness(f"{simulator.url}/v1")
    await engine.run(REACT, task="What is 17 % of 2,340, minus 58? 你好 🎈", model="gpt-4o-mini")
    for start, end in engine.journal.steps:
        assert end is not None
        assert end.usage is not None
        request = start.request
        counted = tokens.count_input(request["messages"], request["tools"], request["schema"])
        assert end.usage.input <= counted <= start.max_input_tokens
    await engine.model.close()
