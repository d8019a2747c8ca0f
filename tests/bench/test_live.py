"""The benchmark of live messages counts what it sends, and its viewers read frames as they are."""

import asyncio
from argparse import Namespace
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from bench.clients import live
from runs.models import Run, Worker
from tests.stack import Stack
from tests.stack_fixtures import live_database, live_env, stack

__all__ = ["live_database", "live_env", "stack"]


@pytest.fixture
def watchable(live_database: dict[str, str]) -> Iterator[tuple[str, list[UUID]]]:
    known = set(Worker.objects.values_list("pk", flat=True))
    key, run_ids = live._watchable(2)
    yield key, run_ids
    Run.objects.filter(pk__in=run_ids).delete()
    Worker.objects.exclude(pk__in=known).filter(name="bench").delete()


def test_every_message_comes_to_every_viewer(stack: Stack, watchable: tuple[str, list[UUID]]):
    assert stack.web is not None
    address = urlsplit(stack.web_url).netloc
    args = Namespace(
        address=address, pid=stack.web.pid, viewers=3, count=4, every=0.05, seconds=0.5
    )
    found = asyncio.run(live._measure(args, *watchable))
    assert found["lost"] == 0
    assert found["sent_a_second"] > 0
    assert 0 < found["p50_ms"] <= found["p95_ms"]
