"""People who read pages and the API all the time: what share of their requests fails."""

import asyncio
import itertools
import threading
from collections import Counter
from http import HTTPStatus

import aiohttp

from bench.topology.fleet import Fleet

PATHS = ("/api/v1/runs/", "/api/v1/me/", "/api/v1/budgets/", "/accounts/login/")
PAUSE_S = 0.02
ANSWER_S = 20.0


class Readers:
    """`answers` counts their statuses; 0: no answer."""

    def __init__(self, fleet: Fleet, user: str, readers: int) -> None:
        self.answers: Counter[int] = Counter()
        self._fleet = fleet
        self._user = user
        self._readers = readers
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), name="readers")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; returns when they have."""
        self._stop.set()
        self._thread.join()

    async def _main(self) -> None:
        timeout = aiohttp.ClientTimeout(total=ANSWER_S)
        headers = self._fleet.headers(self._user)
        async with aiohttp.ClientSession(timeout=timeout, headers=headers) as session:
            await asyncio.gather(*(self._read(session) for _ in range(self._readers)))

    async def _read(self, session: aiohttp.ClientSession) -> None:
        for path in itertools.cycle(PATHS):
            if self._stop.is_set():
                return
            self.answers[await self._status(session, path)] += 1
            await asyncio.sleep(PAUSE_S)

    async def _status(self, session: aiohttp.ClientSession, path: str) -> int:
        try:
            async with session.get(f"http://{self._fleet.address}{path}") as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0


def failed(answers: Counter[int]) -> int:
    """How many had no answer, or a server's error."""
    return sum(
        count
        for status, count in answers.items()
        if status == 0 or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    )
