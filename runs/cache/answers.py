"""Answers that may be given again, read from the runs that paid for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings

from billing.jsonb import jsonb
from billing.money import format_usd
from billing.sql import schema
from billing.statements import Row, Statement, from_json, run
from runs.engine.tools.registry import TOOLS
from runs.engine.types import Result
from runs.states import CacheMode

FIND = f"""
    SELECT r.id, r.answer, r.stop_reason, r.sources, r.warnings, r.cost_usd
    FROM runs_run r WHERE r.id = {schema("runs")}.kept_run(%s, %s, %s)
"""  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer, and the run that paid for it."""

    run_id: UUID
    answer: str
    stop_reason: str
    sources: Sequence[dict[str, Any]]
    warnings: Sequence[str]
    cost_usd: Decimal

    @property
    def result(self) -> Result:
        """As the end of a run that has it from there."""
        return Result(
            "succeeded",
            self.answer,
            "final",
            self.stop_reason,
            sources=tuple(self.sources),
            warnings=tuple(self.warnings),
        )

    @property
    def figures(self) -> dict[str, str]:
        """Whose it is and what that saved, as the notice `cache_hit` says it."""
        return {"run": str(self.run_id), "saved_usd": format_usd(self.cost_usd)}


def find_answer(
    *, owner_id: int, digest: str, locked: bool = False
) -> Statement[KeptAnswer | None]:
    """The newest answer to an equal run of this user; None when none is kept.

    With `locked`, the run that paid for it can't be deleted before the end of the transaction.
    """
    given = (owner_id, digest, jsonb(kept()))
    return Statement(FIND + "FOR KEY SHARE OF r" * locked, given, _kept)


def kept_answer(
    *, owner_id: int, cache: str, digest: str | None, locked: bool = False
) -> KeptAnswer | None:
    """What a submit that wants this of the cache gets from it."""
    if cache != CacheMode.USE or digest is None:
        return None
    return run(find_answer(owner_id=owner_id, digest=digest, locked=locked))


def kept() -> dict[str, Any]:
    """Which answers are given again, as SQL takes it."""
    return {"seconds": settings.RESULT_CACHE_S, "stable_tools": stable_tools()}


def stable_tools() -> list[str]:
    """The names of the tools that answer alike at any time."""
    return [tool.name for tool in TOOLS.values() if tool.stable]


def _kept(rows: Sequence[Row]) -> KeptAnswer | None:
    if not rows:
        return None
    run_id, answer, stop_reason, sources, warnings, cost = rows[0]
    return KeptAnswer(run_id, answer, stop_reason, from_json(sources), from_json(warnings), cost)
