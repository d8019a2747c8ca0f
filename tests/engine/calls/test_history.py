"""Tool calls go back in a form that every endpoint reads, whatever the model wrote."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs.engine.calls import history
from runs.engine.types import Reply, ToolCall

WRITTEN = st.text(max_size=60) | st.sampled_from(["", "[1]", '"a"', "{", '{"a": 1}', "null", "NaN"])
CALLS = st.lists(
    st.builds(ToolCall, id=st.sampled_from(["", "a", "a b", "x" * 41]) | st.text(max_size=50),
              name=st.text(max_size=80), arguments=WRITTEN),
    min_size=1, max_size=6,
)  # fmt: skip


@given(turns=st.lists(CALLS, min_size=1, max_size=4))
def test_names_ids_and_arguments_are_those_of_the_api(turns: list[list[ToolCall]]):
    ids = history.CallIds()
    seen: set[str] = set()
    for calls in turns:
        given_ids = [ids.of(call) for call in calls]
        message = history.turn(Reply("", tuple(calls), "tool_calls", "m-1"), given_ids)
        for sent in message["tool_calls"]:
            assert history.ID.fullmatch(sent["id"])
            assert sent["id"] not in seen
            seen.add(sent["id"])
            assert 1 <= len(sent["function"]["name"]) <= history.MAX_NAME
            assert not history.ODD.search(sent["function"]["name"])
            assert isinstance(orjson.loads(sent["function"]["arguments"]), dict)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("", "{}"),
        ("  ", "{}"),
        ('{"a": 1}', '{"a": 1}'),
        ("[1]", '{"unreadable_arguments":"[1]"}'),
        ("{broken", '{"unreadable_arguments":"{broken"}'),
    ],
)
def test_arguments_are_a_json_object(written: str, sent: str):
    assert history.arguments(written) == sent


def test_an_endpoints_own_id_is_kept():
    ids = history.CallIds()
    assert [ids.of(ToolCall(id, "t", "{}")) for id in ("call_9", "call_9", "with space")] == [
        "call_9",
        "call_1",
        "call_2",
    ]


def test_what_came_beside_goes_back_unchanged():
    signature = {"extra_content": {"google": {"thought_signature": "abc"}}}
    call = ToolCall("c1", "t", "{}", beside=signature)
    reply = Reply("Hm.", (call,), "tool_calls", "m-1", beside={"reasoning_content": "why"})
    message = history.turn(reply, ["c1"])
    assert message["reasoning_content"] == "why"
    assert message["content"] == "Hm."
    assert message["tool_calls"][0]["extra_content"] == signature["extra_content"]
