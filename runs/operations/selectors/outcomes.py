"""How runs ended lately, how long they took, and what their owners said of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection

from accounts.models import User

MOST_PROMPTS = 10
# Of a day, which is a part of an index. A run that was cancelled says nothing of the site; one that
# never started took no time. Prompt sets have names that are their owner's own.
OUTCOMES = """
    WITH ended AS (
        SELECT pattern, chosen_model, owner_id, prompt_set, status = 'failed' AS failed, feedback,
            finished_at - started_at AS took, finished_at > now() - interval '1 hour' AS lately
        FROM runs_run
        WHERE finished_at > now() - interval '1 day' AND status <> 'cancelled'
            AND simulated = %(simulated)s AND (%(owner)s::bigint IS NULL OR owner_id = %(owner)s)
    ), summed AS (
        SELECT
            grouping(lately, pattern, prompt_set, chosen_model) AS kind,
            lately, pattern, prompt_set, chosen_model, owner_id,
            count(*) AS ended, count(*) FILTER (WHERE failed) AS failed,
            count(*) FILTER (WHERE feedback = 1) AS good,
            count(*) FILTER (WHERE feedback = -1) AS bad,
            percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY took) AS took
        FROM ended
        GROUP BY GROUPING SETS (
            (), (lately), (pattern), (prompt_set, owner_id), (pattern, chosen_model)
        )
    )
    SELECT kind, lately, pattern, prompt_set, chosen_model,
        u.name, u.email, u.deleted_at, ended, failed, good, bad, took
    FROM summed LEFT JOIN accounts_user u ON u.id = summed.owner_id
    ORDER BY ended DESC, pattern, prompt_set, chosen_model
"""
ALL, HOUR, PATTERN, PROMPTS, PATTERN_MODEL = 0b1111, 0b0111, 0b1011, 0b1101, 0b1010


@dataclass(frozen=True, slots=True)
class Outcome:
    """Runs of one kind that ended and weren't cancelled; times from their start to their end."""

    name: str = ""
    owner: User | None = None
    ended: int = 0
    failed: int = 0
    p50: timedelta | None = None
    p95: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """Answers of a pattern with a model that their owners found good, and bad."""

    pattern: str
    model: str
    good: int
    bad: int

    @property
    def given(self) -> int:
        """Answers of which something was said."""
        return self.good + self.bad


@dataclass(slots=True)
class Outcomes:
    """The last hour, the last 24 hours, and these by pattern and by prompts, the most first.

    `feedback` is of the same day; what nothing was said of is left out.
    """

    hour: Outcome = field(default_factory=Outcome)
    day: Outcome = field(default_factory=Outcome)
    by_pattern: Sequence[Outcome] = ()
    by_prompts: Sequence[Outcome] = ()
    feedback: Sequence[Feedback] = ()


def outcomes(*, simulated: bool, owner: User | None = None) -> Outcomes:
    """Of the site's runs, or of one user's; one query."""
    with connection.cursor() as cursor:
        cursor.execute(OUTCOMES, {"simulated": simulated, "owner": owner.pk if owner else None})
        rows = cursor.fetchall()
    found = Outcomes()
    patterns, prompts, said = [], [], []
    for kind, lately, pattern, prompt_set, model, *figures in rows:
        if kind == ALL:
            found.day = _outcome("", figures)
        elif kind == HOUR and lately:
            found.hour = _outcome("", figures)
        elif kind == PATTERN:
            patterns.append(_outcome(pattern, figures))
        elif kind == PROMPTS and prompt_set is not None:
            prompts.append(_outcome(prompt_set, figures))
        elif kind == PATTERN_MODEL:
            said.append(Feedback(pattern, model, *figures[-3:-1]))
    found.feedback = sorted((one for one in said if one.given), key=lambda one: -one.given)
    found.by_pattern, found.by_prompts = patterns, prompts[:MOST_PROMPTS]
    return found


def _outcome(name: str, figures: Sequence[Any]) -> Outcome:
    user_name, email, deleted_at, ended, failed, _, _, took = figures
    owner = User(name=user_name, email=email, deleted_at=deleted_at) if email else None
    p50, p95 = took or (None, None)
    return Outcome(name, owner, ended, failed, p50, p95)
