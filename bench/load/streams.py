"""Streams: an OpenAI client's chat, and a run's events as they are made."""

import random

from locust import FastHttpUser, between, task

from bench.load import settings


class Stream(FastHttpUser):
    """A client that reads streams to their ends."""

    wait_time = between(0.5, 2)

    @task
    def listen(self) -> None:
        """A chat, and a run from its submit to its end."""
        self._chat()
        self._follow()

    def _chat(self) -> None:
        words = settings.task(f"Say {random.randrange(1000)} in words")
        body = {
            "model": "auto",
            "messages": [{"role": "user", "content": words}],
            "stream": True,
        }
        self._read_to("[DONE]", "/v1/chat/completions", json=body)

    def _follow(self) -> None:
        body = {"task": settings.task(f"Count to {random.randrange(100)}"), "cache": "off"}
        with self.client.post("/api/v1/runs/", json=body, headers=settings.BEARER) as answer:
            run = answer.json().get("id", "") if answer.status_code == 202 else ""
        if run:
            path = f"/api/v1/runs/{run}/events/?after=0"
            self._read_to("run.finished", path, name="/api/v1/runs/[id]/events/")

    def _read_to(self, end: str, path: str, name: str = "", json: object = None) -> None:
        headers = settings.BEARER | {"Accept": "text/event-stream"}
        with self.client.request(
            "POST" if json else "GET",
            path,
            name=name or path,
            json=json,
            headers=headers,
            stream=True,
            catch_response=True,
        ) as answer:
            received = "".join(answer.iter_content()) if answer.status_code == 200 else ""
            if end not in received:
                answer.failure(f"{answer.status_code}, cut off after {len(received)} characters")
