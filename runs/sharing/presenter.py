"""A run as a reader with its link sees it: nothing of budgets, of other runs, or of its owner."""

from dataclasses import dataclass, replace

from runs.engine.calls.purse import TOOL as PURSE
from runs.models import RunShare
from runs.presenters.cost import CostCard, cost_card
from runs.presenters.deleted import titled
from runs.presenters.outcome import AnswerCard, answer_card
from runs.presenters.steps import StepRow, name_answer, step_rows
from runs.selectors.journal import books, journal

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


def shared_run(share: RunShare) -> SharedRun:
    """Put the page of a shared run together."""
    run = share.run
    paid = books(run)
    task = run.task.strip()
    return SharedRun(
        title=titled(run)[:TITLE_CHARACTERS],
        whole_task=task if len(task) > TITLE_CHARACTERS or "\n" in task else "",
        answer=answer_card(run),
        cost=cost_card(paid, steps=None),
        rows=_rows(share) if share.with_steps else None,
        tokens=run.input_tokens + run.output_tokens,
    )


def _rows(share: RunShare) -> list[StepRow]:
    """The steps but those that look into budgets, without what their owner said or could do."""
    found = journal(share.run)
    kept = [step for step in found.steps if step.request.get("tool") != PURSE]
    rows, _ = step_rows(replace(found, steps=kept), books(share.run).entries)
    name_answer(rows, share.run.answer)
    for row in rows:
        row.forkable, row.decision = False, ""
    return rows
