"""Streams: an OpenAI client's chat, and a run's events as they are made."""

import random

from locust import FastHttpUser, between, task

from bench.load import settings


class Stream(FastHttpUser):
    """A client that reads streams to their ends."""

    wait_time = between(0.5, 2)

    @task(2)
    def chat(self) -> None:
        """A chat completion, streamed."""
        words = settings.task(f"Say {random.randrange(1000)} in words")
        body = {
            "model": "auto",
            "messages": [{"role": "user", "content": words}],
            "stream": True,
        }
        self._read_to(b"[DONE]", "/v1/chat/completions", json=body)

    @task
    def follow(self) -> None:
        """A run's events, from its submit to its end."""
        body = {"task": settings.task(f"Count to {random.randrange(100)}"), "cache": "off"}
        with self.client.post("/api/v1/runs/", json=body, headers=settings.BEARER) as answer:
            run = answer.json().get("id", "") if answer.status_code == 202 else ""
        if run:
            path = f"/api/v1/runs/{run}/events/?after=0"
            self._read_to(b"run.finished", path, name="/api/v1/runs/[id]/events/")

    def _read_to(self, end: bytes, path: str, name: str = "", json: object = None) -> None:
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
            received = b"".join(answer.iter_content()) if answer.status_code == 200 else b""
            if end not in received:
                answer.failure(f"{answer.status_code}, cut off after {len(received)} bytes")
