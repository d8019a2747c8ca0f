"""Months of a small team's runs, written through the product's own SQL functions."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from accounts.models import ApiToken, User
from runs.models import Run, Worker
from tests import journal
from tests.factories import RunFactory, WorkerFactory

DAYS = 110
SEED = 7
MODELS = ("gpt-4.1-mini", "gpt-5-mini", "gpt-4.1", "gpt-5-nano")
WEIGHTS = (6, 8, 2, 3)
REASONS = {"gpt-5-mini": 320, "gpt-5-nano": 192}
REACT_TASKS = (
    "What is the margin if we sell 1,240 seats at €38 and support costs 17 %?",
    "How many working hours lie between the release freeze and 4 December?",
    "Convert the Q3 travel invoices to euros and add them up",
    "Which quote is cheaper over three years: €11,500 plus €1,970, or €4,200 plus €4,773?",
    "At what time in Tokyo does our Friday review end?",
    "Work out the storage we need for 41 days of logs at 2.3 GB a day",
    "Check the totals of invoice 2026-118 against the order",
)
REFLECTION_TASKS = (
    "Write release notes for 2.8 from the merged pull requests",
    "Draft the reply to the customer whose export was cut off",
    "Explain our retention policy to a new colleague in half a page",
    "Summarise the 41 support tickets tagged “billing” and name the three causes",
    "Rewrite the onboarding mail so that it says what to do on day one",
    "Draft a post-mortem of Tuesday's outage from the timeline below",
)


@dataclass(frozen=True, slots=True)
class Member:
    """Someone of the team, and how many runs a working day of theirs has."""

    user: User
    runs_a_day: int


def write_history(team: Sequence[Member], token: ApiToken) -> None:
    """Runs of the last months, oldest first, so that ids and days agree."""
    chance = random.Random(SEED)
    worker = WorkerFactory.create(name="w-1", expires_at=timezone.now() + timedelta(hours=1))
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for days_ago in range(DAYS, 0, -1):
        day = today - timedelta(days=days_ago)
        weekend = day.weekday() > 4
        for member in team:
            for hour in sorted(chance.sample(range(8, 19), chance.randint(0, member.runs_a_day))):
                if weekend and chance.random() < 0.7:
                    continue
                begun = day + timedelta(hours=hour, minutes=chance.randrange(60))
                _past_run(chance, member.user, worker, begun, token)
    Worker.objects.filter(pk=worker.pk).update(ended_at=timezone.now() - timedelta(days=1))


def _past_run(
    chance: random.Random, owner: User, worker: Worker, begun: datetime, token: ApiToken
) -> None:
    reflection = chance.random() < 0.4
    model = chance.choices(MODELS, WEIGHTS)[0]
    run = RunFactory.create(
        owner=owner,
        task=chance.choice(REFLECTION_TASKS if reflection else REACT_TASKS),
        pattern="reflection" if reflection else "react",
        params={} if reflection else {"max_iterations": 5},
        model=chance.choice(("auto", model)),
        chosen_model=model,
        api_token=token if owner == token.user and chance.random() < 0.3 else None,
    )
    journal.start(run, worker)
    calls = ("generate", "reflect/1", "refine/1") if reflection else ("t1/think", "t2/think")
    seconds = 0.0
    for number, call in enumerate(calls, 1):
        took = chance.randint(1200, 9000)
        seconds += took / 1000
        journal.buy(
            run,
            f"{run.pattern}/{call}",
            held_at=begun,
            label=f"Turn {number} of 5: thinking",
            content="The total is 42.",
            fresh=chance.randint(900, 9000) * number,
            cached=chance.randint(0, 3) * 512 * (number > 1),
            output=chance.randint(180, 1900) + REASONS.get(model, 0),
            reasoning=REASONS.get(model, 0),
            duration_ms=took,
        )
    _end(chance, run)
    moments = {"created_at": begun, "started_at": begun + timedelta(seconds=1)}
    finished = begun + timedelta(seconds=1 + seconds)
    Run.objects.filter(pk=run.pk).update(finished_at=finished, **moments)


def _end(chance: random.Random, run: Run) -> None:
    fate = chance.random()
    if fate < 0.05:
        error = {"code": "provider_unavailable", "message": "The provider did not answer in time."}
        journal.finish(run, None, status="failed", stop_reason="error", error=error)
    elif fate < 0.1:
        stopped = {"answer_kind": "best_effort", "stop_reason": "max_iterations"}
        journal.finish(run, "About 42, from two of three invoices.", **stopped)
    else:
        journal.finish(run, "The total is **42**.")
