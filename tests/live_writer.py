"""The live half of a worker, for runs that `tests.journal` plays: text and events for viewers."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread

from django.conf import settings
from redis import Redis

from runs.executor.live import Publisher, RunLive
from runs.hints import watch_key
from runs.models import Run
from runs.selectors.stream import events_after
from tests.stack import wait_for


class LiveWriter:
    """Says what steps write, and which events are new, as a worker says it."""

    def __init__(self, run: Run, publisher: Publisher, loop: asyncio.AbstractEventLoop) -> None:
        self._live = RunLive(run.pk, publisher)
        self._loop = loop
        self._told = run.last_seq
        self._watch: bytes | None = None

    def wait_for_a_viewer(self) -> None:
        """Wait until a viewer asks for the text, who hadn't asked when this was last called."""
        with Redis.from_url(settings.REDIS_URL) as redis:
            key = watch_key(self._live.run_id)
            wait_for(lambda: (redis.get(key) or self._watch) != self._watch)
            self._watch = redis.get(key)

    def write(self, key: str, text: str) -> None:
        """A step's text goes on."""
        self._on_the_loop(lambda: self._live.text(key, 1, text))

    def end(self, key: str) -> None:
        """A step has ended, and the journal has its event."""
        self._on_the_loop(lambda: self._live.close(key, 1))
        self.tell()

    def tell(self) -> None:
        """Tell of the events that the journal has since the last time."""
        events, _ = events_after(self._live.run_id, self._told)
        self._told += len(events)
        self._on_the_loop(lambda: self._live.events(events))

    def _on_the_loop(self, call: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(call)


@contextmanager
def live_writer(run: Run) -> Iterator[LiveWriter]:
    """The product's own publisher at work, on a loop of its own, for this run."""
    loop = asyncio.new_event_loop()
    publisher = Publisher()
    publishing = loop.create_task(publisher.run())
    thread = Thread(target=_until_cancelled, args=(loop, publishing))
    thread.start()
    try:
        yield LiveWriter(run, publisher, loop)
    finally:
        loop.call_soon_threadsafe(publishing.cancel)
        thread.join(5)


def _until_cancelled(loop: asyncio.AbstractEventLoop, publishing: asyncio.Task[None]) -> None:
    with suppress(asyncio.CancelledError):
        loop.run_until_complete(publishing)
    loop.close()
