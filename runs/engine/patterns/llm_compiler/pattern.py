"""One run of LLMCompiler."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from runs.engine.calls.request import Answer
from runs.engine.calls.written import is_written_call
from runs.engine.choosing import Suits
from runs.engine.context import Context
from runs.engine.model_json import Unreadable, read_json
from runs.engine.pattern import NO_PLAN, Pattern
from runs.engine.patterns.llm_compiler.steps import (
    GRAPH,
    JOIN,
    NOTHING,
    PLAN,
    REPLAN,
    REPLAN_TOOL,
    LLMCompilerParams,
)
from runs.engine.plans.dispatch import Dispatch
from runs.engine.plans.running import described, gathered
from runs.engine.plans.tasks import Task, call_fault, faults, plan_schema, read_plan, shown
from runs.engine.tools.tool import Outcome
from runs.engine.types import Reply, Result


class LLMCompiler(Pattern[LLMCompilerParams]):
    """Plans of calls, each run as soon as it can be, until the joiner can answer."""

    key = "llm_compiler"
    label = "LLMCompiler"
    summary = "Several look-ups answer one question."
    icon = "graph"
    suits = Suits(
        "All that can be looked up at once is looked up at once, and one call joins it.",
        outcome=("answer", "text"),
        facts=("yes",),
        way=("known",),
        priority=("speed", "quality"),
    )
    params = LLMCompilerParams
    steps = (PLAN, JOIN)
    closing = JOIN
    needs_tools = True
    stop_reasons = (NO_PLAN,)
    artifacts = (GRAPH,)

    def __init__(self, ctx: Context, options: LLMCompilerParams) -> None:
        super().__init__(ctx, options)
        self.tasks: dict[str, Task] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.missing = ""

    @classmethod
    def calls(cls, options: LLMCompilerParams) -> tuple[int, int, int]:
        """A plan and a joiner each round; without tools, the joiner alone."""
        return 1, 2, 2 * (1 + options.max_replans)

    @classmethod
    def forms_last(cls, options: LLMCompilerParams) -> bool:
        """After its last plan, the joiner can only answer."""
        return False

    async def work(self) -> Result:
        """Plan, run and join, again while the joiner misses something."""
        last = self.options.max_replans + 1
        for round in range(1, last + 1):
            plan = await self._plan_and_run(round)
            if plan is None:
                return await self._without_plan(round)
            if not plan or round == last:
                break
            if answer := await self._join_or_replan(round):
                return self.ctx.answered(answer)
        return self.ctx.answered(await self._join(f"join/{round}", forbidden=round > 1))

    async def _plan_and_run(self, round: int) -> list[Task] | None:
        """The tasks of this round, which have ended; None when no plan could be used."""
        tools = [spec["function"]["name"] for spec in self.ctx.tools.box.specs()]
        if not tools:
            return []
        schema = plan_schema("call_plan", tools, depends_on=True)
        position, most = partial(_position, round), self.options.max_tasks
        async with Dispatch(self.ctx, position, schema, most, self.outcomes) as dispatch:
            plan = await self._plan(round, schema, dispatch)
            if plan:
                await self._run(plan, dispatch)
        return plan

    async def _plan(
        self, round: int, schema: dict[str, Any], dispatch: Dispatch
    ) -> list[Task] | None:
        box = self.ctx.tools.box
        messages = self.ctx.messages(
            PLAN, tools=described(box), limits=await self._limits(round), results=self._so_far()
        )
        request = self.ctx.request(
            PLAN,
            f"plan/{round}",
            messages,
            PLAN.label if round == 1 else "Planning further calls",
            schema=schema,
            heard=dispatch.hear,
            n=round,
            of=self.options.max_replans + 1,
        )
        answer, plan = await self.ctx.structured(request, self._faults)
        if plan is None:
            await self.ctx.notice("fallback", "The plan was unusable, also when repaired.", answer)
            return None
        tasks = read_plan(plan)
        await self._show(round, tasks, answer)
        return tasks

    async def _limits(self, round: int) -> str:
        lines = [f"At most {self.options.max_tasks} tasks."]
        if purse := await self.ctx.purse(PLAN, f"purse/{round}"):
            lines.append(purse.line)
        return "\n".join(lines)

    def _so_far(self) -> str:
        """For a further plan: what there is, and what is missing."""
        if not self.tasks:
            return ""
        return f"{self._results()}\n\n<missing>\n{self.missing}\n</missing>"

    def _faults(self, plan: dict[str, Any]) -> list[str]:
        """What is wrong with a plan that fits its schema."""
        tasks, box = read_plan(plan), self.ctx.tools.box
        return faults(tasks, self.options.max_tasks, lambda task: call_fault(task, box), self.tasks)

    async def _show(self, round: int, tasks: Sequence[Task], answer: Answer) -> None:
        keys = [self.ctx.key(_position(round, n)) for n in range(1, len(tasks) + 1)]
        if items := shown(tasks, keys):
            await self.ctx.artifact(GRAPH, answer, items=items)

    async def _run(self, plan: Sequence[Task], dispatch: Dispatch) -> None:
        """Run each task as soon as those that it needs have ended."""
        known = {*self.tasks}
        self.tasks |= {task.id: task for task in plan}
        await self.ctx.in_order(
            {
                task.id: self._carry_out(place, plan, dispatch)
                for place, task in enumerate(plan, start=1)
            },
            {task.id: task.needs - known for task in plan},
        )

    async def _carry_out(self, place: int, plan: Sequence[Task], dispatch: Dispatch) -> None:
        task = plan[place - 1]
        outcome = await dispatch.outcome(place, plan, self.outcomes)
        self.outcomes[task.id] = outcome
        if outcome.ok:
            self.ctx.notes.append(f"{task.purpose}: {outcome.text}")

    def _results(self) -> str:
        """What the tasks brought so far, in the plans' order."""
        tasks, most = self.tasks.values(), self.options.result_chars
        return gathered(tasks, self.outcomes, most) or NOTHING

    async def _join_or_replan(self, round: int) -> Answer | None:
        """The answer; None when the joiner asks for another plan, and says what is missing."""
        messages = self.ctx.messages(JOIN, results=self._results())
        request = self.ctx.request(
            JOIN, f"join/{round}", messages, tools=[REPLAN_TOOL], parallel=False
        )
        answer = await self.ctx.call(request)
        self.missing = _missing(answer.reply)
        if self.missing:
            return None
        written_call = is_written_call(answer.text, [REPLAN])
        if answer.text and not answer.reply.tool_calls and not written_call:
            return answer
        return await self._join(f"join/{round}/last")

    async def _join(self, position: str, *, forbidden: bool = False) -> Answer:
        """The answer of a joiner that can't ask for anything else.

        Where one before it could, its prompt begins with the tool too, now `forbidden`: so the
        provider has it cached.
        """
        declared: dict[str, Any] = {"tools": [REPLAN_TOOL], "tool_choice": "none"}
        messages = self.ctx.messages(JOIN, results=self._results())
        request = self.ctx.request(
            JOIN, position, messages, **(declared if forbidden else {}), parallel=False
        )
        return await self.ctx.final(request, "write the answer.")

    async def _without_plan(self, round: int) -> Result:
        """Answer from what there is; nothing is run that was not planned."""
        self.ctx.warnings.append("No usable plan was made, so that no tool was used for it.")
        answer = await self._join(f"join/{round}", forbidden=round > 1)
        return self.ctx.answered(answer, "best_effort", NO_PLAN.code)

    async def conclude(self, reason: str) -> Result:
        """Join what there is."""
        answer = await self.ctx.closing_call(reason, results=self._results())
        return self.ctx.succeeded(answer.text, "best_effort", reason)


def _position(round: int, place: int) -> str:
    return f"tool/{round}/{place}"


def _missing(reply: Reply) -> str:
    """What the joiner says is missing, when it asks for another plan; else empty."""
    for call in reply.tool_calls:
        if call.name == REPLAN:
            try:
                arguments = read_json(call.arguments or "{}")
            except Unreadable:
                return ""
            missing = arguments.get("missing") if isinstance(arguments, dict) else None
            return missing.strip() if isinstance(missing, str) else ""
    return ""
