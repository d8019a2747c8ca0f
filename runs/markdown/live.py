"""What is being written, laid out a few times a second for a page that shows it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from runs.engine.tokens import count
from runs.markdown.bounds import render_markdown
from runs.markdown.unfinished import made_whole

PAUSE_S = 0.3
# A long text is laid out less often, so that a viewer takes at most this part of a core.
SHARE = 0.1

# One at a time: laying out never takes more than one core of a process from its requests.
_renderer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="markdown")

Step = tuple[str, int]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class LiveHtml:
    """Gathers the texts of one viewer's run, and sends each as HTML once it went on."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._texts: dict[Step, str] = {}
        self._changed: set[Step] = set()
        self._task: asyncio.Task[None] | None = None

    def receive(self, message: dict[str, Any]) -> None:
        """A piece of text, or the whole of it."""
        step = (message["key"], message["attempt"])
        offset = message["offset"] if message["type"] == "text.delta" else 0
        self._texts[step] = self._texts.get(step, "")[:offset] + message["text"]
        self._changed.add(step)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._lay_out())

    def end(self, message: dict[str, Any]) -> None:
        """The event of a step's end: its text is no longer wanted."""
        step = (message["data"].get("key"), message["data"].get("attempt"))
        self._texts.pop(step, None)
        self._changed.discard(step)

    def close(self) -> None:
        """The viewer has gone."""
        if self._task is not None:
            self._task.cancel()

    async def _lay_out(self) -> None:
        while self._changed:
            step = self._changed.pop()
            text = self._texts[step]
            loop = asyncio.get_running_loop()
            html, tokens, took = await loop.run_in_executor(_renderer, _rendered, text)
            if step in self._texts:
                await self._send(
                    {
                        "type": "text.html",
                        "key": step[0],
                        "attempt": step[1],
                        "html": html,
                        "tokens": tokens,
                    }
                )
            await asyncio.sleep(max(PAUSE_S, took / SHARE))


def _rendered(text: str) -> tuple[str, int, float]:
    """The HTML, about how many tokens the text has, and the seconds of work."""
    begun = time.thread_time()
    html = str(render_markdown(made_whole(text), unfinished=True))
    tokens = count(text)
    return html, tokens, time.thread_time() - begun
