"""A run as a reader with its link sees it: nothing of budgets, of other runs, or of its owner."""

from dataclasses import dataclass, replace

from runs.details import Detail
from runs.models import Run, RunShare
from runs.presenters.cost import CostCard, cost_card
from runs.presenters.deleted import titled
from runs.presenters.outcome import AnswerCard, answer_card
from runs.presenters.steps import StepRow, step_rows
from runs.selectors.journal import Books, Journal
from runs.states import StepStatus

TITLE_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class SharedRun:
    """What the page shows. `rows` is None where the steps aren't shared."""

    title: str
    whole_task: str
    answer: AnswerCard
    cost: CostCard
    rows: list[StepRow] | None
    tokens: int


def shared_run(share: RunShare, paid: Books, steps: Journal | None) -> SharedRun:
    """Put the page of a shared run together; `steps` is None where they aren't shared."""
    run = share.run
    task = run.task.strip()
    return SharedRun(
        title=titled(run)[:TITLE_CHARACTERS],
        whole_task=task if len(task) > TITLE_CHARACTERS or "\n" in task else "",
        answer=_answer(run),
        cost=cost_card(paid, steps=None),
        rows=None if steps is None else _rows(run, steps, paid),
        tokens=run.input_tokens + run.output_tokens,
    )


def _answer(run: Run) -> AnswerCard:
    """The answer; where there is none, no word of steps, which may not be shown."""
    card = answer_card(run)
    if card.empty is None or Detail.ANSWER in run.deleted_details:
        return card
    icon, title, _ = card.empty
    return replace(card, empty=(icon, title, "The run ended without one."))


def _rows(run: Run, steps: Journal, paid: Books) -> list[StepRow]:
    """The steps without what their owner could do with them."""
    rows, _ = step_rows(steps, paid.entries, run.answer)
    for row in rows:
        row.forkable = False
        if row.status == StepStatus.ASKED:
            row.preview = "It was not approved before the run ended"
    return rows
