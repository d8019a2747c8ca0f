"""How a run is shown in lists and heads: its status, how long it took, how it ended."""

from django import template
from django.utils import timezone

from billing.bill import BillLine
from billing.templatetags.money import usd
from runs.catalogue.presenter import pattern_label
from runs.engine.wishes import wish_label
from runs.models import Run
from runs.models.prompt_sets import AT
from runs.presenters.cost import COLOURS
from runs.presenters.deleted import titled
from runs.states import AnswerKind, Status
from runs.step_names import step_name
from web.templatetags.figures import compact
from web.templatetags.times import clock, lasted

register = template.Library()
register.filter("pattern_label", pattern_label)
register.filter("wish_label", wish_label)
register.filter("step_name", step_name)
register.filter("titled", titled)

CHIPS = {
    Status.QUEUED: "chip-queued",
    Status.RUNNING: "chip-running",
    Status.AWAITING_FUNDS: "chip-warn",
    Status.AWAITING_APPROVAL: "chip-warn",
    Status.CANCELLING: "chip-warn",
    Status.SUCCEEDED: "chip-ok",
    Status.FAILED: "chip-bad",
    Status.CANCELLED: "chip-off",
}


WAITS = {
    Status.AWAITING_FUNDS: "Waits for more money",
    Status.AWAITING_APPROVAL: "Waits for your approval",
}


@register.inclusion_tag("runs/_chip.html")
def status_chip(run: Run) -> dict[str, str]:
    """The status of a run as a chip: colour, shape and word."""
    return {"css": CHIPS[Status(run.status)], "label": run.get_status_display()}


@register.filter
def took(run: Run) -> str:
    """How long a run has been executing, or did; empty before it starts, a dash if it never did."""
    if run.started_at is None:
        return "—" if run.ended else ""
    if run.finished_at is None:
        return clock(timezone.now() - run.started_at)
    return lasted(run.finished_at - run.started_at)


@register.filter
def remark(run: Run) -> str:
    """The small line under a task in a list: how it ended, and its tokens."""
    if run.status == Status.QUEUED:
        return "Waits for a worker" if run.needs_usd is None else "Waits for money"
    if run.status in WAITS:
        return WAITS[Status(run.status)]
    parts = []
    if run.status == Status.FAILED and run.error:
        parts.append(str(run.error.get("message", "")).removesuffix("."))
    if run.answer_kind == AnswerKind.BEST_EFFORT:
        parts.append("Stopped early")
    elif run.answer_kind == AnswerKind.PARTIAL:
        parts.append("Partial answer kept")
    if run.cache_hit:
        parts.append(f"Saved {usd(run.saved_usd)}")
    if run.input_tokens:
        parts.append(f"{compact(run.input_tokens)} in · {compact(run.output_tokens)} out")
    return " · ".join(filter(None, parts))


@register.filter
def version_name(reference: str) -> str:
    """The version of a prompt set as a reader says it: `name v3`."""
    name, _, number = reference.rpartition(AT)
    return f"{name} v{number}"


@register.filter
def bucket_colour(line: BillLine) -> str:
    """The colour of a bill line's bucket, as `app.css` numbers them."""
    return COLOURS[line.bucket]
