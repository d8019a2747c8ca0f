"""What a pattern is: its declaration, which pages and API read, and one run of it."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from runs.engine.calls.closing import closing_bound, position
from runs.engine.choosing import Suits
from runs.engine.context import Context
from runs.engine.errors import MustConclude, Refused
from runs.engine.form import FORM, form_step
from runs.engine.forming import in_form
from runs.engine.step import Artifact, Step
from runs.engine.stop_reasons import REASONS
from runs.engine.types import Result, Spec


class Params(BaseModel):
    """A pattern's parameters. Unknown ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def label_of(name: str, schema: Mapping[str, Any]) -> str:
    """A parameter's own title; its name in words where pydantic only made one from it."""
    title = schema.get("title", "")
    words = name.replace("_", " ")
    return words.capitalize() if title in ("", words.title()) else str(title)


def option_of(value: str) -> str:
    """A value of a parameter that takes one of several, in words."""
    return "A model" if value == "llm" else value.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class StopReason:
    """Why a run ended as it did: a short form, a clause, and what to do for a whole answer."""

    code: str
    short: str
    clause: str
    advice: str = ""


# Of its parameters, as JSON: they are stored before anything is paid for.
MAX_PARAMS_BYTES = 10_000

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
    besides those of every run. `rounds` names the parameter that says how often it may go round.
    `icon` is one of `runs/_pattern_icon.html`. Without `suits`, it is offered and never advised.
    The only call of a pattern with `one_call` is made with the money of its closing call.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    summary: ClassVar[str]
    icon: ClassVar[str] = "other"
    suits: ClassVar[Suits | None] = None
    params: ClassVar[type[Params]] = Params
    steps: ClassVar[tuple[Step, ...]]
    closing: ClassVar[Step]
    rounds: ClassVar[str] = ""
    needs_tools: ClassVar[bool] = False
    conversation: ClassVar[bool] = False
    one_call: ClassVar[bool] = False
    params_bytes: ClassVar[int] = MAX_PARAMS_BYTES
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
    def forms_last(cls, options: P) -> bool:
        """True where its longest way ends in a text, which one more call puts into a form."""
        return True

    @classmethod
    def formula(cls, options: P, *, form: bool) -> tuple[int, int, int]:
        """`calls`, with the call that puts the answer into the form that the user wants."""
        least, usual, most = cls.calls(options)
        if not form:
            return least, usual, most
        most += cls.forms_last(options)
        return least, min(usual + 1, most), most

    @classmethod
    def closing_bound(cls, spec: Spec) -> tuple[str, int, int]:
        """Model, most input and most output tokens of the call whose money is held at the start."""
        return closing_bound(spec, cls.closing)

    @classmethod
    def is_answer(cls, call_key: str) -> bool:
        """True of a call whose text is the run's answer, from its first word on."""
        step = cls.step_of(call_key)
        return step is not None and step.concludes

    @classmethod
    def texts(cls, options: P) -> Iterable[str]:
        """What of its parameters a model reads as the user's own words."""
        return ()

    @classmethod
    def turn_bytes(cls, options: P) -> int:
        """The most that tools add to a conversation between two calls."""
        return 0

    @classmethod
    def refusal(cls, options: P, tools: Collection[str]) -> str:
        """Why it can't work with these tools, in words for the user; empty where it can."""
        return ""

    @classmethod
    def step_of(cls, call_key: str) -> Step | None:
        """The step of which a call with this key in the journal was one."""
        place = call_key.partition("/")[2]
        if place in map(position, REASONS):
            return cls.closing
        own = next((step for step in cls.steps if step.is_at(place)), None)
        return own or (form_step(cls.closing) if FORM.is_at(place) else None)

    async def run(self) -> Result:
        """Work; when money or time runs out, conclude with what there is; bring it into its form.

        Raises `Refused` for a run that can't work with its tools.
        """
        if reason := self.refusal(self.options, self.ctx.spec.tools):
            raise Refused("tool_missing", reason)
        try:
            result = await self.work()
        except MustConclude as cause:
            result = await self.conclude(cause.reason)
        return await in_form(self.ctx, self.closing, result)

    @abstractmethod
    async def work(self) -> Result:
        """The pattern itself. `MustConclude` is left to `run`."""

    async def conclude(self, reason: str) -> Result:
        """Deliver the draft; where there is none yet, the closing call writes a short answer."""
        if not self.ctx.draft:
            self.ctx.draft = (await self.ctx.closing_call(reason)).text
        return self.ctx.succeeded(self.ctx.draft, "best_effort", reason)


AnyPattern = type[Pattern[Any]]
