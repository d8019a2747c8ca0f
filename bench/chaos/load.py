"""The users: they submit, cancel and watch, in a thread of its own, and try again when cut off."""

import asyncio
import threading
import time
from collections import Counter
from http import HTTPStatus

import aiohttp

from bench.chaos.plan import Order
from bench.chaos.site import Site
from bench.chaos.viewers import Viewed, watch

TRY_AGAIN_S = 0.4
ANSWER_S = 20.0
CANCEL_TRIES = 5


class Load:
    """`accepted` maps the numbers of orders to run ids, once they got their 202."""

    def __init__(self, site: Site, orders: list[Order]) -> None:
        self.accepted: dict[int, str] = {}
        self.refused: list[dict[str, str]] = []
        self.unexpected: list[str] = []
        self.viewed: list[Viewed] = []
        self.answers: Counter[str] = Counter()
        self._site = site
        self._orders = orders
        self._trying: set[int] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), name="load")

    def start(self) -> None:
        """Begin; times count from now."""
        self._began_s = time.monotonic()
        self._thread.start()

    @property
    def submitted(self) -> bool:
        """True once every order has got an answer that is final."""
        return len(self.accepted) + len(self.refused) + len(self.unexpected) == len(self._orders)

    @property
    def watching(self) -> bool:
        """True while viewers, or anyone else, have not come to their end."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End what is still under way."""
        self._stop.set()
        self._thread.join()

    async def _main(self) -> None:
        connector = aiohttp.TCPConnector(limit=0)
        timeout = aiohttp.ClientTimeout(total=ANSWER_S)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            tasks = [asyncio.create_task(self._user(session, order)) for order in self._orders]
            while not self._stop.is_set() and not all(task.done() for task in tasks):
                await asyncio.sleep(0.1)
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        self.unexpected += [repr(end) for end in ends if isinstance(end, Exception)]
        self.unexpected += [f"submit {number}: no answer" for number in sorted(self._trying)]

    async def _user(self, session: aiohttp.ClientSession, order: Order) -> None:
        await asyncio.sleep(order.at_s - (time.monotonic() - self._began_s))
        run = await self._submit(session, order)
        if run is None:
            return
        async with asyncio.TaskGroup() as group:
            for delay_s in order.watch_after_s:
                group.create_task(self._watch(session, order, run, delay_s))
            if order.cancel_after_s is not None:
                group.create_task(self._cancel(session, order, run, order.cancel_after_s))

    async def _submit(self, session: aiohttp.ClientSession, order: Order) -> str | None:
        """Submit until there is an answer; the key makes trying again harmless."""
        headers = self._site.headers(order.user) | {"Idempotency-Key": f"chaos-{order.number}"}
        self._trying.add(order.number)
        status = 0
        while not 0 < status < HTTPStatus.INTERNAL_SERVER_ERROR:
            status, body = await self._post(session, "/api/v1/runs/", headers, order.body)
            await asyncio.sleep(0 if status else TRY_AGAIN_S)
        self._trying.remove(order.number)
        if status == HTTPStatus.ACCEPTED:
            self.accepted[order.number] = body["id"]
            return str(body["id"])
        if status == HTTPStatus.PAYMENT_REQUIRED:
            self.refused.append(body)
        else:
            self.unexpected.append(f"submit {order.number}: {status} {body}")
        return None

    async def _watch(
        self, session: aiohttp.ClientSession, order: Order, run: str, delay_s: float
    ) -> None:
        await asyncio.sleep(delay_s)
        self.viewed.append(seen := Viewed(run))
        await watch(session, self._site.address, self._site.headers(order.user), seen)

    async def _cancel(
        self, session: aiohttp.ClientSession, order: Order, run: str, delay_s: float
    ) -> None:
        await asyncio.sleep(delay_s)
        for _ in range(CANCEL_TRIES):
            headers = self._site.headers(order.user)
            status, _ = await self._post(session, f"/api/v1/runs/{run}/cancel/", headers, {})
            if status in (HTTPStatus.ACCEPTED, HTTPStatus.CONFLICT):
                return
            await asyncio.sleep(TRY_AGAIN_S)

    async def _post(
        self,
        session: aiohttp.ClientSession,
        path: str,
        headers: dict[str, str],
        body: dict[str, object],
    ) -> tuple[int, dict[str, str]]:
        """Status and body; the status is 0 when there was no answer."""
        url = f"http://{self._site.address}{path}"
        try:
            async with session.post(url, json=body, headers=headers) as answer:
                self.answers[f"{answer.status}"] += 1
                if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    return answer.status, {}
                return answer.status, await answer.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, OSError):
            self.answers["none"] += 1
            return 0, {}
