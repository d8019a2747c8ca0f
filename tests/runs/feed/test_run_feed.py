"""Many viewers of a process share what it reads, and each still gets every event once."""

import asyncio
import time
from contextlib import ExitStack
from typing import Any

import pytest
from django.conf import settings
from redis import Redis

from runs.feed import run_feed, viewers
from runs.feed.log import Kind
from runs.feed.process import watched
from runs.hints import watch_key
from runs.models import Run
from runs.selectors import stream
from runs.selectors.stream import events_after
from tests import journal
from tests.factories import RunFactory
from tests.live_writer import live_writer
from tests.runs.feed.watching import Seen, watching
from tests.stack import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
KEY = "react/t1/think"
PIECES = [f"piece {number}, " for number in range(40)]


@pytest.fixture
def run(alice) -> Run:
    return journal.start(RunFactory.create(owner=alice))


def stored(run: Run) -> list[dict[str, Any]]:
    return events_after(run.pk, 0)[0]


def write_all(run: Run) -> None:
    """A step's text in pieces, events between them, and the end, as a worker tells of them."""
    with live_writer(run) as writer:
        writer.wait_for_a_viewer()
        for number, piece in enumerate(PIECES):
            writer.write(KEY, piece)
            if number % 5 == 0:
                journal.emit(run, "notice", code="repair", number=number)
                writer.tell()
            time.sleep(0.005)
        journal.buy(run, KEY)
        writer.end(KEY)
        journal.finish(run)
        writer.tell()
        time.sleep(0.3)


def test_two_hundred_viewers_get_all(run, in_background):
    in_background(lambda: write_all(run))

    async def watch_all() -> list[Seen]:
        with ExitStack() as stack:
            seen = [stack.enter_context(watching(run, after=number % 3)) for number in range(200)]
            return await asyncio.gather(*(one.to_the_end() for one in seen))

    seen = asyncio.run(watch_all())

    for number, one in enumerate(seen):
        assert one.events == stored(run)[number % 3 :]


def test_viewers_that_come_at_any_time_have_the_text_and_the_events(run, in_background):
    in_background(lambda: write_all(run))

    async def come_late(wait_s: float, after: int) -> Seen:
        await asyncio.sleep(wait_s)
        with watching(run, after) as seen:
            return await seen.to_the_end()

    async def watch_all() -> list[Seen]:
        return await asyncio.gather(*(come_late(number / 50, number % 4) for number in range(30)))

    for number, one in enumerate(asyncio.run(watch_all())):
        assert one.events == stored(run)[number % 4 :]
        assert "".join(PIECES).startswith(one.texts.get((KEY, 1), ""))


def test_a_late_viewer_has_the_text_from_this_process_alone(run):
    async def watch_both() -> str:
        with watching(run) as early:
            with live_writer(run) as writer:
                await asyncio.to_thread(writer.wait_for_a_viewer)
                writer.write(KEY, "What was written before.")
                await early.until(lambda seen: seen.texts)
            # The worker has gone: nobody else could say it.
            with watching(run) as late:
                await late.until(lambda seen: seen.texts)
                return late.texts[KEY, 1]

    assert asyncio.run(watch_both()) == "What was written before."


def test_a_slow_viewer_is_healed_and_hurts_no_other(run, in_background, monkeypatch):
    monkeypatch.setattr(run_feed, "LOG_BYTES", 2_000)
    in_background(lambda: write_all(run))

    async def watch_both():
        with watching(run) as slow, watching(run) as quick:
            await slow.until(lambda seen: seen.events)
            await quick.to_the_end()
            feed = watched()._runs[run.pk]
            assert feed.log.begin > 0
            return await slow.to_the_end(), quick

    slow, quick = asyncio.run(watch_both())
    assert slow.events == quick.events == stored(run)


def test_fifty_runs_are_watched_at_once(alice, in_background):
    runs = [journal.start(RunFactory.create(owner=alice)) for _ in range(50)]

    def work() -> None:
        for one in runs:
            journal.use_tool(one)
        for one in runs:
            journal.finish(one)

    in_background(work)

    async def watch_all() -> list[Seen]:
        with ExitStack() as stack:
            seen = [stack.enter_context(watching(one)) for one in runs]
            return await asyncio.gather(*(one.to_the_end() for one in seen))

    for one, seen in zip(runs, asyncio.run(watch_all()), strict=True):
        assert seen.events == stored(one)


def test_an_event_that_no_hint_tells_of_is_there_with_the_subscription(run, monkeypatch):
    """What is committed after the first read, and before Redis has heard of the subscription."""
    monkeypatch.setattr(run_feed, "REREAD_S", 3600)
    reads: list[Any] = []

    def read(*arguments):
        found = events_after(*arguments)
        if not reads:
            # Nobody is told: the hint is as good as lost.
            journal.finish(run)
        reads.append(found)
        return found

    monkeypatch.setattr(run_feed, "events_after", read)

    async def watch():
        with watching(run) as seen:
            return await seen.to_the_end()

    assert asyncio.run(watch()).events == stored(run)


def test_equal_reads_are_one(run, monkeypatch):
    for number in range(20):
        journal.emit(run, "notice", code="repair", number=number)
    journal.finish(run)
    run.refresh_from_db()
    reads: list[Any] = []

    def read(run_id, seq, limit=stream.BATCH):
        reads.append(seq)
        return events_after(run_id, seq, limit)

    monkeypatch.setattr(viewers, "events_after", read)

    async def watch_all() -> list[Seen]:
        with ExitStack() as stack:
            # The first one has seen most; so this process doesn't have the others' events.
            seen = [stack.enter_context(watching(run, 20))]
            seen += [stack.enter_context(watching(run)) for _ in range(100)]
            return await asyncio.gather(*(one.to_the_end() for one in seen))

    seen = asyncio.run(watch_all())
    assert {len(one.events) for one in seen[1:]} == {run.last_seq}
    assert reads == [0]


def test_the_feed_ends_with_its_last_viewer(run):
    async def watch() -> None:
        with watching(run) as first:
            await first.until(lambda seen: seen.events)
            with watching(run) as second:
                await second.until(lambda seen: seen.events)
            assert run.pk in watched()._runs
        assert run.pk not in watched()._runs
        await asyncio.sleep(0)

    asyncio.run(watch())


def test_a_viewer_who_may_no_longer_watch_is_told_so(run, monkeypatch):
    monkeypatch.setattr("runs.feed.checks.CHECK_S", 0.05)
    asked = []

    def still_valid() -> bool:
        asked.append(True)
        return len(asked) < 3

    async def watch() -> None:
        with watched().run(
            run.pk, after=0, last_seq=0, kinds=frozenset(Kind), still_valid=still_valid
        ) as viewer:
            async with asyncio.timeout(60):
                while await viewer.next():
                    pass

    asyncio.run(watch())
    assert len(asked) == 3


def test_a_viewer_at_an_end_that_is_not_there_yet_has_only_what_is_newer(run, in_background):
    in_background(lambda: journal.finish(run))

    async def watch():
        with watching(run, after=run.last_seq) as seen:
            return await seen.to_the_end()

    assert [event["type"] for event in asyncio.run(watch()).events] == ["run.finished"]


def test_redis_is_restarted_while_a_run_is_watched(
    run, private_redis, settings, in_background, monkeypatch
):
    monkeypatch.setattr(run_feed, "REREAD_S", 0.3)
    settings.REDIS_URL = private_redis.url
    settings.CHANNEL_LAYERS = {
        "default": {
            **settings.CHANNEL_LAYERS["default"],
            "CONFIG": {"url": private_redis.url, "prefix": "restart"},
        }
    }

    def work() -> None:
        with live_writer(run) as writer:
            writer.wait_for_a_viewer()
            private_redis.stop()
            journal.use_tool(run)
            private_redis.start()
            writer.wait_for_a_viewer()
            writer.write(KEY, "after it")
            wait_for(lambda: seen_text)
            journal.finish(run)

    seen_text: list[str] = []
    in_background(work)

    async def watch():
        with watching(run) as seen:
            await seen.until(lambda seen: seen.texts)
            seen_text.extend(seen.texts.values())
            return await seen.to_the_end()

    seen = asyncio.run(watch())
    assert seen.events == stored(run)
    assert seen_text == ["after it"]


def test_workers_are_told_that_someone_watches(run):
    async def watch() -> None:
        with watching(run) as seen, Redis.from_url(settings.REDIS_URL) as redis:
            await seen.until(lambda seen: seen.events)
            await asyncio.to_thread(wait_for, lambda: redis.ttl(watch_key(run.pk)) > 0)

    asyncio.run(watch())
