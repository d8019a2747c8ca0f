"""The whole page of a run, from its rows."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from billing.money import fraction_digits
from billing.templatetags.money import unit_price, usd
from runs.details import Detail
from runs.engine.tools.registry import TOOLS
from runs.estimate.presenter import EstimateWords, in_words
from runs.estimate.selectors import Estimate
from runs.models import Run
from runs.presenters.api_body import api_body, params_of, uses_tools
from runs.presenters.awaiting import Question, question_of
from runs.presenters.called_model import called_model
from runs.presenters.cost import CostCard, cost_card
from runs.presenters.deleted import note_on, titled
from runs.presenters.outcome import Alert, AnswerCard, alert, answer_card, ended
from runs.presenters.params import param_label, param_words
from runs.presenters.reasons import Reason, reasons
from runs.presenters.rounds import Round, in_rounds
from runs.presenters.steps import Gap, StepRow, step_rows
from runs.presenters.timeline import Timeline
from runs.presenters.timeline import timeline as waterfall
from runs.presenters.trace import Trace, trace_of
from runs.selectors.journal import Books, Journal
from runs.selectors.queue import Place
from runs.states import AWAITING, CacheMode, Status, StepStatus

TITLE_CHARACTERS = 300
PHONE_TITLE_CHARACTERS = 100
# Workers look for runs every two seconds.
SOON_S = 2
DOING = {
    Status.AWAITING_FUNDS: "Waiting for more money",
    Status.AWAITING_APPROVAL: "Waiting for your approval",
}


@dataclass(frozen=True, slots=True)
class RunPage:
    """What the partials of the page show.

    `closing_usd` is held for the run's last answer, so that no step has it.
    """

    title: str
    cut: str
    alert: Alert | None
    question: Question | None
    answer: AnswerCard
    cost: CostCard
    closing_usd: Decimal
    model: str
    reasons: list[Reason]
    routing: str
    rows: list[StepRow]
    timeline: list[StepRow | Gap | Round]
    waterfall: Timeline
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
    cache: str
    trace: Trace | None
    runner_up: str
    tools: list[str]
    params: list[tuple[str, Any]]
    api_body: str
    steps_gone: str
    task_kept: bool

    @property
    def counts(self) -> str:
        """How many steps there are of each state: `3 done · 1 running`."""
        words = {StepStatus.STARTED: "running"}
        counted = Counter(StepStatus(row.status) for row in self.rows)
        done = counted.pop(StepStatus.DONE, 0)
        others = (f"{n} {words.get(state, state.label.lower())}" for state, n in counted.items())
        return " · ".join((f"{done} done", *others))

    @property
    def reason_digits(self) -> int:
        """The digits to which the parts of the cost are padded."""
        amounts = (fraction_digits(reason.amount) for reason in self.reasons)
        return max((self.cost.digits, *amounts))

    @property
    def retries(self) -> int:
        """Attempts beyond the first of each step."""
        return sum(len(row.attempts) - 1 for row in self.rows)

    @property
    def failed_attempts(self) -> int:
        """Attempts of LLM calls that failed and weren't charged; the number of calls is without."""
        tried = (attempt for row in self.rows if not row.is_tool for attempt in row.attempts)
        return sum(one.state == StepStatus.FAILED and not one.cost_usd for one in tried)


def _cut(task: str) -> str:
    """Where the title can't show the whole task: `always`, only on a `phone`, or nowhere."""
    if len(task) > TITLE_CHARACTERS or "\n" in task:
        return "always"
    return "phone" if len(task) > PHONE_TITLE_CHARACTERS else ""


def _tools(run: Run) -> list[str]:
    """The names of the tools, where the pattern uses any."""
    if not uses_tools(run):
        return []
    labels = {name: tool.label for name, tool in TOOLS.items()}
    theirs = {name: kept["label"] for name, kept in run.config.get("declared", {}).items()}
    return [(labels | theirs).get(name, name) for name in run.tools]


def _cache(run: Run) -> str:
    """What the submit wanted of the cache, and whether that was to be had."""
    if run.cache_digest is None:
        return CacheMode.OFF.label
    wish = CacheMode(run.cache).label
    if not run.ended:
        return wish
    return f"{wish}, {'had it' if run.cache_hit else 'no match'}"


def _now_doing(run: Run, rows: list[StepRow], timeline: list[StepRow | Gap]) -> str:
    """One sentence for the status line."""
    if run.ended:
        return f"The run has ended: {run.get_status_display().lower()}"
    if run.status == Status.QUEUED:
        return "Waiting for a worker" if run.needs_usd is None else "Waiting for money"
    if run.status in AWAITING:
        return DOING[Status(run.status)]
    live = [row for row in rows if row.live]
    if not live:
        last = timeline[-1] if timeline else None
        waits = isinstance(last, Gap) and last.code == "equal_run"
        return "Waiting for an equal run" if waits else "Working"
    return live[-1].label if len(live) == 1 else f"{len(live)} steps at once"


def _limit_reached(journal: Journal) -> dict[str, Any] | None:
    """The figures of the limit that stopped the run's buying, where one did."""
    reached = [e.data for e in journal.events if e.data.get("code") == "out_of_money"]
    return reached[-1] if reached else None


def _runner_up(run: Run) -> str:
    """The model that auto didn't choose, and the price of that road."""
    other = run.runner_up
    if other is None:
        return ""
    prices = other.prices
    said = f"{unit_price(prices.input)} in, {unit_price(prices.output)} out per million"
    if not run.llm_calls:
        return f"{other.model}: {said}"
    return f"{other.model}, {usd(other.cost_usd)} for the same tokens ({said})"


def _routing(run: Run) -> str:
    """What auto's choice made of the cost; calls in doubt count on neither side."""
    other = run.runner_up
    if other is None or not run.llm_calls:
        return ""
    more = other.cost_usd - (run.cost_usd - run.in_doubt_usd)
    said = f"{usd(abs(more))} {'more' if more > 0 else 'less'}" if more else "the same"
    return f"Routing: on {other.model}, the same tokens would have cost {said}."


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
    rows, timeline = step_rows(journal, books.entries, run.answer)
    since = (None if place else run.started_at) or run.created_at
    now = timezone.now()
    return RunPage(
        title=titled(run)[:TITLE_CHARACTERS],
        cut=_cut(run.task.strip()),
        alert=alert(run, _limit_reached(journal)),
        question=question_of(run),
        answer=answer_card(run),
        cost=cost_card(books, steps=None if Detail.STEPS in run.deleted_details else len(rows)),
        closing_usd=run.held_usd - sum(row.held_usd for row in rows),
        model=called_model(run, journal.events, books.entries),
        reasons=reasons(books.entries, journal.steps),
        routing=_routing(run),
        rows=rows,
        timeline=in_rounds(timeline),
        waterfall=waterfall(rows, run.finished_at or now),
        now_doing=_now_doing(run, rows, timeline),
        now=now,
        since=since,
        elapsed=(run.finished_at or now) - since,
        place=place,
        starts=_starts(place),
        estimate=in_words(found) if found else None,
        recovered_at=_recovered_at(journal),
        tokens=run.input_tokens + run.output_tokens,
        ended=ended(run),
        cache=_cache(run),
        trace=trace_of(run),
        runner_up=_runner_up(run),
        tools=_tools(run),
        params=[
            (param_label(run.pattern, name), param_words(run.pattern, name, value))
            for name, value in params_of(run).items()
            if value != ""
        ],
        api_body=api_body(run) if run.task else "",
        steps_gone=note_on(run, Detail.STEPS),
        task_kept=bool(run.task),
    )
