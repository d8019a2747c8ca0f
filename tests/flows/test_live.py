"""The live stream has no gap and no duplicate, whenever and how often a viewer joins."""

import time

from runs.states import Status
from tests.flows.live import Viewer
from tests.stack import Stack, standing_still, wait_for

SLOW = "Describe a lighthouse. [sim: chunks=90 rate=30]"


def test_viewers_that_join_early_late_and_twice_see_the_same(
    stack: Stack, worker, submit, ended, key: str
) -> None:
    run = submit(SLOW, tools=[])
    with Viewer(stack.web_url, run.pk, key) as early:
        early.until("text.delta", "text.snapshot")
        with Viewer(stack.web_url, run.pk, key) as late:
            with standing_still(stack.simulator):
                late.until("text.snapshot")
            assert late.to_the_end() == early.to_the_end()
        ((_, whole),) = early.texts.items()
        ((_, seen_late),) = late.texts.items()
    ended(run)
    assert run.status == Status.SUCCEEDED
    assert (early.holes, late.holes) == (0, 0)
    assert run.answer == whole.strip() == seen_late.strip()
    with Viewer(stack.web_url, run.pk, key) as after:
        assert after.to_the_end() == early.events
    with Viewer(stack.web_url, run.pk, key, after=3) as resumed:
        assert resumed.to_the_end() == early.events[3:]
    assert [event["type"] for event in early.events][-1] == "run.finished"


def test_the_answer_is_written_in_many_pieces(stack: Stack, worker, submit, key: str) -> None:
    began, came = time.monotonic(), []
    run = submit(SLOW, tools=[])
    with Viewer(stack.web_url, run.pk, key) as viewer:
        while (message := viewer.receive())["type"] != "run.finished":
            if message["type"] == "text.delta":
                came.append(time.monotonic())
    assert 10 <= len(came) <= 20 * (came[-1] - began)


def test_the_cost_ticks_up_to_the_runs_cost(stack: Stack, worker, submit, ended, key: str) -> None:
    run = submit("What is 17 % of 2,340, minus 58?")
    with Viewer(stack.web_url, run.pk, key) as viewer:
        events = viewer.to_the_end()
    costs = [event["data"]["cost_usd"] for event in events if event["type"] == "cost"]
    ended(run)
    assert len(costs) == 2
    assert costs[-1] == events[-1]["data"]["cost_usd"]
    wait_for(lambda: f"{run.cost_usd:f}".startswith(costs[-1]))
