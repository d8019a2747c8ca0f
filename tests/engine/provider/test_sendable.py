"""What an endpoint sends beside its answer goes back only where it can be written again."""

from typing import Any

import orjson
import pytest

from runs.engine.provider.tool_calls import Gatherer
from runs.engine.provider.turn import Beside


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("odd", [nested(300), nested(900), 10**40, {"a": [10**40]}])
def test_what_no_encoder_takes_is_left_out(odd: Any) -> None:
    turn = Beside()
    turn.take({"extra_content": odd, "reasoning_content": "because"})
    assert turn.fields == {"reasoning_content": "because"}
    calls = Gatherer()
    calls.take({"index": 0, "id": "c", "function": {"name": "f"}, "extra": odd, "more": "kept"})
    (call,) = calls.calls()
    assert call.beside == {"more": "kept"}


def test_half_surrogates_deep_in_a_field_are_replaced() -> None:
    turn = Beside()
    turn.take({"reasoning_details": [{"type": "a", "text": "\ud800", "\udc00": 1}]})
    assert b"\xef\xbf\xbd" in orjson.dumps(turn.fields)
