"""Shapes of real endpoints' streams, and what each of them says."""

from typing import Any, NamedTuple

import orjson

from runs.engine.provider.thinking import BEFORE
from runs.engine.types import Usage

COUNT = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
COUNTED = Usage(100, 0, 20)
DONE = b"data: [DONE]\n\n"


class Shape(NamedTuple):
    """A stream, and what it says. `calls` are (name, arguments)."""

    raw: bytes
    content: str = "42"
    calls: tuple[tuple[str, str], ...] = ()
    usage: Usage | None = COUNTED
    finish: str = "stop"
    thinking: str = ""
    live: str | None = None  # what is shown meanwhile, where it isn't the content


def data(value: Any) -> bytes:
    return b"data: " + (value if isinstance(value, bytes) else orjson.dumps(value)) + b"\n\n"


def delta(delta: Any, finish: str | None = None, **more: Any) -> bytes:
    return data({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **more})


def tail(finish: str = "stop") -> bytes:
    return delta({}, finish) + data({"choices": [], "usage": COUNT}) + DONE


def call(name: str | None, arguments: Any, **more: Any) -> dict[str, Any]:
    return {"function": {"name": name, "arguments": arguments}, **more}


def calls(*fragments: dict[str, Any]) -> bytes:
    return b"".join(delta({"tool_calls": [one]}) for one in fragments) + tail("tool_calls")


TEXT = delta({"role": "assistant", "content": ""}) + delta({"content": "4"})
TEXT += delta({"content": "2"}) + tail()
CALC, TIME = ("calculator", '{"e": "6*7"}'), ("current_time", '{"tz": "UTC"}')
HALVES = rb'{"choices":[{"delta":{"content":"%s"}}]}'

SHAPES = {
    "plain": Shape(TEXT),
    "crlf": Shape(TEXT.replace(b"\n", b"\r\n")),
    "cr": Shape(TEXT.replace(b"\n", b"\r")),
    "byte-order mark": Shape(b"\xef\xbb\xbf" + TEXT),
    "no space": Shape(TEXT.replace(b"data: ", b"data:")),
    "no blank lines": Shape(TEXT.replace(b"\n\n", b"\n")),
    "comments and other fields": Shape(
        TEXT.replace(b"data: ", b": wait\n\nevent: message\nid: 7\nretry: 10\ndata: ")
    ),
    "one event on several lines": Shape(
        b'data: {"choices": [\ndata: {"delta": {"content": "42"}}\ndata: ]}\n\n' + tail()
    ),
    "a field within a field": Shape(TEXT.replace(b"data: ", b"data: data: ")),
    "indented fields": Shape(TEXT.replace(b"data: ", b"  Data: ")),
    "events on one line": Shape(TEXT.replace(b"\n\n", b"") + b"\n\n"),
    "values on one line": Shape(TEXT.replace(b"\n\ndata: {", b"{")),
    "an event whose lines are no fields": Shape(
        b'data: {\n  "choices": [\n    {"delta": {"content": "42"}}\n  ]\n}\n\n' + tail()
    ),
    "signs of life as data": Shape(
        b"event: ping\ndata: now\n\ndata: [PING]\n\ndata: null\n\n"
        + TEXT.replace(b"\n\n", b"\n\ndata: : keep-alive\n\n")
    ),
    "a list of chunks": Shape(
        b"[%s]" % b",\n".join(TEXT.removesuffix(DONE).replace(b"data: ", b"").split()), live="42"
    ),
    "a tab as it is": Shape(TEXT.replace(b'"4"', b'"4\t"'), "4\t2"),
    "bytes of another encoding": Shape(TEXT.replace(b'"4"', b'"4\xe9"'), "4\ufffd2"),
    "the mark as a text": Shape(
        delta({"content": "42"}) + data({"usage": COUNT}) + b'data: "[DONE]"\n\n'
    ),
    "no blank line at the end": Shape(TEXT.removesuffix(b"\n\n")),
    "a whole body": Shape(
        orjson.dumps(
            {
                "choices": [{"message": {"content": "42"}, "finish_reason": "stop"}],
                "usage": COUNT,
            },
            option=orjson.OPT_INDENT_2,
        )
    ),
    "a whole body without a last word": Shape(
        orjson.dumps({"choices": [{"message": {"content": "42"}}]}), usage=None
    ),
    "a message that says it again": Shape(
        delta({"content": "42"})
        + data({"choices": [{"delta": {}, "message": {"content": "42"}, "finish_reason": "stop"}]})
        + data({"choices": [], "usage": COUNT})
        + DONE
    ),
    "a message that says more": Shape(
        delta({"content": "42"})
        + data(
            {
                "choices": [
                    {
                        "delta": {},
                        "message": {"content": "42", "tool_calls": [call(*CALC, id="a")]},
                        "finish_reason": "tool_calls",
                    }
                ]
            }
        )
        + data({"choices": [], "usage": COUNT})
        + DONE,
        calls=(CALC,),
        finish="tool_calls",
    ),
    "Anthropic's last word": Shape(
        data({"choices": [{"delta": {"content": "42"}, "stop_reason": "max_tokens"}]})
        + data({"choices": [], "usage": COUNT}),
        finish="length",
    ),
    "halves of a pair": Shape(
        data(HALVES % rb"ok \ud83d") + data(HALVES % rb"\ude42 42") + tail(), "ok 🙂 42"
    ),
    "half a pair": Shape(data(HALVES % rb"a\ud83d") + data(HALVES % b"b") + tail(), "a\ufffdb"),
    "NUL": Shape(delta({"content": "4\x002"}) + tail()),
    "message for delta": Shape(data({"choices": [{"message": {"content": "42"}}]}) + tail()),
    "no last word": Shape(delta({"content": "42"}) + data({"usage": COUNT}) + DONE),
    "no last word, no mark": Shape(delta({"content": "42"}) + data({"usage": COUNT})),
    "too long": Shape(delta({"content": "42"}) + tail("MAX_TOKENS"), finish="length"),
    "filtered": Shape(delta({"content": "42"}) + tail("SAFETY"), finish="content_filter"),
    "parts": Shape(
        delta({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]})
        + delta({"content": [{"type": "text", "text": "42"}]})
        + tail(),
        thinking="hm",
    ),
    "nulls": Shape(
        data({"choices": [{"delta": None}]})
        + delta({"content": None, "tool_calls": None}, "")
        + data({"choices": None, "usage": None})
        + TEXT
    ),
    "reasoning fields": Shape(
        delta({"reasoning_content": "six", "content": None})
        + delta({"reasoning_content": " times"})
        + TEXT,
        thinking="six times",
    ),
    "reasoning in an object": Shape(delta({"reasoning": {"content": "hm"}}) + TEXT, thinking="hm"),
    "reasoning in blocks": Shape(
        delta({"thinking_blocks": [{"type": "thinking", "thinking": "h", "signature": None}]})
        + delta({"thinking_blocks": [{"type": "thinking", "thinking": "m", "signature": "s"}]})
        + TEXT,
        thinking="hm",
    ),
    "a summary of reasoning": Shape(
        delta({"content": [{"type": "reasoning", "summary": [{"text": "hm"}]}]}) + TEXT,
        thinking="hm",
    ),
    **{
        f"thinking between {first}": Shape(
            delta({"content": f"{first}hm{last}\n\n"}) + TEXT, thinking="hm"
        )
        for first, last in BEFORE.items()
        if last
    },
    "thinking twice": Shape(
        delta({"content": "<think>hm</think>\n<THINK>so</Think>"}) + TEXT, thinking="hm\n\nso"
    ),
    "a template's channels": Shape(
        delta({"content": "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|cha"})
        + delta({"content": "nnel|>final<|message|>42<|return|>"})
        + tail(),
        thinking="hm",
        live="42<|return|>",
    ),
    "only the last tag, in a line": Shape(
        delta({"content": "so 42.</think>42"}) + tail(), thinking="so 42.", live="so 42.</think>42"
    ),
    "the last tag as text": Shape(
        delta({"content": "Write </think> or `</think>`"}) + tail(), "Write </think> or `</think>`"
    ),
    "think tags": Shape(
        delta({"content": "\n<thi"})
        + delta({"content": "nk>hm</th"})
        + delta({"content": "ink>\n"})
        + TEXT,
        thinking="hm",
    ),
    "only the last tag": Shape(
        delta({"content": "hm\n</think>\n\n42"}) + tail(),
        thinking="hm",
        live="hm\n</think>\n\n42",
    ),
    "a tag as text": Shape(
        delta({"content": "Use <think> and </think>."}) + tail(), "Use <think> and </think>."
    ),
    "usage beside the choice": Shape(
        data({"choices": [{"delta": {"content": "42"}, "finish_reason": "stop", "usage": COUNT}]})
        + DONE
    ),
    "usage of x_groq": Shape(
        TEXT.replace(b'"usage":', b'"x_groq":{"usage":', 1).replace(
            b'"total_tokens":120}}', b'"total_tokens":120}}}'
        )
    ),
    "one index": Shape(
        calls(call(*CALC, id="a", index=0), call(*TIME, id="b", index=0)),
        "",
        (CALC, TIME),
        finish="tool_calls",
    ),
    "one index, one tool": Shape(
        calls(
            call(*CALC, id="a", index=0),
            call("calculator", '{"e"', id="b", index=0),
            call(None, ': "1"}', index=0),
        ),
        "",
        (CALC, ("calculator", '{"e": "1"}')),
        finish="tool_calls",
    ),
    "no index": Shape(
        calls(call(*CALC, id="a"), call(*TIME, id="b")), "", (CALC, TIME), finish="tool_calls"
    ),
    "no index, no ids": Shape(
        calls(call(*CALC), call(*TIME)), "", (CALC, TIME), finish="tool_calls"
    ),
    "indexes of mixed types": Shape(
        calls(
            call(*CALC, id="a", index="0"),
            call("current_time", "", id="b", index=1),
            call(None, TIME[1], index=1.0),
        ),
        "",
        (CALC, TIME),
        finish="tool_calls",
    ),
    "an id for each fragment": Shape(
        calls(
            call("calculator", '{"e":', id="1", index=0),
            call("", ' "6*', id="2", index=0),
            call("", '7"}', id="3", index=0),
        ),
        "",
        (CALC,),
        finish="tool_calls",
    ),
    "names and ids repeated": Shape(
        calls(
            call("calculator", '{"e":', id="a", index=0),
            call("calculator", ' "6*7"}', id="a", index=0),
        ),
        "",
        (CALC,),
        finish="tool_calls",
    ),
    "arguments sent again": Shape(
        calls(
            call("calculator", '{"e": ', id="a", index=0),
            call(None, '"6*7"}', index=0),
            call("calculator", CALC[1], id="a", index=0),
        ),
        "",
        (CALC,),
        finish="tool_calls",
    ),
    "arguments that grow": Shape(
        calls(
            call("calculator", '{"e"', id="a", index=0),
            call("calculator", '{"e": "6*', id="a", index=0),
            call("calculator", CALC[1], id="a", index=0),
        ),
        "",
        (CALC,),
        finish="tool_calls",
    ),
    "an empty object first": Shape(
        calls(call("calculator", "{}", id="a", index=0), call(None, CALC[1], index=0)),
        "",
        (CALC,),
        finish="tool_calls",
    ),
    "two objects of one call": Shape(
        calls(call("calculator", '{"e": "1"}{"e": "2"}', id="a", index=0)),
        "",
        (("calculator", '{"e": "1"}{"e": "2"}'),),
        finish="tool_calls",
    ),
    "arguments as an object": Shape(
        calls(call("calculator", {"e": "6*7"}, id="a", index=0)),
        "",
        (CALC,),
        finish="tool_calls",
    ),
    "a function call of the oldest kind": Shape(
        delta({"function_call": {"name": "calculator", "arguments": CALC[1]}}) + tail("stop"),
        "",
        (CALC,),
        finish="tool_calls",
    ),
}
