"""Answering what a run asks for, from its page or the inbox."""

from decimal import Decimal
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.caller import caller_of
from runs.errors import RunError
from runs.models import Run
from runs.services import Verdict, decide_call, fund_run
from runs.views.access import fundable_run, own_run

VERDICTS: dict[str, Verdict] = {
    "approved": "approved",
    "declined": "declined",
    "took_effect": "took_effect",
}
MAX_COMMENT = 500


@login_required
@require_POST
def fund(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Give the run more money. Staff may for anyone's run, whose page they don't see."""
    run = fundable_run(request, run_id)
    question = _number(request, "question")
    try:
        amount = Decimal(request.POST.get("add_usd", "").strip().removeprefix("$"))
        fund_run(run=run, add_usd=amount, question=question)
    except ArithmeticError:
        messages.error(request, "Write an amount in dollars, such as 0.50.")
    except RunError as refused:
        messages.error(request, refused.message)
    return _back(request, run)


@login_required
@require_POST
def approve(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Approve or decline one tool call."""
    run = own_run(request, run_id)
    verdict = VERDICTS.get(request.POST.get("verdict", ""))
    try:
        if verdict is not None:
            decide_call(
                run=run,
                step=request.POST.get("step", ""),
                verdict=verdict,
                comment=request.POST.get("comment", "")[:MAX_COMMENT],
                attempt=_number(request, "attempt"),
            )
    except RunError as refused:
        messages.error(request, refused.message)
    return _back(request, run)


def _number(request: HttpRequest, name: str) -> int | None:
    """A number of the form; None where it has none that can be one."""
    value = request.POST.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def _back(request: HttpRequest, run: Run) -> HttpResponse:
    if request.POST.get("back") == "inbox":
        return redirect("runs:inbox")
    if run.owner_id != caller_of(request).user.pk:
        return redirect("runs:operations")
    return redirect("runs:detail", run.pk)
