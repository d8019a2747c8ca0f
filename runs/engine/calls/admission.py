"""Which model an attempt calls: the one that was asked for, or its fallback while it fails."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

from runs.engine.calls.stopping import see_through
from runs.engine.errors import ProviderError
from runs.engine.ports import Breakers, Journal
from runs.engine.provider.outages import is_outage, past_sentence
from runs.engine.types import Admission, Outage

CODE = "model_unavailable"


class Passage:
    """Leave to call a model, and how the call went. What is known first counts, and only that."""

    def __init__(self, breakers: Breakers, admission: Admission) -> None:
        self.model = admission.model
        self._breakers = breakers
        self._admission = admission
        self._reported = False

    @property
    def awaited(self) -> bool:
        """True of a probe of which nothing is known yet: all other calls wait for its result."""
        return self._admission.probe != "" and not self._reported

    async def answers(self) -> None:
        """Some of the answer is there."""
        await self._report(answered=True, error=None)

    async def end(self, *, answered: bool, error: ProviderError | None) -> None:
        """The call is over."""
        if not self._reported:
            await self._report(answered=answered, error=error)

    async def _report(self, *, answered: bool, error: ProviderError | None) -> None:
        if answered:
            await self._breakers.answered(self._admission)
        elif error and is_outage(error):
            await self._breakers.failed(self._admission, error.code)
        else:
            await self._breakers.withdrawn(self._admission)
        self._reported = True


class Admissions:
    """Lets the attempts of one run in, and tells its viewers why another model is called."""

    def __init__(self, breakers: Breakers, journal: Journal) -> None:
        self._breakers = breakers
        self._journal = journal
        self._told: set[Outage | tuple[str, str]] = set()

    async def check(self, models: Collection[str]) -> None:
        """Raise `ProviderError` when one of these and its fallbacks can't be called now."""
        for asked in sorted(models):
            outages: list[Outage] = []
            model: str | None = asked
            while model and (outage := await self._breakers.outage(model)):
                outages.append(outage)
                model = self._breakers.fallback(model)
            if model is None:
                await self._tell(outages)
                raise _unavailable(outages)

    @asynccontextmanager
    async def to(self, asked: str) -> AsyncIterator[Passage]:
        """Leave for one attempt, at this model or a fallback of it. Raises `ProviderError`."""
        outages: list[Outage] = []
        passage: Passage | None = None
        model: str | None = asked
        while model and passage is None:
            found = await self._breakers.admit(model)
            if isinstance(found, Outage):
                outages.append(found)
                model = self._breakers.fallback(model)
            else:
                passage = Passage(self._breakers, found)
        if passage is None:
            await self._tell(outages)
            raise _unavailable(outages)
        try:
            await self._tell(outages)
            await self._tell_switch(asked, passage.model)
            yield passage
        finally:
            await see_through(passage.end(answered=False, error=None))

    async def _tell(self, outages: list[Outage]) -> None:
        """Each outage once."""
        for outage in outages:
            if outage not in self._told:
                self._told.add(outage)
                notice = _shutdown if outage.shutdown_on else _breaker
                await self._journal.emit("notice", notice(outage))

    async def _tell_switch(self, asked: str, called: str) -> None:
        """Once for each pair."""
        if asked != called and (asked, called) not in self._told:
            self._told.add((asked, called))
            message = f"“{called}” is called instead of “{asked}”."
            data = {"code": "fallback", "message": message, "asked": asked, "called": called}
            await self._journal.emit("notice", data)


def _breaker(outage: Outage) -> dict[str, Any]:
    return {
        "code": "breaker",
        "message": past_sentence(outage),
        "model": outage.model,
        "failures": outage.failures,
        "reason": outage.code,
        "again_at": outage.again_at.isoformat() if outage.again_at else None,
    }


def _shutdown(outage: Outage) -> dict[str, Any]:
    return {
        "code": "shutdown",
        "message": past_sentence(outage),
        "model": outage.model,
        "shutdown_date": outage.shutdown_on and outage.shutdown_on.isoformat(),
    }


def _unavailable(outages: list[Outage]) -> ProviderError:
    """To a pattern, a call that is not made is a call that failed."""
    said = " ".join(map(past_sentence, outages))
    return ProviderError(CODE, said, bought="nothing", retryable=False)
