"""The whole page of a run, from its rows."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from billing.money import format_usd
from runs.engine.registry import PATTERNS
from runs.engine.tools.registry import TOOLS
from runs.estimate.presenter import EstimateWords, in_words
from runs.estimate.selectors import Estimate
from runs.models import Run
from runs.presenters.cost import CostCard, cost_card
from runs.presenters.outcome import Alert, AnswerCard, alert, answer_card, ended
from runs.presenters.steps import Gap, StepRow, name_answer, step_rows
from runs.selectors.journal import Books, Journal
from runs.selectors.queue import Place
from runs.states import Status, StepStatus

TITLE_CHARACTERS = 300
PHONE_TITLE_CHARACTERS = 100
# Workers look for runs every two seconds.
SOON_S = 2


@dataclass(frozen=True, slots=True)
class RunPage:
    """What the partials of the page show."""

    title: str
    cut: str
    alert: Alert | None
    answer: AnswerCard
    cost: CostCard
    rows: list[StepRow]
    timeline: list[StepRow | Gap]
    now_doing: str
    now: datetime
    since: datetime
    elapsed: timedelta
    place: Place | None
    starts: str
    estimate: EstimateWords | None
    recovered_at: int | None
    tokens: int
    ended: str
    tools: list[str]
    params: list[tuple[str, Any]]
    api_body: str

    @property
    def counts(self) -> str:
        """How many steps there are of each state: `3 done · 1 running`."""
        words = {StepStatus.STARTED: "running"}
        counted = Counter(StepStatus(row.status) for row in self.rows)
        done = counted.pop(StepStatus.DONE, 0)
        others = (f"{n} {words.get(state, state.label.lower())}" for state, n in counted.items())
        return " · ".join((f"{done} done", *others))

    @property
    def retries(self) -> int:
        """Attempts beyond the first of each step."""
        return sum(len(row.attempts) - 1 for row in self.rows)


def _cut(task: str) -> str:
    """Where the title can't show the whole task: `always`, only on a `phone`, or nowhere."""
    if len(task) > TITLE_CHARACTERS or "\n" in task:
        return "always"
    return "phone" if len(task) > PHONE_TITLE_CHARACTERS else ""


def _tools(run: Run) -> list[str]:
    """The names of the tools, where the pattern uses any."""
    if not _uses_tools(run):
        return []
    return [TOOLS[name].label if name in TOOLS else name for name in run.tools]


def _words(value: Any) -> Any:
    """A parameter's value as a reader says it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else value


def _params(run: Run) -> dict[str, Any]:
    """The parameters in the pattern's own order, which JSONB doesn't keep."""
    pattern = PATTERNS.get(run.pattern)
    order = list(pattern.params.model_fields) if pattern else []
    known = {name: run.params[name] for name in order if name in run.params}
    return {**known, **run.params}


def _uses_tools(run: Run) -> bool:
    pattern = PATTERNS.get(run.pattern)
    return pattern is None or pattern.needs_tools


def _now_doing(run: Run, rows: list[StepRow]) -> str:
    """One sentence for the status line."""
    if run.ended:
        return f"The run has ended: {run.get_status_display().lower()}"
    if run.status == Status.QUEUED:
        return "Waiting for a worker" if run.needs_usd is None else "Waiting for money"
    live = [row for row in rows if row.live]
    if not live:
        return "Working"
    return live[-1].label if len(live) == 1 else f"{len(live)} steps at once"


def _limit_reached(journal: Journal) -> dict[str, Any] | None:
    """The figures of the limit that stopped the run's buying, where one did."""
    reached = [e.data for e in journal.events if e.data.get("code") == "out_of_money"]
    return reached[-1] if reached else None


def _api_body(run: Run) -> str:
    """The body of the same submit over the API, safe inside the single quotes of a shell."""
    body: dict[str, Any] = {"task": run.task, "pattern": run.pattern, "model": run.model}
    if run.params:
        body["params"] = _params(run)
    if _uses_tools(run):
        body["tools"] = run.tools
    if run.max_cost_usd is not None:
        body["max_cost_usd"] = format_usd(run.max_cost_usd)
    if instructions := run.config.get("custom_instructions"):
        body["custom_instructions"] = instructions
    text = json.dumps(body, ensure_ascii=False, indent=2)
    return text.replace("'", "'\\''")


def _starts(place: Place | None) -> str:
    """When a queued run starts, as far as that is known."""
    if place is None or place.starts_in_s is None:
        return "start not known yet"
    if place.starts_in_s < SOON_S:
        return "starts in a moment"
    seconds = round(place.starts_in_s)
    return (
        f"starts in about {seconds} s" if seconds < 90 else f"starts in about {seconds // 60} min"
    )


def _recovered_at(journal: Journal) -> int | None:
    """The step at which the run went on when it was last resumed."""
    notices = [event.data for event in journal.events if event.type == "notice"]
    steps = [data["step"] for data in notices if data.get("code") == "recovered"]
    return int(steps[-1]) if steps else None


def run_page(
    run: Run, journal: Journal, books: Books, place: Place | None, found: Estimate | None
) -> RunPage:
    """Put the page together. The books are the newest word on the cost.

    A queued run has a place, and an estimate where one is possible.
    """
    run.cost_usd = books.run_usd
    rows, timeline = step_rows(journal, books.entries)
    name_answer(rows, run.answer)
    since = (None if place else run.started_at) or run.created_at
    now = timezone.now()
    return RunPage(
        title=run.task[:TITLE_CHARACTERS],
        cut=_cut(run.task.strip()),
        alert=alert(run, _limit_reached(journal)),
        answer=answer_card(run),
        cost=cost_card(books, steps=len(rows)),
        rows=rows,
        timeline=timeline,
        now_doing=_now_doing(run, rows),
        now=now,
        since=since,
        elapsed=(run.finished_at or now) - since,
        place=place,
        starts=_starts(place),
        estimate=in_words(found) if found else None,
        recovered_at=_recovered_at(journal),
        tokens=run.input_tokens + run.output_tokens,
        ended=ended(run),
        tools=_tools(run),
        params=[(name.replace("_", " "), _words(value)) for name, value in _params(run).items()],
        api_body=_api_body(run),
    )
