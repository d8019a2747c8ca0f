"""The demo site: a team with a past, and fresh runs in every state, played by the simulator."""

import re
import socket
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import Value
from django.db.models.functions import Replace
from django.utils import timezone

from accounts.models import ApiToken, Scope, User
from accounts.services import rotate_token
from billing.models import Budget
from runs.models import Run, Step, Worker
from runs.services import Submission, cancel_run, submit_run
from runs.states import TERMINAL, Status, StepStatus
from tests.browser.screenshots.forecasts import write_forecasts
from tests.browser.screenshots.history import Member, write_history
from tests.factories import PASSWORD
from tests.stack import Stack, kill_now, wait_for

PEOPLE = ("Maya Okafor", "Jonas Weber", "Lin Chen", "Priya Nair", "Noor Haddad", "Sam Rivera")
TOKENS_PER_S = 120
# Four runs at once, so that a fifth one waits; patience for a slow provider.
WORKER = {"WORKER_CAPACITY": "4", "PROVIDER_TIMEOUT_S": "60"}
DIRECTIVE = re.compile(r"\s*\[sim:[^]]*\]")
EXPLAIN = "Explain how a heat pump works, for someone who is about to buy one"
TRACE = """Explain this stack trace and suggest the smallest fix:

Traceback (most recent call last):
  File "importer/dates.py", line 57, in parse_range
    start, end = text.split("–")
ValueError: not enough values to unpack (expected 2, got 1)"""
RUNS = {
    "best-effort": Submission(
        task="What is 12 % of 18,400, and what time is it in Porto now?",
        params={"max_iterations": 1},
    ),
    "retried": Submission(
        task="What is 19 % of €4,200 plus €480 of service? [sim: status=429 retry_after=1 times=1]"
    ),
    "failed": Submission(
        task="Find the three suppliers with the shortest delivery time [sim: status=401]",
        model="gpt-4.1",
    ),
    "trace": Submission(task=TRACE, model="gpt-5-mini"),
    "reflection": Submission(task=EXPLAIN, pattern="reflection", model="gpt-5-mini"),
    "landed": Submission(
        task="What is 12 % of 18,400, minus 58? [sim: on=1 reasoning=3000]",
        max_cost_usd=Decimal("0.0122"),
    ),
    "by-schema": Submission(
        task="What is 12 % of 18,400, and how sure is that?",
        answer_schema={
            "type": "object",
            "properties": {
                "amount": {"type": "number", "minimum": 0},
                "currency": {"type": ["string", "null"]},
                "reasons": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["amount", "reasons"],
        },
    ),
    "succeeded": Submission(task="What is 17 % of 2,340, minus 58?"),
}
TOOLS = ("calculator", "current_time", "web_search")
# One run of each pattern that draws something, besides Reflection.
PATTERN_RUNS = {
    pattern: Submission(task=task, pattern=pattern, tools=TOOLS)
    for pattern, task in {
        "plan_and_solve": "Plan a two-day workshop on incident reviews for eight people",
        "reflexion": "Write a haiku about autumn rain that names no month",
        "llm_compiler": "What is 12 % of 18,400, what is 7 * 816, and what time is it in Porto?",
        "rewoo": "What is 17 % of 2,340, and what time is it in Lisbon and in Oslo?",
        "lats": "Plan a two-day offsite in Porto for eleven people under €6,000",
        "storm": "Write a report on heat pumps in old houses",
        "self_discovery": "Which of three office sites should we rent, and what decides it?",
    }.items()
}
LIVE = {
    "running": Submission(
        task="Write a short guide to choosing a badge reader [sim: tokens_per_s=0.1 on=3]",
        pattern="reflection",
        max_cost_usd=Decimal("0.05"),
    ),
    "third": Submission(task="Explain our on-call rota to a new colleague [sim: tokens_per_s=0.1]"),
    "fourth": Submission(task="Summarise the minutes of Monday's stand-up [sim: tokens_per_s=0.1]"),
    "other": Submission(
        task="Compare a heat pump with a gas boiler for a house in Lyon [sim: tokens_per_s=0.1]",
        model="gpt-4.1",
    ),
}


@dataclass
class Demo:
    """People and runs by the name of what they show."""

    stack: Stack
    maya: User
    jonas: User
    lin: User
    priya: User
    noor: User
    newcomer: User
    runs: dict[str, Run] = field(default_factory=dict)
    budgets: dict[str, Budget] = field(default_factory=dict)

    def start(self, name: str, submission: Submission, owner: User | None = None) -> Run:
        """Submit a run and wait until a worker has it."""
        run = submit_run(owner=owner or self.maya, submission=submission).run
        self.runs[name] = run
        wait_for(lambda: not Run.objects.filter(pk=run.pk, status=Status.QUEUED).exists())
        return run

    def tidy(self, run: Run) -> None:
        """Take the simulator's directives out of what pages show."""
        Run.objects.filter(pk=run.pk).update(task=DIRECTIVE.sub("", run.task))

    def finish(self, run: Run) -> None:
        """Wait for a run's end."""
        ended = Run.objects.filter(pk=run.pk, status__in=TERMINAL)
        wait_for(ended.exists)
        self.tidy(run)


def open_site(stack: Stack) -> Demo:
    """Start the site and give it people with a past."""
    # What is submitted here finds the search as the site's own processes do.
    settings.TOOL_SECRETS["search_url"] = f"{stack.simulator_url}/sim/search"
    stack.start_simulator(tokens_per_s=TOKENS_PER_S)
    stack.start_web()
    maya, jonas, lin, priya, noor, sam = (
        User.objects.create_user(f"{name.split()[0].lower()}@acme.example", PASSWORD, name=name)
        for name in PEOPLE
    )
    maya.is_staff = True
    maya.save()
    write_history([Member(maya, 5), Member(jonas, 3), Member(lin, 2)], _tokens(maya))
    write_forecasts([maya, jonas, lin])
    stack.wait_for_http(f"{stack.web_url}/healthz")
    return Demo(stack, maya, jonas, lin, priya, noor, sam)


def play_runs(demo: Demo) -> None:
    """Runs that ended today, each in its own way."""
    _moved(demo)
    demo.stack.shared_worker = demo.stack.start_worker("w-3", **WORKER)
    for run in [demo.start(name, asked) for name, asked in (RUNS | PATTERN_RUNS).items()]:
        demo.finish(run)
    demo.finish(demo.start("cached", RUNS["succeeded"]))
    _cancelled(demo)
    demo.finish(demo.runs["moved"])


def _tokens(owner: User) -> ApiToken:
    issue, now = ApiToken.objects.issue, timezone.now()
    ci, _ = issue(user=owner, name="CI", expires_at=now + timedelta(days=62))
    old, _ = issue(
        user=owner,
        name="Nightly report",
        scopes=[Scope.USAGE_READ],
        submits_per_minute=5,
        expires_at=now + timedelta(days=9),
    )
    gone, _ = issue(user=owner, name="Laptop", expires_at=now - timedelta(days=20))
    rotate_token(token=old, overlap=timedelta(hours=20))
    for token, hours in ((ci, 2), (old, 19), (gone, 24 * 22)):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now - timedelta(hours=hours))
    return ci


def _moved(demo: Demo) -> None:
    """A run whose first worker dies in its second call."""
    worker = demo.stack.start_worker("w-2", **WORKER)
    task = "What is 23 % of 61,880, plus 14,206? [sim: on=2 rate=4]"
    run = demo.start("moved", Submission(task=task))
    second = Step.objects.filter(run=run, status=StepStatus.STARTED, key__contains="t2")
    wait_for(second.exists)
    kill_now(worker)


def _cancelled(demo: Demo) -> None:
    submission = Submission(
        task="Draft the annual accessibility report from the audit notes [sim: tokens_per_s=8]",
        pattern="reflection",
        max_cost_usd=Decimal("0.05"),
    )
    run = demo.start("cancelled", submission)
    wait_for(Step.objects.filter(run=run, status=StepStatus.STARTED).exists)
    wait_for(lambda: timezone.now() - run.created_at > timedelta(seconds=2))
    cancel_run(run=Run.objects.get(pk=run.pk))
    demo.finish(run)


def name_workers() -> None:
    """Workers are called after the machine, which isn't to be read in a picture."""
    here = f"{socket.gethostname()}-"
    renamed = Replace("name", Value(here), Value("worker-"))
    Worker.objects.filter(name__startswith=here).update(name=renamed)


def go_live(demo: Demo) -> None:
    """Runs that go on while they are photographed."""
    for name, owner in (("other", demo.maya), ("third", demo.lin), ("fourth", demo.jonas)):
        demo.tidy(demo.start(name, LIVE[name], owner))


def fill_slots(demo: Demo) -> None:
    """One more of them, and a run that has to wait for a slot."""
    demo.tidy(demo.start("running", LIVE["running"]))
    writes = Step.objects.filter(run=demo.runs["running"], key__contains="refine")
    wait_for(writes.exists)
    task = "Draft the quarterly security report for the board, with sources"
    waiting = Submission(task=task, pattern="reflection")
    demo.runs["queued"] = submit_run(owner=demo.maya, submission=waiting).run
