"""A run that adds: one call, one tool, and the end."""

from uuid import UUID

from runs.engine.types import Hold, Reply, Result, StepEnd, StepStart, ToolStep, Usage
from runs.executor.tracing.run_trace import RunTrace

RUN = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
KEY = "sk-of-the-site-itself"
TASK = f"Add 6 and 7. My key is {KEY}, the other one sk-abcdef1234567890, thanks."
MESSAGES = [
    {"role": "system", "content": "You add."},
    {"role": "user", "content": TASK},
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [
            {
                "id": "call_0",
                "type": "function",
                "function": {"name": "calculator", "arguments": '{"x": "1"}'},
            }
        ],
    },
    {"role": "tool", "tool_call_id": "call_0", "content": "1"},
]
TOOLS = [{"type": "function", "function": {"name": "calculator", "parameters": {}}}]
START = StepStart(
    "react/t1/think",
    1,
    "Think",
    "0" * 64,
    {"messages": MESSAGES, "tools": TOOLS, "schema": None},
    "eu/large",
    2000,
    1000,
)
REPLY = Reply("It is 13.", (), "stop", "large-2411", response_id="chatcmpl-1")
USAGE = Usage(100, 40, 30, reasoning=10, cache_write=20)
DONE = StepEnd("done", USAGE, "exact", 1500, REPLY, first_output_ms=250)
COST = "0.000000000123"
TOOL = ToolStep(
    "react/t1/calculator",
    1,
    "Using the calculator",
    "0" * 64,
    {"tool": "calculator", "arguments": '{"expression": "6+7"}'},
    call_id="call_1",
)
SUCCEEDED = Result("succeeded", "It is 13.", "final", "completed")


def whole_run(trace: RunTrace) -> None:
    """A call, a tool, and the end."""
    trace.held(START, Hold(1, 900))
    trace.settled(START, DONE, COST)
    trace.tool_started(TOOL)
    trace.tool_finished(TOOL)
    trace.result = SUCCEEDED
