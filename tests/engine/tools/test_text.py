"""Operations on texts: what they answer, and that no text makes them slow."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest

from runs.engine.clock import SystemClock
from runs.engine.tools.registry import ToolBox
from runs.engine.tools.text import MAX_BYTES, work
from runs.engine.tools.tool import Outcome, ToolContext, ToolError


def use(operation: str, text: str, **others: Any) -> str:
    return work({"operation": operation, "text": text, **others})


def test_counting():
    assert json.loads(use("count", "ä bc\nd", find="b")) == {
        "characters": 6,
        "words": 3,
        "lines": 2,
        "bytes": 7,
        "occurrences": 1,
    }


@pytest.mark.parametrize(
    ("operation", "text", "others", "answer"),
    [
        ("between", "<a>1</a><a>2</a>", {"after": "<a>", "before": "</a>"}, '["1","2"]'),
        ("replace", "a.b.c", {"find": ".", "with": "\\1"}, "a\\1b\\1c"),
        ("replace", "a.b", {"find": "."}, "ab"),
        ("split", "a, b", {"by": ", "}, '["a","b"]'),
        ("lines_with", "x=1\ny=2", {"find": "y"}, "y=2"),
        ("sort_lines", "b\na", {}, "a\nb"),
        ("dedupe_lines", "b\na\nb", {}, "b\na"),
        ("hash", "abc", {}, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("hash", "abc", {"by": "md5"}, "900150983cd24fb0d6963f7d28e17f72"),
        ("to_base64", "ä", {}, "w6Q="),
        ("from_base64", "w6\nQ=", {}, "ä"),
        ("diff", "a\nb\nc\nd", {"other": "a\nx\nc\nd\ne"}, "@ line 2\n- b\n+ x\n@ line 5\n+ e"),
        ("diff", "a", {"other": "a"}, "The texts are the same."),
        ("diff", "", {"other": "a"}, "@ line 1\n+ a"),
    ],
)
def test_operations(operation: str, text: str, others: dict[str, Any], answer: str):
    assert use(operation, text, **others) == answer


@pytest.mark.parametrize(
    ("operation", "others", "said"),
    [
        ("between", {"after": "<"}, "needs “before”"),
        ("between", {"after": "<", "before": ">"}, "Nothing stands between"),
        ("split", {}, "needs “by”"),
        ("hash", {"by": "crc"}, "no hash “crc”"),
        ("from_base64", {}, "no text in base64"),
        ("replace", {"find": "w", "with": "x" * MAX_BYTES}, "too long"),
    ],
)
def test_what_can_not_be_done_is_said(operation: str, others: dict[str, Any], said: str):
    with pytest.raises(ToolError, match=said):
        use(operation, "words", **others)


LINES = "\n".join(f"{n % 7}" for n in range(310))
OTHER = "\n".join(f"{n % 5}" for n in range(310))


@pytest.mark.parametrize(
    ("operation", "text", "others"),
    [
        ("diff", LINES, {"other": OTHER}),
        ("diff", "a\nb\n" * 9000, {"other": "b\na\n" * 9000}),
        ("diff", "\n" * 250_000, {"other": "a\n"}),
        ("between", "a" * MAX_BYTES, {"after": "a", "before": "ab"}),
        ("count", "a" * MAX_BYTES, {"find": "a" * 999 + "b"}),
        ("replace", "ab" * 120_000, {"find": "a" * 500 + "b", "with": "c"}),
        ("dedupe_lines", "\n".join(map(str, range(40_000))), {}),
    ],
)
def test_no_text_makes_it_slow(operation: str, text: str, others: dict[str, Any]):
    began = time.thread_time()
    with suppress(ToolError):
        use(operation, text, **others)
    assert time.thread_time() - began < 0.3


async def test_a_longer_text_is_refused_before_any_work():
    box, text = ToolBox(["text"]), "a" * (MAX_BYTES + 1)
    checked = box.check("text", json.dumps({"operation": "count", "text": text}))
    assert isinstance(checked, Outcome)
    outcome = await box.run(
        "text", {"operation": "count", "text": "ä" * MAX_BYTES}, ToolContext(SystemClock())
    )
    assert (outcome.code, "too long" in outcome.text) == ("refused", True)
