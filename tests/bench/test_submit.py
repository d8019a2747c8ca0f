"""The load of submits counts what is accepted, and the FastAPI endpoint does what ours does."""

import pytest

from bench import submit
from bench.servers import Servers
from tests.forked_servers import forked_processes


@pytest.fixture(scope="module")
def rivals():
    with (
        forked_processes(),
        Servers() as servers,
        submit.rivals(servers, processes=1, warm_up_s=0.2) as (found, _),
    ):
        yield found


@pytest.mark.parametrize("side", list(submit.PATHS))
def test_each_side_stores_what_it_accepts_and_wakes_workers(rivals, side: str):
    found = rivals.load(side, processes=1, seconds=0.5)

    assert found["accepted"] >= 1
    assert found["wake_ups"] >= 1
    assert found["cpu_ms"] > 0
