"""One chaos run: servers, site, users, faults, and at the end the report."""

import time

from bench.chaos.faults import Saboteur
from bench.chaos.load import Load
from bench.chaos.plan import USERS, Plan
from bench.chaos.report import Report, report
from bench.chaos.site import Site
from bench.chaos.witness import Witness
from bench.servers import Servers

POLL_S = 0.1
PROGRESS_S = 10.0
# How long runs may go on after the last planned second.
END_S = 240.0
VIEWERS_S = 15.0


def chaos(plan: Plan) -> Report:
    """Carry out a plan."""
    with Servers() as servers, Site(servers) as site:
        site.prepare(USERS, plan.limits())
        witness = Witness(servers.postgres.url)
        session = Session(plan, site, witness)
        try:
            session.run()
            return report(site, witness, session.load)
        finally:
            session.load.stop()


class Session:
    """The users' thread beside the faults of this one."""

    def __init__(self, plan: Plan, site: Site, witness: Witness) -> None:
        self.load = Load(site, plan.orders())
        self._plan = plan
        self._witness = witness
        self._saboteur = Saboteur(site)
        self._began_s = time.monotonic()
        self._told_s = 0.0

    def run(self) -> None:
        """Return once all runs have ended, or the time for that is over."""
        self._began_s = time.monotonic()
        self.load.start()
        for fault in self._plan.faults():
            self._wait_until(fault.at_s)
            print(f"{self._elapsed_s:6.1f} s  {fault.target} {fault.action}", flush=True)
            self._saboteur.commit(fault)
        self._saboteur.thaw(all_of_them=True)
        self._wait_for_ends()
        print(f"{self._elapsed_s:6.1f} s  {dict(self._saboteur.done)}", flush=True)

    @property
    def _elapsed_s(self) -> float:
        return time.monotonic() - self._began_s

    def _wait_until(self, at_s: float) -> None:
        while self._elapsed_s < at_s:
            self._saboteur.thaw()
            self._tell()
            time.sleep(POLL_S)

    def _wait_for_ends(self) -> None:
        until_s = max(self._plan.seconds, self._elapsed_s) + END_S
        while self._elapsed_s < until_s:
            if self.load.submitted and self._witness.open_runs() == 0:
                break
            self._tell()
            time.sleep(POLL_S)
        viewers_until_s = self._elapsed_s + VIEWERS_S
        while self._elapsed_s < viewers_until_s and self.load.watching:
            time.sleep(POLL_S)
        self.load.stop()

    def _tell(self) -> None:
        if time.monotonic() - self._told_s < PROGRESS_S:
            return
        self._told_s = time.monotonic()
        still_open = self._witness.open_runs()
        print(
            f"{self._elapsed_s:6.1f} s  {len(self.load.accepted)} of {self._plan.runs} accepted,"
            f" {len(self.load.refused)} refused,"
            f" {'?' if still_open is None else still_open} not ended",
            flush=True,
        )
