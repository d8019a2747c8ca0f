"""Before a run buys anything: an answer that is kept, or the wait for an equal run's."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

from psycopg.errors import UniqueViolation

from runs.cache.answers import KeptAnswer, find_answer
from runs.cache.leading import Standing, lead, standing
from runs.engine.calls.stopping import check, until_halted
from runs.executor.database import Database
from runs.executor.journal import PostgresJournal
from runs.executor.signals import RunStop
from runs.states import CacheMode

LOOK_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Sharing:
    """One executing run among the equal ones of its user, in one epoch."""

    run_id: UUID
    epoch: int
    owner_id: int
    digest: str
    journal: PostgresJournal
    database: Database
    stop: RunStop

    async def found(self, cache: str) -> KeptAnswer | None:
        """The answer that the run takes over; else it buys one, and others may wait for it.

        Raises what `answer` raises.
        """
        # A run that has bought something goes on with that.
        if cache != CacheMode.USE or not self.journal.is_new:
            await self.lead()
            return None
        return await self.answer()

    async def lead(self) -> bool:
        """Let equal runs wait for this one's answer; false where another one leads."""
        try:
            return await self.database.run(lead(run_id=self.run_id, epoch=self.epoch))
        except UniqueViolation:
            return False

    async def _standing(self) -> Standing:
        return await self.database.run(standing(run_id=self.run_id))

    async def answer(self) -> KeptAnswer | None:
        """The answer of an equal run, also of one that is still under way; None: buy it.

        Raises `Stopped` and `Fenced`. At its deadline the run waits no more.
        """
        told = False
        while self.stop.reason != "deadline":
            # In this order: what an equal run brings between two looks is found by the later one.
            leads = await self.lead()
            place = None if leads else await self._standing()
            found = find_answer(owner_id=self.owner_id, digest=self.digest)
            if kept := await self.database.run(found):
                return kept
            if place is None or place.vain:
                return None
            if place.ahead and not told:
                told = True
                await self.journal.emit("notice", {"code": "equal_run", "run": str(place.ahead)})
            await until_halted(asyncio.sleep(LOOK_AGAIN_S), self.stop)
            check(self.stop, closing=True)
        return None
