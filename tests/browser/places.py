"""Every page of the site in every state that looks different, full of what could be too wide."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone
from playwright.sync_api import Page

from accounts.models import ApiToken, User
from billing.models import LedgerEntry
from billing.services import raise_budget
from runs.alert_models import Kind
from runs.alerts.finding import Finding
from runs.alerts.services.preferences import Pausing, set_preferences
from runs.alerts.services.telling import tell
from runs.details import Detail
from runs.forecasts.scoring import score
from runs.models import Run, Worker
from runs.prompt_texts import PromptTexts
from runs.retention.emptying import delete_detail
from runs.services.prompt_sets import add_version
from runs.sharing.services import share_run
from runs.webhook_models import EventType, Webhook, WebhookDelivery
from runs.webhooks.services import create_webhook
from tests import journal
from tests.factories import RunFactory, WorkerFactory, set_budget
from tests.runs.forecasts.scored import scored
from tests.runs.prompts.sets import prompt_set

LONG = "Compare-heat-pumps-and-boilers-" * 8
TABLE = f"# A\n\n- [x] b\n\n| a | b |\n|---|---|\n| {LONG} | {LONG} |\n\n```\n{LONG}\n```"
NOWHERE = "00000000-0000-7000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Place:
    """An address, and what to do there first."""

    address: str
    act: Callable[[Page], None] | None = None
    status: int = 200

    def visit(self, page: Page) -> None:
        """Go there, and unfold what can be unfolded."""
        answer = page.goto(self.address)
        assert answer is not None
        assert answer.status == self.status, self.address
        if self.act is not None:
            self.act(page)
        page.evaluate("document.querySelectorAll('main details').forEach(d => { d.open = true; })")


def click(name: str) -> Callable[[Page], None]:
    """Follow a link of the page."""
    return lambda page: page.get_by_role("link", name=name).first.click()


def press(key: str) -> Callable[[Page], None]:
    """Press a key."""
    return lambda page: page.keyboard.press(key)


def _wrong_password(page: Page) -> None:
    page.get_by_label("Email").fill("nobody@example.org")
    page.get_by_label("Password", exact=True).fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    page.locator("#password-note").wait_for()


def _send_empty(page: Page) -> None:
    page.get_by_role("textbox", name="Task").fill("")
    page.locator("#submit").click()
    page.locator("#id_task_error").wait_for()


def _help_to_choose(page: Page) -> None:
    page.get_by_role("link", name="Help me choose").click()
    page.get_by_role("dialog").get_by_role("radio", name="Speed", exact=True).check()
    page.get_by_role("link", name="Use LLMCompiler").wait_for()


def _preview_prompts(page: Page) -> None:
    page.locator(".adv > summary").click()
    page.get_by_role("button", name="Preview prompts").click()
    page.locator("#prompts pre").first.wait_for()


PUBLIC = (
    Place("/accounts/login/"),
    Place("/accounts/login/", _wrong_password),
    Place("/accounts/signup/"),
    Place("/accounts/signup/done/"),
    Place("/accounts/password/reset/"),
    Place("/accounts/password/reset/done/"),
    Place("/accounts/password/reset/key/1-gone/"),
    Place("/accounts/verify/gone/", status=404),
    Place("/api/docs/"),
    Place("/api/docs/problems/"),
    Place("/nowhere/", status=404),
)
SIGNED_IN = (
    Place("/"),
    Place("/", _send_empty),
    Place("/", _help_to_choose),
    Place("/choose/"),
    Place("/choose/?outcome=report&facts=yes&way=known&priority=cost"),
    Place("/runs/"),
    Place("/runs/?q=zeppelin"),
    Place("/runs/?when=days&from=2026-01-01&to=2026-01-31"),
    Place("/runs/?tag=zeppelin&metadata[team]=blue"),
    Place("/inbox/"),
    Place("/usage/"),
    Place("/budgets/"),
    Place("/tokens/"),
    Place("/tokens/", click("New token")),
    Place("/tokens/", click("New key")),
    Place("/tokens/", click("Revoke")),
    Place("/webhooks/"),
    Place("/webhooks/", click("New webhook")),
    Place("/alerts/"),
    Place("/account/"),
    Place("/account/delete/"),
    Place("/models/"),
    Place("/prompts/"),
    Place("/prompts/", click("Import")),
    Place("/prompts/new/?pattern=storm"),
    Place("/", _preview_prompts),
    Place("/accounts/logout/"),
    Place("/runs/", press("?")),
)
STAFF = (
    Place("/ops/"),
    Place("/ops/?q=zeppelin&range=before&by=pattern"),
    Place("/ops/intake/"),
    Place("/ops/alerts/"),
    Place("/budgets/?scope=site"),
    Place("/budgets/", click("New budget")),
    Place("/budgets/?scope=token"),
)


def short_of_money(owner: User, worker: Worker) -> Run:
    """A run that asks for more money."""
    terms = {"max_cost_usd": Decimal("0.004"), "when_out_of_money": "ask"}
    run = journal.start(RunFactory.create(owner=owner, task=LONG, **terms), worker)
    journal.buy(run)
    journal.pause(run, needs=Decimal("0.0123"), partial=TABLE)
    return run


def asking(owner: User, worker: Worker) -> Run:
    """A run that asks about two tool calls: one to make, and one that was interrupted."""
    run = journal.start(RunFactory.create(owner=owner, task=LONG), worker)
    journal.buy(run)
    journal.ask_for_tool(run, arguments=f'{{"to": "{LONG}"}}')
    journal.ask_for_tool(run, "react/t1/tool/2", attempt=2, reason="outcome_unknown")
    journal.pause(run)
    return run


def places_of(owner: User) -> tuple[Place, ...]:
    """Make the owner a member of staff with runs, tokens and budgets: all that they may see."""
    owner.is_staff = True
    owner.save()
    worker = WorkerFactory.create(expires_at=timezone.now() + timedelta(hours=1))
    doubt = _doubt(owner)
    budget, raised = _limits(owner)
    scored([2] * 25 + [5] * 5)
    score()
    runs = [
        _failed(owner, worker),
        _succeeded(owner, worker),
        _running(owner, worker),
        RunFactory.create(owner=owner, task=LONG),
        short_of_money(owner, worker),
        asking(owner, worker),
        _bare(owner, worker),
    ]
    prompts = f"/prompts/{_prompts(owner)}/"
    done = runs[1].pk
    more = (
        *(f"/ops/doubt/{doubt.pk}/", f"/budgets/{budget}/", f"/budgets/{raised}/"),
        f"/?from={done}",
        *(prompts, f"{prompts}?version=2&against=1", f"{prompts}edit/"),
        f"/webhooks/{_webhook(owner)}/",
        f"/alerts/tokens/{_paused_token(owner)}/",
        f"/?fork={done}&step=react/t1/think",
        *(f"/ops/users/{owner.pk}/", f"/runs/{done}/share/", _shared(runs[1])),
        f"/invoices/{timezone.now():%Y-%m}/",
        f"/runs/compare/?a={done}",
        f"/runs/compare/?a={runs[0].pk}&b={done}",
    )
    addresses = (*(f"/runs/{run.pk}/" for run in runs), *more)
    return (*SIGNED_IN, *STAFF, *map(Place, addresses))


def _shared(run: Run) -> str:
    """The address at which readers of a run's link find it."""
    return f"/shared/{share_run(run=run, lasts=timedelta(days=7), with_steps=True)}/"


def _limits(owner: User) -> tuple[str, str]:
    """A budget in long figures, and one that is raised."""
    token, _ = ApiToken.objects.issue(user=owner, name="a-name-without-any-space-" * 3)
    set_budget("0.00000001", scope="token", api_token=token, hard=False)
    zone = "America/Argentina/Ushuaia"
    budget = set_budget("1234567.12345678", scope="user", user=owner, timezone=zone)
    raised = set_budget(5000, period="day", scope="user", user=owner, timezone=zone)
    raise_budget(budget=raised, limit_usd=Decimal("7654321.12345678"))
    return str(budget.pk), str(raised.pk)


def _prompts(owner: User) -> str:
    """A prompt set whose two versions have no line in common."""
    made = prompt_set(owner, name=LONG[:80], custom_instructions=LONG).prompt_set
    texts = PromptTexts(LONG.upper(), (LONG,), {"refine": {"system": LONG}})
    add_version(prompt_set=made, texts=texts, note=LONG[:200])
    return str(made.pk)


def _webhook(owner: User) -> str:
    """A webhook that fails, with an answer that is too wide."""
    url = f"https://hooks.example.org/{LONG}"
    made, _ = create_webhook(owner=owner, url=url, events=EventType.values)
    attempt = {"at": "", "status": 502, "error": "", "body": LONG * 4, "duration_ms": 3}
    WebhookDelivery.objects.create(
        webhook=made, type="run.finished", data={}, tries=1, attempts=[attempt]
    )
    Webhook.objects.filter(pk=made.pk).update(failing_since=timezone.now())
    return str(made.pk)


def _paused_token(owner: User) -> str:
    """A token that a rise of its spend has paused, and alerts of everything in long words."""
    token, _ = ApiToken.objects.issue(user=owner, name=LONG[:100])
    set_preferences(user=owner, ways={}, pausing=Pausing(True, []))
    figures = dict.fromkeys(
        ("spent_usd", "limit_usd", "most_usd", "ordinary_usd"), "1234.567890123"
    )
    hour = timezone.now()
    more = {"factor": "3", "hours": 99, "hour": hour.isoformat(), "most_at": hour.isoformat()}
    data = {"whose": f"Token “{LONG}”", "token_id": str(token.pk), "paused": False}
    tell(
        Finding(
            kind=Kind.SPEND_RATE,
            subject="token",
            starts_at=hour,
            owner_id=owner.pk,
            token_id=token.pk,
            data={**data, **figures, **more},
        )
    )
    audit = {"at": hour.isoformat(), "lines": 1, "count": 1, "differences": [LONG * 3]}
    tell(Finding(kind=Kind.AUDIT, subject="audit", starts_at=hour, data=audit))
    return str(token.pk)


def _doubt(owner: User) -> LedgerEntry:
    run = journal.start(RunFactory.create(owner=owner, task=LONG))
    journal.dispatch(run)
    journal.lose_worker(run)
    journal.finish(journal.start(run), None, status="failed", stop_reason="error")
    return LedgerEntry.objects.filter(run_id=run.pk).latest("id")


def _failed(owner: User, worker: Worker) -> Run:
    run = journal.start(RunFactory.create(owner=owner, task=LONG), worker)
    journal.fail(run, journal.dispatch(run), message=f"Refused: {LONG}")
    journal.emit(run, "notice", code="worker_lost", worker=LONG, in_doubt_calls=1)
    journal.emit(run, "notice", code="recovered", step=1, saved_usd="0.00012345")
    error = {"code": "provider_error", "message": LONG}
    return journal.finish(run, None, status="failed", stop_reason="error", error=error)


def _succeeded(owner: User, worker: Worker) -> Run:
    for model in journal.PRICES:
        journal.succeed(RunFactory.create(owner=owner, chosen_model=model))
    run = journal.start(RunFactory.create(owner=owner, task=LONG), worker)
    journal.buy(run, content=LONG, cached=100, reasoning=24)
    journal.use_tool(run, arguments={"expression": LONG}, observation=LONG)
    return journal.finish(run, TABLE)


def _bare(owner: User, worker: Worker) -> Run:
    """A run of which the bill is left."""
    run = _succeeded(owner, worker)
    for detail in Detail:
        delete_detail(detail, [run.pk], days=30)
    return run


def _running(owner: User, worker: Worker) -> Run:
    run = journal.start(RunFactory.create(owner=owner, task=LONG), worker)
    journal.buy(run, content="First this.")
    journal.dispatch(run, "react/t2/think", label="Think")
    return run
