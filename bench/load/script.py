"""Scripts: they submit by REST, ask until the run has ended, and read what it cost."""

import random
import time
from uuid import uuid4

from locust import FastHttpUser, between, task

from bench.load import settings

ENDS = {"succeeded", "failed", "cancelled"}
GIVE_UP_S = 120.0
ASK_S = 1.0


class Script(FastHttpUser):
    """A client of the REST API."""

    wait_time = between(0.5, 2)
    weight = 2

    @task
    def work(self) -> None:
        """Submit, wait for the end, read the bill; then the list, the budgets, the month."""
        body = {"task": settings.task(f"Add 17 to {random.randrange(1000)}"), "cache": "off"}
        headers = settings.BEARER | {"Idempotency-Key": str(uuid4())}
        with self.client.post("/api/v1/runs/", json=body, headers=headers) as answer:
            run = answer.json().get("id", "") if answer.status_code == 202 else ""
        if run and self._ended(run):
            self._read(f"/api/v1/runs/{run}/ledger/", "/api/v1/runs/[id]/ledger/")
        for path in ("/api/v1/runs/", "/api/v1/budgets/", "/api/v1/usage/?group_by=model"):
            self._read(path, path)

    def _ended(self, run: str) -> bool:
        until_s = time.monotonic() + GIVE_UP_S
        while time.monotonic() < until_s:
            found = self._read(f"/api/v1/runs/{run}/", "/api/v1/runs/[id]/")
            if found.get("status") in ENDS:
                return True
            time.sleep(ASK_S)
        return False

    def _read(self, path: str, name: str) -> dict[str, object]:
        with self.client.get(path, headers=settings.BEARER, name=name) as answer:
            return answer.json() if answer.status_code == 200 else {}
