"""Tool calls that the model wrote as text: told once, then taken as they are."""

import pytest

from runs.engine.patterns.react import WRITTEN_CALL
from tests.engine.harness import Harness
from tests.engine.replies import compute, tool_texts
from tests.engine.scripted import Provider, Say

ARGUMENTS = '{"expression": "6*7"}'
CALL = f'{{"name": "calculator", "arguments": {ARGUMENTS}}}'
WRITTEN = {
    "hermes": f"<tool_call>\n{CALL}\n</tool_call>",
    "after a sentence": f"I compute it.\n<tool_call>{CALL}</tool_call>",
    "without an end": f"<tool_call>{CALL}",
    "qwen coder": "<function=calculator>\n<parameter=expression>\n6*7\n</parameter>\n</function>",
    "llama": f"<function=calculator>{ARGUMENTS}</function>",
    "claude": '<function_calls><invoke name="calculator">6*7</invoke></function_calls>',
    "mistral": f"[TOOL_CALLS][{CALL}]",
    "deepseek": f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>calculator<｜tool▁sep｜>{ARGUMENTS}",
    "kimi": "<|tool_calls_section_begin|><|tool_call_begin|>functions.calculator:0",
    "gpt-oss": f"<|channel|>commentary to=functions.calculator <|message|>{ARGUMENTS}",
    "deepseek 3.2": '<｜DSML｜function_calls>\n<｜DSML｜invoke name="calculator">',
    "a namespace": '<seed:tool_call><seed:invoke name="calculator">6*7',
    "gpt-oss without marks": f"assistantcommentary to=functions.calculator json{ARGUMENTS}",
    "gemma": "```tool_code\nprint(default_api.calculator(expression='6*7'))\n```",
    "gemma 3": "<start_function_call>call:calculator{expression:6*7}<end_function_call>",
    "gemma 4": "<|tool_call>call:calculator{expression:6*7}<tool_call|>",
    "cohere": f"<|START_ACTION|>[{CALL}]<|END_ACTION|>",
    "qwen": f"<tools>\n{CALL}\n</tools>",
    "nemotron": f"<TOOLCALL>[{CALL}]</TOOLCALL>",
    "llama 4": '<|python_start|>[calculator(expression="6*7")]<|python_end|>',
    "react": "Thought: I compute.\nAction: calculator\nAction Input: 6*7",
    "several": f"{CALL}\n{CALL};",
    "wrapped": f'{{"tool_calls": [{CALL}]}}',
    "as the API has it": f'{{"function_call": {CALL}}}',
    "parallel": '{"tool_uses": [{"recipient_name": "functions.calculator", "parameters": {}}]}',
    "a block of code": '```python\ncalculator(expression="6*7")\n```',
    "as we tell it": f"Let me see.\nI call calculator({ARGUMENTS})",
    "python tag": '<|python_tag|>calculator.call(expression="6*7")',
    "pythonic": '[calculator(expression="6*7")]',
    "json": CALL,
    "fenced json": f"```json\n{CALL}\n```",
    "fenced json after a sentence": f"I use the calculator:\n\n```json\n{CALL}\n```",
    "a list": f"[{CALL}, {CALL}]",
    "openai's form": f'{{"type": "function", "function": {CALL}}}',
    "structured chat": '{"action": "calculator", "action_input": "6*7"}',
    "parameters": '{"name": "calculator", "parameters": {"expression": "6*7"}}',
}
ANSWERS = {
    "about tags": "Write `<tool_call>` before a call and `</tool_call>` after it.",
    "in a block of code": f"This is how:\n```\n<tool_call>{CALL}</tool_call>\n```\nThat is all.",
    "another tool": '<tool_call>{"name": "search", "arguments": {}}</tool_call>',
    "json of another kind": '{"name": "calculator", "price": 3}',
    "json of another name": '{"name": "Ada", "arguments": ["for", "against"]}',
    "a call in a sentence": "In Python, calculator(6*7) gives 42.",
    "broken json": '{"name": "calculator", "arguments": {',
    "a number": "42",
    "about a tag": "The `<tools>` tag lists the calculator.",
    "an action": "Action: none is needed.\nThe calculator shows 42.",
    "code that uses it": "Use:\n```python\nprint(calculator(1))\n```\nDone.",
    "an empty list": "[]",
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
async def test_it_is_told_and_may_call_the_tool(engine: Harness, provider: Provider, text: str):
    provider.script = [Say(text), compute("6*7"), Say("It is 42.")]
    result = await engine.run()
    assert (result.answer, result.answer_kind) == ("It is 42.", "final")
    assert engine.keys == ["react/t1/think", "react/t1/nudge", "react/t2/think"]
    assert provider.requests[1]["messages"][-2:] == [
        {"role": "assistant", "content": text},
        {"role": "user", "content": WRITTEN_CALL},
    ]
    assert tool_texts(provider.requests[2]) == ["42"]


async def test_a_second_one_is_taken_as_text(engine: Harness, provider: Provider):
    provider.script = [Say(WRITTEN["hermes"]), Say(WRITTEN["json"])]
    assert (await engine.run()).answer == WRITTEN["json"]
    assert len(provider.requests) == 2


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS)
async def test_a_text_about_calls_is_an_answer(engine: Harness, provider: Provider, text: str):
    provider.script = [Say(text)]
    assert (await engine.run()).answer == text
    assert len(provider.requests) == 1


async def test_without_tools_there_is_no_call_to_make(engine: Harness, provider: Provider):
    provider.script = [Say(CALL)]
    assert (await engine.run(tools=())).answer == CALL
