"""Server-Sent Events and the WebSocket send the same events, whenever one begins to listen."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2

from tests.flows.live import Viewer
from tests.stack import Stack

TASK = "What is 17 % of 2,340, minus 58? [sim: tokens_per_s=40]"


def test_both_ways_give_the_same_events(stack: Stack, worker, submit, key: str) -> None:
    run = submit(TASK)
    url = f"{stack.web_url}/api/v1/runs/{run.pk}/events/"

    def streamed(after: int) -> list[dict[str, Any]]:
        headers = {"Authorization": f"Token {key}", "Accept": "text/event-stream"}
        if after:
            headers["Last-Event-ID"] = str(after)
        with httpx2.stream("GET", url, headers=headers, timeout=240) as answer:
            lines = [line for line in answer.iter_lines() if line.startswith("data: ")]
        return [json.loads(line.removeprefix("data: ")) for line in lines]

    with ThreadPoolExecutor(3) as pool:
        streams = [pool.submit(streamed, after) for after in (0, 2)]
        with Viewer(stack.web_url, run.pk, key) as viewer:
            events = viewer.to_the_end()
        assert [one.result(240) for one in streams] == [events, events[2:]]
        assert pool.submit(streamed, 1).result(240) == events[1:]
