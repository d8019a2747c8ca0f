"""What a pattern is: its declaration, which pages and API read, and one run of it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from runs.engine.calls.closing import REASONS, position
from runs.engine.context import Context
from runs.engine.errors import MustConclude
from runs.engine.step import Artifact, Step
from runs.engine.types import Result


class Params(BaseModel):
    """A pattern's parameters. Unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class StopReason:
    """Why a run ended as it did: a short form, a clause, and what to do for a whole answer."""

    code: str
    short: str
    clause: str
    advice: str = ""


NO_PROGRESS = StopReason("no_progress", "no more progress", "It stopped making progress")
NO_PLAN = StopReason(
    "no_plan",
    "no usable plan",
    "Its plan could not be used",
    "Rerun it, or choose a pattern that needs no plan.",
)

P = TypeVar("P", bound=Params)


def same_words(text: str, other: str) -> bool:
    """True when two texts differ in their blanks at most: the later one is no progress."""
    return text.split() == other.split()


class Pattern(ABC, Generic[P]):
    """One way to work on a task. The class declares it; an instance is one run of it.

    `closing` is the step whose prompt concludes a run that is out of money or time. In a
    `conversation`, each call is sent all that came before. `stop_reasons` are the pattern's own,
    besides those of every run. `icon` is one of `runs/_pattern_icon.html`.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    summary: ClassVar[str]
    icon: ClassVar[str] = "other"
    params: ClassVar[type[Params]] = Params
    steps: ClassVar[tuple[Step, ...]]
    closing: ClassVar[Step]
    needs_tools: ClassVar[bool] = False
    conversation: ClassVar[bool] = False
    stop_reasons: ClassVar[tuple[StopReason, ...]] = ()
    artifacts: ClassVar[tuple[Artifact, ...]] = ()

    def __init__(self, ctx: Context, options: P) -> None:
        self.ctx = ctx
        self.options = options

    @classmethod
    @abstractmethod
    def calls(cls, options: P) -> tuple[int, int, int]:
        """The least, usual and most LLM calls; repairs and retries come on top."""

    @classmethod
    def turn_bytes(cls, options: P) -> int:
        """The most that tools add to a conversation between two calls."""
        return 0

    @classmethod
    def step_of(cls, call_key: str) -> Step | None:
        """The step of which a call with this key in the journal was one."""
        place = call_key.partition("/")[2]
        if place in map(position, REASONS):
            return cls.closing
        return next((step for step in cls.steps if step.is_at(place)), None)

    async def run(self) -> Result:
        """Work; when money or time runs out, conclude with what there is."""
        try:
            return await self.work()
        except MustConclude as cause:
            return await self.conclude(cause.reason)

    @abstractmethod
    async def work(self) -> Result:
        """The pattern itself. `MustConclude` is left to `run`."""

    async def conclude(self, reason: str) -> Result:
        """Deliver the draft; where there is none yet, the closing call writes a short answer."""
        if not self.ctx.draft:
            self.ctx.draft = (await self.ctx.closing_call(reason)).text
        return self.ctx.succeeded(self.ctx.draft, "best_effort", reason)


AnyPattern = type[Pattern[Any]]
