"""The topology run of `make topology`, short: every process is ended once in each way."""

import pytest

from bench.chaos.plan import Plan
from bench.topology import nginx
from bench.topology.session import topology
from tests.forked_servers import forked_processes

pytestmark = pytest.mark.skipif(nginx.PROGRAM is None, reason="nginx is not installed")


@pytest.mark.timeout(900)
def test_an_upgrade_fails_no_request_and_nothing_is_lost_or_paid_twice() -> None:
    with forked_processes():
        outcome = topology(Plan(seconds=12, runs=20, kills=0, seed=3), readers=1)
    assert outcome.answers["SIGTERM"].total() > 100
    assert not outcome.failed, f"{outcome}"
