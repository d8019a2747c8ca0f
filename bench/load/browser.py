"""People at pages: they sign in, look around, submit a task and watch it."""

import json
import random
import re
import time
from http.cookiejar import DefaultCookiePolicy
from itertools import cycle
from urllib.parse import urlsplit

from locust import FastHttpUser, between, task
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from bench.load import settings
from bench.load.timing import timed

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
RUN = re.compile(r"/runs/([0-9a-f-]{36})/")
WATCH_S = 60.0
# A site lets each account sign in so often and no more: people take turns.
EMAILS = cycle(settings.EMAILS)


class Person(FastHttpUser):
    """Someone with a browser; a request for each page, without its pictures and scripts."""

    wait_time = between(1, 4)
    weight = 3

    def on_start(self) -> None:
        """Sign in through the form."""
        # A site under test may have no TLS; its cookies are sent all the same.
        self.client.cookiejar.set_policy(DefaultCookiePolicy(secure_protocols=("http", "https")))
        form = {"login": next(EMAILS), "password": settings.PASSWORD}
        self._send("/accounts/login/", form, name="sign in")

    @task
    def visit(self) -> None:
        """Their runs, one of the newest, the money; then a task, watched to its end."""
        if found := RUN.findall(self._open("/runs/")):
            self._open(f"/runs/{random.choice(found)}/", name="/runs/[id]/")
        time.sleep(self.wait_time())
        self._open("/usage/")
        self._open("/budgets/")
        time.sleep(self.wait_time())
        self._submit()

    def _submit(self) -> None:
        words = settings.task(f"What is {random.randrange(1000)} times 7?")
        form = {"task": words, "pattern": "react", "model": "auto", "cache": "off"}
        if found := RUN.findall(self._send("/", form, name="submit")):
            self._watch(found[0])

    def _open(self, path: str, name: str = "") -> str:
        with self.client.get(path, headers=settings.HEADERS, name=name or path) as answer:
            return str(answer.text)

    def _send(self, path: str, form: dict[str, str], name: str) -> str:
        """A page's form; the address and the text of the page that it leads to."""
        hidden = dict(HIDDEN.findall(self._open(path)))
        origin = settings.origin(self.host or "")
        headers = settings.HEADERS | {"Origin": origin, "Referer": f"{origin}{path}"}
        with self.client.post(
            path,
            data=hidden | form,
            headers=headers,
            name=name,
            allow_redirects=False,
            catch_response=True,
        ) as answer:
            to = (answer.headers or {}).get("Location", "")
            if answer.status_code != 302 or not to:
                answer.failure(f"{answer.status_code}, and no other page")
                return ""
        return f"{to}\n{self._open(to, name=f'after {name}')}"

    def _watch(self, run: str) -> None:
        host = urlsplit(self.host or "")
        cookies = "; ".join(f"{one.name}={one.value}" for one in self.client.cookiejar)
        headers = settings.HEADERS | {"Cookie": cookies, "Origin": settings.origin(self.host or "")}
        scheme = "wss" if host.scheme == "https" else "ws"
        with (
            timed(self.environment, "WS", "/ws/runs/[id]/", (WebSocketException, OSError)),
            connect(
                f"{scheme}://{host.netloc}/ws/runs/{run}/", additional_headers=headers, proxy=None
            ) as socket,
        ):
            while json.loads(socket.recv(timeout=WATCH_S)).get("type") != "run.finished":
                pass
