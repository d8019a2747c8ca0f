"""Reads about runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from runs.models import Run, Step
from runs.states import TERMINAL


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: its last event, and whether that was the end."""

    last_seq: int
    ended: bool


def with_text(runs: QuerySet[Run], text: str) -> QuerySet[Run]:
    """Runs whose task contains the text, whatever its case."""
    return runs.filter(task__icontains=text)


def with_model(runs: QuerySet[Run], model: str) -> QuerySet[Run]:
    """Runs that asked for this model or were given it."""
    return runs.filter(Q(model=model) | Q(chosen_model=model))


def progress_of(run_ids: Iterable[UUID]) -> dict[UUID, Progress]:
    """How far each run is; deleted runs are left out."""
    rows = Run.objects.filter(pk__in=run_ids).values_list("pk", "last_seq", "status")
    return {pk: Progress(last_seq, status in TERMINAL) for pk, last_seq, status in rows}


def steps_of(run: Run) -> QuerySet[Step]:
    """The run's LLM and tool calls."""
    return Step.objects.filter(run=run)
