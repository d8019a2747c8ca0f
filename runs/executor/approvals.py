"""The engine's `Approvals` port on Postgres: questions are steps of the journal."""

from uuid import UUID

from runs.engine.types import Asked, ToolStep
from runs.executor.database import Database
from runs.executor.journal import PostgresJournal

# The newest attempt of a call that has no end yet.
READ_QUESTIONS = """
    SELECT DISTINCT ON (key) key, attempt, digest, status, request, decision FROM runs_step
    WHERE run_id = %s AND kind = 'tool' AND status IN ('asked', 'started')
    ORDER BY key, attempt DESC
"""


class PostgresApprovals:
    """What the owner of one run was asked, and said, in earlier epochs."""

    def __init__(self, run_id: UUID, database: Database, journal: PostgresJournal) -> None:
        self._run_id = run_id
        self._database = database
        self._journal = journal
        self._asked: dict[str, Asked] = {}

    async def load(self) -> None:
        """Read what earlier epochs left."""
        for key, attempt, digest, status, request, decision in await self._database.fetch(
            READ_QUESTIONS, self._run_id
        ):
            said = decision or {}
            self._asked[key] = Asked(
                attempt=attempt,
                digest=digest,
                reason=request.get("reason", "effect"),
                verdict=said.get("verdict", ""),
                comment=said.get("comment", ""),
                begun=status == "started",
            )

    def of(self, key: str) -> Asked | None:
        """The newest question about the call with this key, or that it had begun."""
        return self._asked.get(key)

    async def ask(self, step: ToolStep) -> None:
        """Journal the question."""
        await self._journal.tool_asked(step)
