"""Reflexion: trials until one passes its test. What a failed one teaches goes into the next.

A verdict is data that was checked against a schema; exact checks of goals go before it. A trial
without a usable verdict never counts as a success.
"""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from runs.engine.calls.request import Answer
from runs.engine.choosing import Suits
from runs.engine.context import Context
from runs.engine.pattern import NO_PROGRESS, Params, Pattern, StopReason, same_words
from runs.engine.patterns.reflexion.checks import Judged, checks
from runs.engine.patterns.reflexion.steps import (
    CLOSE,
    CRITERIA,
    EVALUATE,
    LESSON_SCHEMA,
    LESSONS,
    PLAN,
    REFLECT,
    STANDARD_CRITERIA,
    TRY,
    VERDICT_SCHEMA,
    lesson_faults,
    verdict_faults,
)
from runs.engine.step import Step
from runs.engine.types import Result

NONE_YET = "None yet."
MAX_TRIALS = StopReason(
    "max_trials",
    "all trials used",
    "None of its trials passed the test",
    "Rerun it with more trials, or with goals that are easier to meet.",
)


class ReflexionParams(Params):
    """How often it tries, and who judges."""

    max_trials: int = Field(3, ge=1, le=6, title="Most trials", description="Most trials.")
    evaluator: Literal["llm", "checks", "both"] = Field(
        "both",
        title="Judged by",
        description=(
            "Who judges a trial: a model; exact checks of goals such as At most 50 words,"
            " Contains “tea”, Valid JSON; or the checks and then a model."
        ),
    )
    memory_size: int = Field(
        3, ge=1, le=6, title="Lessons kept", description="How many lessons are kept."
    )
    separate_plan: bool = Field(
        True, title="Plan each trial", description="Plan each trial before it."
    )


@dataclass(frozen=True, slots=True)
class Trial:
    """One judged result. `passed` is the share of exact checks that it meets."""

    n: int
    text: str
    verdict: Literal["success", "failure", "unknown"]
    passed: float
    score: float = 0.0
    criteria: tuple[Judged, ...] = ()
    feedback: str = ""

    @property
    def rank(self) -> tuple[float, float, int]:
        """The best trial has the highest; of equal ones, the latest."""
        return self.passed, self.score, self.n

    @property
    def report(self) -> str:
        """What the test says, for the one who learns from it."""
        unmet = [f"- Unmet: {one.name}: {one.evidence}" for one in self.criteria if not one.met]
        return "\n".join([self.feedback, *unmet]).strip()


class Reflexion(Pattern[ReflexionParams]):
    """Trials with a test each. The best one so far is what could be delivered."""

    key = "reflexion"
    label = "Reflexion"
    summary = "Success is testable; failures teach."
    icon = "retry"
    suits = Suits(
        "Each try is tested, and what went wrong is learnt before the next one.",
        facts=("no",),
        check=("test",),
    )
    params = ReflexionParams
    rounds = "max_trials"
    steps = (PLAN, TRY, EVALUATE, REFLECT, CLOSE)
    closing = CLOSE
    stop_reasons = (MAX_TRIALS, NO_PROGRESS)
    artifacts = (CRITERIA, LESSONS)

    def __init__(self, ctx: Context, options: ReflexionParams) -> None:
        super().__init__(ctx, options)
        self.trials: list[Trial] = []
        self.lessons: list[tuple[int, str]] = []
        self.checks = {} if options.evaluator == "llm" else checks(ctx.spec.goals)

    @classmethod
    def calls(cls, options: ReflexionParams) -> tuple[int, int, int]:
        """A trial is planned, made, judged by a model and learnt from; the last one is closed."""
        each = 2 + options.separate_plan + (options.evaluator != "checks")
        most = each * options.max_trials
        return each - 1, min(2 * each - 1, most), most

    @classmethod
    def forms_last(cls, options: ReflexionParams) -> bool:
        """A trial that passes needs no last call to close it."""
        return False

    async def work(self) -> Result:
        """Trials until a success, a repetition, or the last one."""
        for n in range(1, self.options.max_trials + 1):
            answer = await self._try(n, await self._plan(n))
            if self.options.evaluator == "checks" and not self.checks:
                return self._unjudged()
            if any(same_words(answer.text, trial.text) for trial in self.trials):
                return await self._close(NO_PROGRESS)
            trial = await self._judge(n, answer)
            self.trials.append(trial)
            self.ctx.draft = self._best.text
            if trial.verdict == "success":
                return self._passed(answer)
            if n < self.options.max_trials and trial.verdict == "failure":
                await self._reflect(trial)
        return await self._close(MAX_TRIALS)

    async def _plan(self, n: int) -> str:
        """A plan for the trial; empty where none is asked for."""
        if not self.options.separate_plan:
            return ""
        messages = self.ctx.messages(PLAN, lessons=self._memory)
        if purse := await self.ctx.purse(PLAN, f"t{n}/plan/purse"):
            messages[-1]["content"] += f"\n\n{purse.line}"
        request = self.ctx.request(PLAN, f"t{n}/plan", messages, **self._shown(n, "planning"))
        return (await self.ctx.call(request)).text

    async def _try(self, n: int, plan: str) -> Answer:
        messages = self.ctx.messages(TRY, lessons=self._memory, plan=plan or NONE_YET)
        request = self.ctx.request(TRY, f"t{n}/try", messages, **self._shown(n, "trying"))
        answer = await self.ctx.text(request, "give the result the task asks for.")
        self.ctx.draft = self.ctx.draft or answer.text
        return answer

    async def _judge(self, n: int, answer: Answer) -> Trial:
        """Exact checks first: one that fails decides, and no model is asked."""
        found = tuple(check(answer.text) for check in self.checks.values())
        passed = sum(one.met for one in found) / len(found) if found else 1.0
        if passed < 1 or self.options.evaluator == "checks":
            await self._show(answer, n, found)
            verdict: Literal["success", "failure"] = "success" if passed == 1 else "failure"
            return Trial(n, answer.text, verdict, passed, passed, found)
        return await self._evaluate(n, answer.text, found)

    async def _evaluate(self, n: int, text: str, checked: tuple[Judged, ...]) -> Trial:
        open_goals = [f"- {goal}" for goal in self.ctx.spec.goals if goal not in self.checks]
        criteria = "\n".join(open_goals) or STANDARD_CRITERIA
        messages = self.ctx.messages(EVALUATE, result=text, criteria=criteria)
        answer, found = await self._structured(
            EVALUATE, n, "testing", messages, VERDICT_SCHEMA, verdict_faults
        )
        if found is None:
            await self.ctx.notice("fallback", f"Trial {n} is unjudged: unusable verdict.", answer)
            self.ctx.warnings.append(f"Trial {n} could not be judged.")
            return Trial(n, text, "unknown", 1.0, criteria=checked)
        judged = (*checked, *(Judged(**one) for one in found["criteria"]))
        await self._show(answer, n, judged)
        return Trial(n, text, found["verdict"], 1.0, found["score"], judged, found["feedback"])

    async def _reflect(self, trial: Trial) -> None:
        """Learn from a failure; where no lesson can be had, what the test said has to do."""
        messages = self.ctx.messages(REFLECT, result=trial.text, test=trial.report)
        answer, found = await self._structured(
            REFLECT, trial.n, "learning", messages, LESSON_SCHEMA, lesson_faults
        )
        if found is None:
            message = f"Trial {trial.n}: no usable lesson, so the test's report stands for it."
            await self.ctx.notice("fallback", message, answer)
            lesson = trial.report
        else:
            lesson = f"{found['lesson']} {found['next_strategy']}".strip()
        self.lessons.append((trial.n, lesson))
        kept = self.lessons[-self.options.memory_size :]
        pairs = [{"name": f"Trial {n}", "text": text} for n, text in kept]
        await self.ctx.artifact(LESSONS, answer, pairs=pairs, unused=len(self.lessons) - len(kept))

    async def _structured(
        self, step: Step, n: int, doing: str, messages: list[Any], schema: Any, check: Any
    ) -> tuple[Answer, dict[str, Any] | None]:
        position = f"t{n}/{step.key}"
        request = self.ctx.request(step, position, messages, schema=schema, **self._shown(n, doing))
        return await self.ctx.structured(request, check)

    async def _show(self, after: Answer, n: int, judged: tuple[Judged, ...]) -> None:
        rows = [[one.name, "yes" if one.met else "no", one.evidence] for one in judged]
        columns = ["Criterion", "Met", "Evidence"]
        await self.ctx.artifact(CRITERIA, after, trial=n, columns=columns, rows=rows)

    async def _close(self, reason: StopReason) -> Result:
        """A last result from the best trial and the lessons."""
        messages = self.ctx.messages(CLOSE, result=self._best.text, lessons=self._memory)
        answer = await self.ctx.final(
            self.ctx.request(CLOSE, "close", messages), "write the result the task asks for."
        )
        missed = [one for check in self.checks.values() if not (one := check(answer.text)).met]
        self.ctx.warnings += [f"A goal is not met: {one.name}. {one.evidence}" for one in missed]
        return self.ctx.succeeded(answer.text, "best_effort", reason.code)

    def _passed(self, answer: Answer) -> Result:
        if self.options.evaluator == "checks":
            self._warn_of_unjudged()
        return self.ctx.answered(answer)

    def _unjudged(self) -> Result:
        """No goal can be checked and no model is asked: further trials would learn nothing."""
        self.ctx.warnings.append("Not tested: it has no goal that can be checked exactly.")
        self._warn_of_unjudged()
        return self.ctx.succeeded(self.ctx.draft, "best_effort")

    def _warn_of_unjudged(self) -> None:
        left = [goal for goal in self.ctx.spec.goals if goal not in self.checks]
        self.ctx.warnings += [f"This goal was not tested: {goal}" for goal in left]

    async def conclude(self, reason: str) -> Result:
        """Deliver the best trial; where there is none yet, write a short answer."""
        if not self.ctx.draft:
            answer = await self.ctx.closing_call(reason, result=NONE_YET, lessons=NONE_YET)
            self.ctx.draft = answer.text
        return self.ctx.succeeded(self.ctx.draft, "best_effort", reason)

    @property
    def _best(self) -> Trial:
        return max(self.trials, key=lambda trial: trial.rank)

    @property
    def _memory(self) -> str:
        kept = self.lessons[-self.options.memory_size :]
        return "\n".join(f"- Trial {n}: {text}" for n, text in kept) or NONE_YET

    def _shown(self, n: int, doing: str) -> dict[str, Any]:
        most = self.options.max_trials
        return {"label": f"Trial {n} of {most}: {doing}", "n": n, "of": most}
