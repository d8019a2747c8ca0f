"""The chaos run of `make chaos`, short: everything is killed once, and all counts are zero."""

import pytest

from bench.chaos.plan import Plan
from bench.chaos.session import chaos
from tests.forked_servers import forked_processes


@pytest.mark.timeout(900)
def test_nothing_is_lost_paid_twice_or_overspent() -> None:
    with forked_processes():
        report = chaos(Plan(seconds=10, runs=40, kills=5, seed=2))
    assert not report.failed, f"{report}"
