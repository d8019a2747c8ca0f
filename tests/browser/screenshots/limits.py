"""Budgets of the demo site in every state, and the runs that met them."""

from datetime import timedelta
from decimal import ROUND_UP, Decimal

from django.utils import timezone

from accounts.models import ApiToken, User
from billing.models import Audit, Budget
from billing.selectors.budgets import states
from billing.services import change_budget, create_budget, raise_budget, record_audit
from runs.models import Run, Worker
from runs.services import Submission, submit_run
from tests import journal
from tests.browser.screenshots.demo import Demo
from tests.factories import RunFactory, WorkerFactory
from tests.stack import wait_for

ZONE = "Europe/Paris"
CENT, SHORT = Decimal("0.01"), Decimal("0.0001")
REPORT = "Find the three invoices that were paid twice and draft a note to their suppliers"


def write_limited_past(demo: Demo) -> None:
    """Money spent before any worker runs, and the run that a token's budget refused."""
    issue, worker = ApiToken.objects.issue, WorkerFactory.create(name="w-0")
    notebook, _ = issue(user=demo.jonas, name="Notebook")
    interns, _ = issue(user=demo.jonas, name="Interns")
    _spend(demo.jonas, worker, 499_700, notebook)
    _spend(demo.jonas, worker, 15_400, interns)
    _set("1.00", scope="token", api_token=notebook)
    demo.budgets["over"] = _set(
        "0.03", scope="token", api_token=interns, period="total", hard=False
    )
    demo.runs["unpaid"] = run = _run(demo.jonas, "gpt-4.1-mini", notebook, task=REPORT)
    journal.start(run, worker)
    journal.begin(run)
    _spend(demo.priya, worker, 247_000)
    _set("0.50", scope="user", user=demo.priya, period="day")
    _spend(demo.noor, worker, 10_000)
    _set("0.02", scope="user", user=demo.noor, period="month")
    long_ago = timezone.now() - timedelta(days=1)
    Worker.objects.filter(pk=worker.pk).update(ended_at=long_ago, seen_at=long_ago)


def _run(owner: User, model: str, token: ApiToken | None, **fields: str) -> Run:
    return RunFactory.create(owner=owner, chosen_model=model, api_token=token, **fields)


def _spend(owner: User, worker: Worker, tokens: int, token: ApiToken | None = None) -> None:
    """A run of one call with so much input, at two dollars per million."""
    task = "Tag these support tickets by product and by urgency"
    run = journal.start(_run(owner, "gpt-4.1", token, task=task), worker)
    journal.buy(run, content="Tagged.", fresh=tokens, output=0)
    journal.finish(run, "All tickets are tagged.")
    Run.objects.filter(pk=run.pk).update(started_at=timezone.now() - timedelta(seconds=21))


def set_limits(demo: Demo) -> None:
    """Budgets in proportion to what was spent, so that each gauge says what it should."""
    maya, jonas = demo.maya, demo.jonas
    demo.budgets["month"] = _filled("0.47", scope="user", user=maya)
    _filled("0.06", scope="user", user=maya, period="day")
    ci = ApiToken.objects.get(user=maya, name="CI")
    _filled("0.95", scope="token", api_token=ci, period="total", hard=False)
    _filled("0.61", scope="user", user=jonas)
    raised = _filled("0.3", scope="user", user=jonas, period="day")
    demo.budgets["raised"] = raise_budget(budget=raised, limit_usd=2 * raised.limit_usd)
    _filled("0.94", scope="user", user=jonas, period="total", hard=False)
    demo.budgets["site"] = _filled("0.45")
    record_audit()


def _set(limit: Decimal | str, **terms: object) -> Budget:
    filled = {"scope": "site", "period": "month", "timezone": ZONE} | terms
    return create_budget(limit_usd=Decimal(limit), **filled)  # type: ignore[arg-type]


def _filled(part: str, **terms: object) -> Budget:
    """A budget of which this part is settled; its limit has whole cents."""
    budget = _set("0", **terms)
    (used,) = states(Budget.objects.filter(pk=budget.pk))
    limit = (used.settled_usd / Decimal(part)).quantize(CENT, ROUND_UP)
    return change_budget(budget=budget, limit_usd=max(CENT, limit))


def make_wait(demo: Demo, holder: str) -> None:
    """A budget whose rest the live run of this name holds, and a run that has to wait for it."""
    busy = Run.objects.get(pk=demo.runs[holder].pk)
    budget = _set("0", scope="user", user=busy.owner)
    (used,) = states(Budget.objects.filter(pk=budget.pk))
    rest = (used.settled_usd + used.held_usd).quantize(SHORT, ROUND_UP)
    change_budget(budget=budget, limit_usd=rest)
    task = "Draft the renewal letter for the three contracts that end in March"
    run = submit_run(owner=busy.owner, submission=Submission(task=task)).run
    demo.runs["waiting"] = run
    wait_for(Run.objects.filter(pk=run.pk, needs_usd__isnull=False).exists)


def find_differences() -> None:
    """An audit that found something, as staff see it."""
    said = [
        "Cost of run 0190b3c1-51d2-7b90-9c1e-3a6f0d1c2b7a: 0.0082808 recorded, 0.0082804 found",
        "Daily sum 2026-11-17 2 gpt-5-mini react: 0.0412 recorded, 0.0409 found",
    ]
    Audit.objects.create(lines=412, differences=said)
