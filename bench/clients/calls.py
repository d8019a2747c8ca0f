"""The LLM calls of a run, as a pattern would ask for them."""

from runs.engine.calls.request import CallRequest

MODEL = "gpt-4.1-mini"
CALLS_A_RUN = 5
MESSAGES = [
    {"role": "system", "content": "You are a careful assistant. " * 10},
    {"role": "user", "content": "What is 6 times 7? " * 20},
]


def requests() -> list[CallRequest]:
    """Five calls, one after another."""
    keys = (f"react/t{number}/think" for number in range(1, CALLS_A_RUN + 1))
    return [CallRequest(key, "Think", MODEL, MESSAGES, max_output_tokens=4096) for key in keys]
