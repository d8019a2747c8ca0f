"""Cancelling in mid-stream: within a second, and charged for what had come."""

import time

from runs.states import Status
from tests.flows.live import Viewer
from tests.flows.provider_bill import assert_never_below_the_provider
from tests.pace import limit, seconds_of
from tests.stack import Stack


def test_a_stream_is_cut_within_a_second(
    stack: Stack, worker, submit, ended, api, key: str
) -> None:
    ended(submit("Describe a lighthouse.", tools=[]))  # a worker's first run takes longer
    submitted = time.monotonic()
    run = submit("Describe a lighthouse. [sim: chunks=600 rate=30]", tools=[])
    with Viewer(stack.web_url, run.pk, key) as viewer:
        while not any(viewer.texts.values()):
            viewer.receive()
        usual_s = time.monotonic() - submitted

        def cancel() -> None:
            assert api.post(f"/api/v1/runs/{run.pk}/cancel/").status_code == 202
            ended(run)

        assert seconds_of(cancel) < limit(1, usual_s)
        assert viewer.to_the_end()[-1]["data"]["status"] == Status.CANCELLED
    assert (run.status, run.stop_reason) == (Status.CANCELLED, "cancelled")
    assert (run.answer_kind, bool(run.answer)) == ("partial", True)
    assert run.held_usd == 0
    assert run.estimated_usd == run.cost_usd > 0
    assert_never_below_the_provider(run, stack.provider_ledger(run.task))
