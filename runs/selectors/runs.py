"""Reads about runs."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from runs.models import Run, Step
from runs.states import TERMINAL

METADATA = re.compile(r"metadata\[(.+)\]", re.DOTALL)


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


def with_tags(runs: QuerySet[Run], tags: Iterable[str]) -> QuerySet[Run]:
    """Runs that have all of these tags."""
    # The exclusion is the index's own condition.
    return runs.filter(tags__contains=list(tags)).exclude(tags=[])


def with_metadata(runs: QuerySet[Run], pairs: Mapping[str, str]) -> QuerySet[Run]:
    """Runs whose metadata has all of these pairs."""
    return runs.filter(metadata__contains=dict(pairs)).exclude(metadata={})


def metadata_asked(query: Iterable[str]) -> dict[str, str]:
    """The parameters of a query that ask for a pair of metadata, as `metadata[team]`: its name."""
    found = ((name, METADATA.fullmatch(name)) for name in query)
    return {name: match[1] for name, match in found if match}


def progress_of(run_ids: Iterable[UUID]) -> dict[UUID, Progress]:
    """How far each run is; deleted runs are left out."""
    rows = Run.objects.filter(pk__in=run_ids).values_list("pk", "last_seq", "status")
    return {pk: Progress(seq, status in TERMINAL) for pk, seq, status in rows}


def steps_of(run: Run) -> QuerySet[Step]:
    """The run's LLM and tool calls."""
    return Step.objects.filter(run=run)
