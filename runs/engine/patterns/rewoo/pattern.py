"""One run of ReWOO."""

from typing import Any

from runs.engine.calls.request import Answer
from runs.engine.choosing import Suits
from runs.engine.context import Context
from runs.engine.errors import EmptyAnswer, ModelRefused, ProviderError
from runs.engine.pattern import NO_PLAN, Pattern
from runs.engine.patterns.rewoo.steps import (
    EVIDENCE,
    LLM,
    LLM_TOOL,
    NOTHING,
    PLAN,
    SOLVE,
    WORK,
    ReWOOParams,
)
from runs.engine.plans.references import referenced
from runs.engine.plans.running import blocked, carry_out, described, gathered
from runs.engine.plans.tasks import Task, call_fault, faults, plan_schema, read_plan, shown
from runs.engine.tools.tool import Outcome
from runs.engine.types import AnswerKind, Result


class ReWOO(Pattern[ReWOOParams]):
    """One plan, evidence for each of its steps, one answer."""

    key = "rewoo"
    label = "ReWOO"
    summary = "Evidence is foreseeable; cost matters."
    icon = "wires"
    suits = Suits(
        "All look-ups are planned in one call and read in another, however many there are.",
        outcome=("answer", "text"),
        facts=("yes",),
        way=("known",),
        priority=("cost",),
    )
    params = ReWOOParams
    rounds = "max_steps"
    steps = (PLAN, WORK, SOLVE)
    closing = SOLVE
    needs_tools = True
    stop_reasons = (NO_PLAN,)
    artifacts = (EVIDENCE,)

    def __init__(self, ctx: Context, options: ReWOOParams) -> None:
        super().__init__(ctx, options)
        self.tasks: list[Task] = []
        self.outcomes: dict[str, Outcome] = {}
        self.most_llm_steps = 0

    @classmethod
    def calls(cls, options: ReWOOParams) -> tuple[int, int, int]:
        """Plan and answer, the latter alone without tools; a call for each question to a model."""
        return 1, 2, 2 + options.max_steps * options.llm_steps

    @classmethod
    def forms_last(cls, options: ReWOOParams) -> bool:
        """The answer is always the last call’s."""
        return False

    async def work(self) -> Result:
        """Plan, gather, solve."""
        if not await self._plan():
            self.ctx.warnings.append("No usable plan was made, so that no evidence was gathered.")
            return await self._solve("best_effort", NO_PLAN.code)
        places = {task.id: place for place, task in enumerate(self.tasks, start=1)}
        await self.ctx.in_order(
            {task.id: self._gather(places[task.id], task) for task in self.tasks},
            {task.id: task.needs for task in self.tasks},
        )
        return await self._solve()

    async def _plan(self) -> bool:
        """Make the plan; False when none could be used."""
        most = self.options.max_steps
        if self.options.llm_steps:
            self.most_llm_steps = await self.ctx.breadth(
                PLAN, "breadth", "questions to a model", most, lambda questions: questions + 2
            )
        tools = [spec["function"]["name"] for spec in self.ctx.tools.box.specs()]
        if self.most_llm_steps:
            tools.append(LLM)
        if not tools:
            return True
        request = self.ctx.request(
            PLAN,
            "plan",
            self.ctx.messages(PLAN, tools=self._described(), limits=await self._limits()),
            schema=plan_schema("evidence_plan", tools, depends_on=False),
        )
        answer, plan = await self.ctx.structured(request, self._faults)
        if plan is None:
            await self.ctx.notice("fallback", "The plan was unusable, also when repaired.", answer)
            return False
        self.tasks = read_plan(plan)
        await self._show(answer)
        return True

    def _described(self) -> str:
        return described(self.ctx.tools.box, [LLM_TOOL] if self.most_llm_steps else [])

    async def _limits(self) -> str:
        lines = [f"At most {self.options.max_steps} steps."]
        if self.most_llm_steps:
            lines.append(f"At most {self.most_llm_steps} of them with {LLM}.")
        if purse := await self.ctx.purse(PLAN, "purse"):
            lines.append(purse.line)
        return "\n".join(lines)

    def _faults(self, plan: dict[str, Any]) -> list[str]:
        """What is wrong with a plan that fits its schema."""
        tasks = read_plan(plan)
        found = faults(tasks, self.options.max_steps, self._fault)
        if sum(task.tool == LLM for task in tasks) > self.most_llm_steps:
            found.append(f"At most {self.most_llm_steps} steps may use {LLM}.")
        earlier: set[str] = set()
        for task in [] if found else tasks:
            if later := sorted(task.needs - earlier):
                found.append(f"{task.id} refers to {', '.join(later)}, which comes later.")
            earlier.add(task.id)
        return found

    def _fault(self, task: Task) -> str:
        if task.tool != LLM:
            return call_fault(task, self.ctx.tools.box)
        return "" if _question(task) else f"{task.id}: arguments_json needs a text “question”."

    async def _show(self, answer: Answer) -> None:
        keys = [self.ctx.key(_position(n, task)) for n, task in enumerate(self.tasks, start=1)]
        if items := shown(self.tasks, keys):
            await self.ctx.artifact(EVIDENCE, answer, items=items)

    async def _gather(self, place: int, task: Task) -> None:
        """The evidence of one step. What fails is evidence too, that there is none."""
        if task.tool == LLM:
            outcome = blocked(task, self.outcomes) or await self._ask(place, task)
        else:
            outcome = await carry_out(self.ctx, _position(place, task), task, self.outcomes)
        self.outcomes[task.id] = outcome
        if outcome.ok:
            self.ctx.notes.append(f"{task.purpose}: {outcome.text}")

    async def _ask(self, place: int, task: Task) -> Outcome:
        question = _question(task)
        given = self._evidence(referenced(question))
        request = self.ctx.request(
            WORK,
            _position(place, task),
            self.ctx.messages(WORK, question=question, evidence=given),
            f"{task.id}: {task.purpose}"[:100],
            n=place,
            of=len(self.tasks),
        )
        try:
            answer = await self.ctx.text(request, question)
        except (ProviderError, ModelRefused, EmptyAnswer) as error:
            return Outcome(str(error), "failed")
        return Outcome(answer.text)

    def _evidence(self, ids: set[str] | None = None) -> str:
        """What was gathered so far, of these steps or of all, in the plan's order."""
        tasks = [task for task in self.tasks if ids is None or task.id in ids]
        return gathered(tasks, self.outcomes, self.options.evidence_chars) or NOTHING

    async def _solve(self, kind: AnswerKind = "final", stop_reason: str = "completed") -> Result:
        messages = self.ctx.messages(SOLVE, evidence=self._evidence())
        answer = await self.ctx.final(
            self.ctx.request(SOLVE, "solve", messages), "write the answer."
        )
        return self.ctx.answered(answer, kind, stop_reason)

    async def conclude(self, reason: str) -> Result:
        """Solve from the evidence so far."""
        answer = await self.ctx.closing_call(reason, evidence=self._evidence())
        return self.ctx.succeeded(answer.text, "best_effort", reason)


def _position(place: int, task: Task) -> str:
    return f"work/{place}" if task.tool == LLM else f"tool/{place}"


def _question(task: Task) -> str:
    """The question of a step for a model; empty when there is none."""
    value = task.value
    question = value.get("question") if isinstance(value, dict) else None
    return question.strip() if isinstance(question, str) else ""
