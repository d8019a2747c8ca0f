"""One run of Plan-and-Solve. Steps that don't need each other are worked on side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from runs.engine.calls.request import Answer
from runs.engine.choosing import Suits
from runs.engine.context import Context
from runs.engine.errors import EmptyAnswer, EngineError, ModelRefused, ProviderError
from runs.engine.pattern import Params, Pattern, StopReason
from runs.engine.patterns.plan_and_solve.prompts import (
    AGGREGATE,
    EXECUTE,
    PLAN,
    PLAN_SCHEMA,
    RESULT_SCHEMA,
)
from runs.engine.plans import graph, steps
from runs.engine.plans.steps import PlannedStep
from runs.engine.step import Artifact
from runs.engine.tools.tool import shortened
from runs.engine.types import Message, Result

NOTHING = "Nothing yet."
NO_STEPS = "There is no plan, and no step was worked on. Answer the task directly."
PURSE = "execute/purse"
# Of all results together, in one prompt.
RESULTS_CHARS = 24_000
OUTLINE_CHARS = 8_000
DIGEST_CHARS = 200


class PlanAndSolveParams(Params):
    """How large a plan may be, and how often it may be changed."""

    max_steps: int = Field(
        8, ge=1, le=20, title="Most steps", description="Most steps of the plan."
    )
    max_replans: int = Field(
        0,
        ge=0,
        le=3,
        title="Most new plans",
        description="How often the rest is planned anew when a step is blocked.",
    )


OUTLINE = Artifact("outline", "plan")
RESULT = Artifact("step_result", "pen")
NO_PLAN = StopReason(
    "no_plan",
    "no usable plan",
    "The model made no usable plan, and the task was answered without one",
    "Rerun it with a stronger model for planning.",
)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a step ended: ok, blocked or failed."""

    result: str
    status: str
    note: str

    @property
    def digest(self) -> str:
        """In one line."""
        return f"{self.status}. {' '.join(self.note.split())}"[:DIGEST_CHARS]

    def told(self, most: int) -> str:
        """With its result, cut to so many characters."""
        return f"{self.digest}\n{shortened(self.result, most)}".strip()


class PlanAndSolve(Pattern[PlanAndSolveParams]):
    """A plan, its steps as soon as what they need is there, and an answer from their results."""

    key = "plan_and_solve"
    label = "Plan-and-Solve"
    summary = "The steps are known in advance."
    icon = "checklist"
    suits = Suits(
        "The steps are written down first, and each is then worked out with care.",
        facts=("no",),
        way=("known",),
        check=("reading", "progress"),
    )
    params = PlanAndSolveParams
    rounds = "max_steps"
    steps = (PLAN, EXECUTE, AGGREGATE)
    closing = AGGREGATE
    stop_reasons = (NO_PLAN,)
    artifacts = (OUTLINE, RESULT)

    def __init__(self, ctx: Context, options: PlanAndSolveParams) -> None:
        super().__init__(ctx, options)
        self.most = options.max_steps
        self.understood = ""
        self.plan: list[PlannedStep] = []
        self.planned = 0
        self.ended: dict[str, Ended] = {}
        self.failure: EngineError = EmptyAnswer("No step of the plan brought a usable result.")

    @classmethod
    def calls(cls, options: PlanAndSolveParams) -> tuple[int, int, int]:
        """Plan, steps and answer; a plan of one step needs no more than that step."""
        most, rounds = options.max_steps, 1 + options.max_replans
        return 2, min(most, 4) + 2, rounds * (1 + most) + 1

    @classmethod
    def forms_last(cls, options: PlanAndSolveParams) -> bool:
        """Of several steps, the last call makes the answer."""
        return False

    async def work(self) -> Result:
        """Plan, work on the steps, plan the rest anew where it is blocked, and answer."""
        self.most = await self.ctx.breadth(
            EXECUTE, PURSE, "steps", self.options.max_steps, lambda n: n + 2
        )
        if not await self._make_plan("plan"):
            return await self._without_plan()
        for replan in range(1, self.options.max_replans + 1):
            await self._work_off(skip=True)
            if all(self._is_ok(step.number) for step in self.plan):
                break
            if not await self._make_plan(f"replan/{replan}"):
                break
        await self._work_off(skip=False)
        return await self._delivered()

    async def _make_plan(self, position: str) -> bool:
        """Plan all that isn't done yet; False when no usable plan could be had."""
        done = [step for step in self.plan if self._is_ok(step.number)]
        numbers = [step.number for step in done]
        readable: list[dict[str, Any]] = []

        def check(plan: dict[str, Any]) -> list[str]:
            readable.append(plan)
            return steps.faults(plan["steps"], self.most, numbers)

        messages = self.ctx.messages(
            PLAN, results=self._results(sorted(self.ended, key=int)), limits=await self._limits()
        )
        request = self.ctx.request(PLAN, position, messages, schema=PLAN_SCHEMA)
        answer, plan = await self.ctx.structured(request, check)
        # What is still wrong with a plan that can be read has a remedy in `steps.numbered`.
        plan = plan or (readable[-1] if readable else None)
        if not plan or not plan["steps"]:
            await self.ctx.notice("fallback", "The model made no usable plan.", answer)
            return False
        if wrong := steps.faults(plan["steps"], self.most, numbers):
            message = f"The plan was put in order: {wrong[0][:300]}"
            await self.ctx.notice("fallback", message, answer)
        new = steps.numbered(plan["steps"], self.most, numbers, self.planned + 1)
        self.planned += len(new)
        self.plan = [*done, *new]
        self.understood = "\n".join([plan["understanding"], *(f"- {k}" for k in plan["known"])])
        await self.ctx.artifact(OUTLINE, answer, items=[self._item(step) for step in self.plan])
        return True

    async def _limits(self) -> str:
        purse = await self.ctx.purse(EXECUTE, PURSE)
        return f"At most {self.most} steps. {purse.line if purse else ''}".strip()

    def _item(self, step: PlannedStep) -> dict[str, Any]:
        key = self.ctx.key(f"execute/{step.number}")
        return {"id": step.number, "title": step.title, "needs": [*step.needs], "key": key}

    async def _work_off(self, *, skip: bool) -> None:
        """Work on all steps that have not ended; where `skip`, not on those behind a failed one."""
        left = [step for step in self.plan if step.number not in self.ended]
        numbers = {step.number for step in left}
        work = {step.number: self._execute(step, skip=skip) for step in left}
        await self.ctx.in_order(work, {step.number: numbers & {*step.needs} for step in left})

    async def _execute(self, step: PlannedStep, *, skip: bool) -> None:
        if skip and not all(map(self._is_ok, step.needs)):
            return
        position, label = f"execute/{step.number}", f"Step {step.number}: {step.title}"
        request = self.ctx.request(
            EXECUTE, position, self._asked(step), label, schema=RESULT_SCHEMA
        )
        try:
            answer, found = await self.ctx.structured(request)
        except (ProviderError, ModelRefused) as error:
            self.failure = error
            found = None
            note = str(error)
        else:
            note = "Its result could not be read."
        self.ended[step.number] = Ended(**found) if found else Ended("", "failed", note)
        if found:
            said = found["result"] or found["note"]
            self.ctx.notes.append(f"{step.title}: {said}")
            await self.ctx.artifact(RESULT, answer, text=said)

    def _asked(self, step: PlannedStep) -> list[Message]:
        """The step with the results that it needs, and a line of each that stands behind those."""
        behind = graph.behind(step.number, {one.number: one.needs for one in self.plan})
        return self.ctx.messages(
            EXECUTE,
            plan=self._outline(),
            results=self._results(step.needs, sorted(behind - {*step.needs}, key=int)),
            work=f"{step.number}. {step.title}\n{step.instruction}\nDone when: {step.done_when}",
        )

    def _outline(self) -> str:
        lines = [self.understood, "", *(step.line for step in self.plan)]
        return shortened("\n".join(lines).strip(), OUTLINE_CHARS) or "None."

    def _results(self, whole: Sequence[str], in_short: Sequence[str] = ()) -> str:
        most = RESULTS_CHARS // max(len(whole), 1)
        told = [f"Step {n}: {self.ended[n].digest}" for n in in_short]
        told += [f"Step {n}: {self.ended[n].told(most)}" for n in whole]
        return "\n\n".join(told) or NOTHING

    def _is_ok(self, number: str) -> bool:
        return number in self.ended and self.ended[number].status == "ok"

    async def _delivered(self) -> Result:
        """The only step's result, or an answer made of all results."""
        ends = [self.ended[step.number] for step in self.plan]
        if all(end.status == "failed" for end in ends):
            raise self.failure
        if len(ends) == 1 and ends[0].status == "ok" and ends[0].result.strip():
            return self.ctx.succeeded(ends[0].result.strip())
        self.ctx.warnings += [
            f"Step {step.number} “{step.title}”: {end.digest}"
            for step, end in zip(self.plan, ends, strict=True)
            if end.status != "ok"
        ]
        answer = await self._aggregate(self._results([step.number for step in self.plan]))
        whole = all(end.status == "ok" for end in ends)
        return self.ctx.answered(answer, "final" if whole else "best_effort")

    async def _without_plan(self) -> Result:
        self.ctx.warnings.append("The model made no usable plan.")
        return self.ctx.answered(await self._aggregate(NO_STEPS), "best_effort", NO_PLAN.code)

    async def _aggregate(self, results: str) -> Answer:
        messages = self.ctx.messages(AGGREGATE, plan=self._outline(), results=results)
        request = self.ctx.request(AGGREGATE, "aggregate", messages)
        return await self.ctx.final(request, "write the answer to the task.")

    async def conclude(self, reason: str) -> Result:
        """Answer from the results so far."""
        results = self._results(sorted(self.ended, key=int))
        answer = await self.ctx.closing_call(reason, plan=self._outline(), results=results)
        return self.ctx.succeeded(answer.text, "best_effort", reason)
