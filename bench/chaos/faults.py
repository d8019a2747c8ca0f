"""Breaks one part of the site after another, by plan."""

import signal
import time
from collections import Counter
from collections.abc import Callable

from agentsite.local.children import Child
from bench.chaos.plan import Fault
from bench.chaos.site import LEASE_S, Site

FROZEN_S = 2 * LEASE_S


class Saboteur:
    """Carries the faults out in the main thread: what starts a child has to live as long."""

    def __init__(self, site: Site) -> None:
        self.done: Counter[str] = Counter()
        self._site = site
        self._frozen: list[tuple[float, Child]] = []
        self._deeds: dict[tuple[str, str], Callable[[int], None]] = {
            ("worker", "kill"): site.kill_worker,
            ("worker", "stop"): site.stop_worker,
            ("worker", "freeze"): self._freeze,
            ("web", "kill"): lambda _: site.kill_web(),
            ("web", "stop"): lambda _: site.stop_web(),
            ("redis", "kill"): self._kill_redis,
            ("redis", "empty"): lambda _: site.empty_redis(),
            ("postgres", "kill"): self._kill_postgres,
            ("postgres", "restart"): self._restart_postgres,
        }

    def commit(self, fault: Fault) -> None:
        """Do it."""
        self.done[f"{fault.target} {fault.action}"] += 1
        self._deeds[fault.target, fault.action](fault.which)

    def thaw(self, *, all_of_them: bool = False) -> None:
        """Let the processes go on that have been frozen for longer than a lease."""
        for thing in list(self._frozen):
            when, child = thing
            if all_of_them or time.monotonic() >= when:
                self._frozen.remove(thing)
                child.send_signal(signal.SIGCONT)

    def _freeze(self, which: int) -> None:
        child = self._site.worker(which)
        child.send_signal(signal.SIGSTOP)
        self._frozen.append((time.monotonic() + FROZEN_S, child))

    def _kill_redis(self, which: int) -> None:
        self._site.servers.redis.kill()
        self._site.servers.redis.start()

    def _kill_postgres(self, which: int) -> None:
        """Sometimes it is away for longer than a lease."""
        self._site.servers.postgres.kill()
        time.sleep(which % 3 * 0.6 * LEASE_S)
        self._site.servers.postgres.start()

    def _restart_postgres(self, which: int) -> None:
        self._site.servers.postgres.stop()
        self._site.servers.postgres.start()
