"""What the lists of a user's runs show of each, and the last few of them."""

from django.db.models import QuerySet

from accounts.models import User
from runs.models import PromptSetVersion, Run

RECENT = 5
LIST_FIELDS = (
    "id", "task", "status", "pattern", "model", "chosen_model", "simulated", "answer_kind",
    "stop_reason", "error", "input_tokens", "output_tokens", "cost_usd", "held_usd", "needs_usd",
    "in_doubt_usd", "saved_usd", "cache_hit", "tags", "created_at", "started_at", "finished_at",
)  # fmt: skip


def recent(user: User) -> list[Run]:
    """The last few runs, newest first."""
    return _newest(Run.objects.visible_to(user))


def recent_with(user: User, version: PromptSetVersion) -> list[Run]:
    """The last few of them that used these prompts, newest first."""
    return _newest(Run.objects.visible_to(user).filter(prompt_version=version))


def _newest(runs: QuerySet[Run]) -> list[Run]:
    return list(runs.only(*LIST_FIELDS).order_by("-pk")[:RECENT])
