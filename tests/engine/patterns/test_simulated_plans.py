"""The simulator plans or searches for what a task needs, and answers from what that brought."""

import pytest

from runs.engine.types import Spec
from tests.engine.harness import Harness
from tests.engine.patterns.simulated import simulator

TASK = "What is 17 % of 2,340, and what is 12*12?"


@pytest.mark.parametrize("key", ["llm_compiler", "rewoo", "lats"])
async def test_the_answer_is_made_of_the_results(key: str):
    async with simulator() as url:
        engine = Harness(url)
        result = await engine.run(Spec(TASK, key, "m-1", tools=("calculator",)))
        await engine.model.close()
    assert len(engine.events("tool.finished")) == 2
    assert result.answer is not None
    assert "**397.8**" in result.answer
    assert "**144**" in result.answer
